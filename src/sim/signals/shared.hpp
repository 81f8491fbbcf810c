#pragma once

/// What the services of this directory share. Private to signals.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/core/server.hpp"
#include "base/ids.hpp"
#include "rt/random.hpp"
#include "sim/access.hpp"
#include "sim/paging.hpp"

namespace postern::sim::signals {

using Info = aws::server::CallInfo;
/// Where state lies: account and Region.
using SiteKey = std::pair<std::string, std::string>;

inline SiteKey site_of(const Info& info) {
  return SiteKey(info.caller.account_id, info.region);
}

/// "arn:aws:<service>:<region>:<account>:<tail>".
inline std::string arn_of(std::string_view service, const SiteKey& site, std::string_view tail) {
  return "arn:aws:" + std::string(service) + ":" + site.second + ":" + site.first + ":" + std::string(tail);
}

/// An error of the service with the status that the model has for its code (0), or this one.
inline Error refusal(ErrorKind kind, std::string code, std::string message, int status = 0) {
  return aws::server::fault(kind, std::move(code), std::move(message), status);
}

inline std::string new_uuid(rt::Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return make_uuid(bytes);
}

/// One page of `all` into `out`; `next` is set when there is another. Fails with `invalid_token` for a token that is
/// none of this question.
template <class Item, class Key>
Result<void> take_page(const std::optional<std::string>& token, std::string_view question, std::size_t size,
                       std::vector<Item>& all, std::vector<Item>& out, std::optional<std::string>& next,
                       Error invalid_token, const Key& key) {
  std::string kept;
  const auto key_at = [&](std::size_t i) -> std::string_view {
    kept = key(all[i]);
    return kept;
  };
  const Result<Page> page = page_of(token.value_or(""), question, all.size(), size, key_at);
  if (!page) return fail(std::move(invalid_token));
  for (std::size_t i = page->begin; i < page->end; ++i) out.push_back(std::move(all[i]));
  if (!page->next_token.empty()) next = page->next_token;
  return {};
}

/// Letters, digits and these.
inline bool is_made_of(std::string_view text, std::string_view others) noexcept {
  for (const char c : text) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word && others.find(c) == std::string_view::npos) return false;
  }
  return true;
}

}  // namespace postern::sim::signals
