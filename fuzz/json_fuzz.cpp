#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "base/json.hpp"

// Whatever parses must be written, compactly and pretty, to text that parses to the same value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto json = postern::Json::parse(text);
  if (!json) {
    CHECK(json.error().message().starts_with("invalid JSON at "));
    return 0;
  }
  const std::string compact = json->dump();
  const auto again = postern::Json::parse(compact);
  CHECK(again.has_value());
  CHECK(*again == *json);
  CHECK(again->dump() == compact);
  const auto pretty = postern::Json::parse(json->dump_pretty());
  CHECK(pretty.has_value() && *pretty == *json);
  return 0;
}
