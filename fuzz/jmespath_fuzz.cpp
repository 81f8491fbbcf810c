// tidy: allow-file(line-length) documents are easier to read whole
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "base/jmespath.hpp"

// The bytes before a newline are the query, those after it the document; without one, a document that has something for
// every operator. The result must be writable: its size is bounded by the work allowed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::string_view kDocument =
      R"({"a":[{"b":1,"c":"x"},{"b":-2.5,"c":"y"},{"b":null}],"s":"text","n":[3,1,2],"o":{"k":{"l":[[1],[2,[3]]]}},"t":true})";
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t newline = input.find('\n');
  const auto expression = postern::jmespath::compile(input.substr(0, newline));
  if (!expression) {
    CHECK(expression.error().message().starts_with("query: "));
    return 0;
  }
  const auto document = postern::Json::parse(newline == std::string_view::npos ? kDocument : input.substr(newline + 1));
  if (!document) return 0;
  const auto result = expression->search(*document);
  if (result) {
    const auto again = expression->search(*document);
    CHECK(again.has_value() && again->dump() == result->dump());
  }
  return 0;
}
