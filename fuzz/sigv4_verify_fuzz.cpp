// A request whose every part comes from the input, given to the server half of SigV4. Lines: method, target,
// Authorization, X-Amz-Date, token, then "name:value" fields up to an empty line, then the body.

#include <cstdint>
#include <cstdlib>

#include "aws/core/sigv4_verify.hpp"
#include "base/text.hpp"

namespace {

using postern::aws::KnownKey;

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::size_t kFieldsMax = 64;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  postern::http::Request request;
  request.method = std::string(next_line(rest));
  request.target = std::string(next_line(rest));
  if (request.target.empty()) request.target = "/";
  for (const char* name : {"Authorization", "X-Amz-Date", "X-Amz-Security-Token"}) {
    const std::string_view value = next_line(rest);
    if (!value.empty()) request.headers.add(name, std::string(value));
  }
  for (std::size_t fields = 0; fields < kFieldsMax && !rest.empty(); ++fields) {
    const std::string_view line = next_line(rest);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    request.headers.add(std::string(line.substr(0, colon)),
                        colon == std::string_view::npos ? std::string() : std::string(line.substr(colon + 1)));
  }
  request.body = std::string(rest);

  postern::aws::Signer signer(4);
  const postern::WallTime now = postern::parse_basic("20261121T030405Z").value();
  const auto lookup = [](std::string_view id) -> std::optional<KnownKey> {
    if (!id.starts_with("A")) return std::nullopt;
    KnownKey key;
    key.secret_access_key = postern::Secret<>("secret");
    return key;
  };
  const auto verified = postern::aws::verify_signature(signer, request, lookup, now);
  if (!verified && !postern::is_utf8(verified.error().message)) std::abort();  // messages go into JSON and XML
  postern::aws::claimed_access_key(request);
  return 0;
}
