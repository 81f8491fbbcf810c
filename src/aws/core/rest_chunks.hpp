#pragma once

/// The aws-chunked content coding: "400;chunk-signature=..." and so many bytes, again and again, an empty chunk,
/// trailers (docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html).

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "http/message.hpp"

namespace postern::aws {

/// Views point into the body that was parsed.
struct ChunkedBody {
  ChunkedBody() = default;
  struct Chunk {
    Chunk(std::string_view d, std::string_view s) : data(d), signature(s) {}
    std::string_view data;
    std::string_view signature;  ///< empty when the chunks are not signed
  };
  std::vector<Chunk> chunks;                                            ///< the last is empty
  std::vector<std::pair<std::string_view, std::string_view>> trailers;  ///< without the signature, in order
  std::string_view trailer_signature;
};

/// No client makes chunks so small that there would be more.
inline constexpr std::size_t kChunksMax = 100'000;
inline constexpr std::size_t kTrailersMax = 32;

/// True when the request says that its body is aws-chunked.
bool is_aws_chunked(const http::Request& request);

/// Errors: malformed.
Result<ChunkedBody> parse_chunks(std::string_view body);

}  // namespace postern::aws
