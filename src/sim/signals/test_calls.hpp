#pragma once

/// What the tests of this directory call with. In tests only.

#include <string>
#include <utility>

#include "sim/testing/rig.hpp"

namespace postern::sim::signals_test {

inline std::string code_of(const Error& error) {
  return error.aws() == nullptr ? error.to_text() : error.aws()->code;
}

template <class Op>
std::string refusal_of(testing::Rig& rig, typename Op::Request request) {
  const auto answer = rig.call<Op>(std::move(request));
  return answer ? "accepted" : code_of(answer.error());
}

/// The answer of a call that the test means to be right.
template <class Op>
typename Op::Response answer_of(testing::Rig& rig, typename Op::Request request) {
  auto answer = rig.call<Op>(std::move(request));
  if (!answer) std::fprintf(stderr, "%s\n", answer.error().to_text().c_str());
  CHECK(answer.has_value());
  return std::move(*answer);
}

}  // namespace postern::sim::signals_test
