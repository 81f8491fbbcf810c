#pragma once

/// AWS's own managed policies that the simulated cloud knows. Those whose text is not known are not there.

#include <string>
#include <vector>

namespace postern::sim {

struct AwsPolicyText {
  AwsPolicyText() = default;
  AwsPolicyText(std::string n, std::string p, int v, std::string d)
      : name(std::move(n)), path(std::move(p)), version(v), document(std::move(d)) {}
  std::string name;
  std::string path;  ///< "/" or "/service-role/"
  int version = 1;   ///< the default version's number
  std::string document;
};

std::vector<AwsPolicyText> aws_policy_texts();

}  // namespace postern::sim
