#include "sim/paging.hpp"

#include <algorithm>

#include "aws/core/server.hpp"
#include "base/encoding.hpp"
#include "sim/config.hpp"

namespace postern::sim {
namespace {

constexpr std::uint64_t kTokenSeed = 0x70616765;  // any constant: tokens are opaque, not secret
constexpr std::size_t kDigestDigits = 16;

Error invalid_token() {
  return aws::server::fault(ErrorKind::usage, "InvalidNextToken", "The specified token isn't valid.", 400);
}

}  // namespace

Result<Page> page_of(std::string_view token, std::string_view question, std::size_t count, std::size_t size,
                     FunctionRef<std::string_view(std::size_t)> key) {
  const std::string digest = derived_hex(kTokenSeed, question, kDigestDigits);
  Page page;
  if (!token.empty()) {
    const auto text = from_base64(token);
    if (!text || text->size() <= kDigestDigits || !text->starts_with(digest)) return fail(invalid_token());
    const std::string_view last = std::string_view(*text).substr(kDigestDigits);
    while (page.begin < count && key(page.begin) != last) ++page.begin;
    if (page.begin == count) return fail(invalid_token());
    ++page.begin;
  }
  page.end = std::min(count, page.begin + size);
  if (page.end < count && page.end > page.begin) page.next_token = to_base64(digest + std::string(key(page.end - 1)));
  return page;
}

}  // namespace postern::sim
