#include "aws/core/rest_chunks.hpp"

#include <charconv>

#include "base/text.hpp"

namespace postern::aws {
namespace rest_chunks {

constexpr std::string_view kSignature = "chunk-signature=";

tl::unexpected<Error> bad(std::string_view why) {
  return fail(ErrorKind::malformed, "the aws-chunked body " + std::string(why));
}

/// One line without its end; what follows stays in `rest`. False when no line ends here.
bool take_line(std::string_view& rest, std::string_view& line) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return false;
  line = rest.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  rest.remove_prefix(end + 1);
  return true;
}

Result<void> take_trailers(std::string_view rest, ChunkedBody& out) {
  std::string_view line;
  while (!rest.empty()) {
    if (!take_line(rest, line)) {
      line = rest;
      rest = {};
    }
    if (trim(line).empty()) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || out.trailers.size() == kTrailersMax) return bad("has a broken trailer");
    const std::string_view name = trim(line.substr(0, colon));
    const std::string_view value = trim(line.substr(colon + 1));
    if (equals_ignore_case(name, "x-amz-trailer-signature"))
      out.trailer_signature = value;
    else
      out.trailers.emplace_back(name, value);
  }
  return Result<void>();
}

}  // namespace rest_chunks

bool is_aws_chunked(const http::Request& request) {
  if (request.headers.get("x-amz-content-sha256").starts_with("STREAMING-")) return true;
  for (const std::string_view coding : split(request.headers.get("Content-Encoding"), ',')) {
    if (equals_ignore_case(trim(coding), "aws-chunked")) return true;
  }
  return false;
}

Result<ChunkedBody> parse_chunks(std::string_view body) {
  ChunkedBody out;
  std::string_view rest = body;
  std::string_view line;
  while (true) {
    if (!rest_chunks::take_line(rest, line)) return rest_chunks::bad("ends too early");
    const std::size_t semicolon = line.find(';');
    const std::string_view digits = trim(line.substr(0, semicolon));
    std::string_view extension = semicolon == std::string_view::npos ? std::string_view() : line.substr(semicolon + 1);
    extension = trim(extension);
    if (extension.starts_with(rest_chunks::kSignature))
      extension.remove_prefix(rest_chunks::kSignature.size());
    else
      extension = {};
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
    if (error != std::errc() || end != digits.data() + digits.size()) return rest_chunks::bad("has a broken size");
    if (size > rest.size()) return rest_chunks::bad("ends too early");
    if (out.chunks.size() == kChunksMax) return rest_chunks::bad("has too many chunks");
    out.chunks.emplace_back(rest.substr(0, size), extension);
    if (size == 0) break;
    rest.remove_prefix(size);
    if (!rest_chunks::take_line(rest, line) || !line.empty()) return rest_chunks::bad("has a chunk of another size");
  }
  TRY_VOID(rest_chunks::take_trailers(rest, out));
  return out;
}

}  // namespace postern::aws
