#pragma once

/// What the operations of Elastic Disaster Recovery share: refusals, times, pages. Private to drs.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/core/server.hpp"
#include "aws/core/types.hpp"
#include "sim/access.hpp"
#include "sim/paging.hpp"

namespace postern::sim::drs {

using Info = aws::server::CallInfo;

inline constexpr std::size_t kPageUsual = 50;
inline constexpr std::size_t kTagsMax = 50;

/// ValidationException, ResourceNotFoundException (404), ConflictException (409) and so on, with AWS's statuses.
Error invalid(std::string message);
Error not_found(std::string_view kind, const std::string& id);
Error conflict(std::string message);
Error quota_exceeded(std::string message);
Error uninitialized();
Error denied(std::string message);

/// "2026-11-21T03:04:05Z".
std::string iso_time(WallTime time);
/// ValidationException when it is there and no time.
Result<std::optional<WallTime>> time_of(const std::optional<std::string>& text, std::string_view member);
/// Keys of 1 to 128, values of up to 256 characters, none beginning with "aws:", at most 50.
Result<void> check_tags(const Tags& tags);

inline Tags plain_tags(const aws::Map<std::string>& tags) {
  return Tags(tags.begin(), tags.end());
}
inline aws::Map<std::string> shown_tags(const Tags& tags) {
  return aws::Map<std::string>(tags.begin(), tags.end());
}

/// Whether a filter lets `one` through: an empty one lets everything.
inline bool is_asked_for(const std::vector<std::string>& asked, const std::string& one) {
  return asked.empty() || std::find(asked.begin(), asked.end(), one) != asked.end();
}

/// One page of `all` into `out`; `next` is set when there is another.
template <class Item, class Key>
Result<void> take_page(const std::optional<std::string>& token, const std::optional<std::int32_t>& size,
                       std::string_view question, std::vector<Item>& all, std::vector<Item>& out,
                       std::optional<std::string>& next, const Key& key) {
  std::string kept;
  const auto key_at = [&](std::size_t i) -> std::string_view {
    kept = key(all[i]);
    return kept;
  };
  const std::size_t wanted = size ? static_cast<std::size_t>(std::max(1, *size)) : kPageUsual;
  const Result<Page> page = page_of(token.value_or(""), question, all.size(), wanted, key_at);
  if (!page) return fail(invalid("nextToken is not valid"));
  for (std::size_t i = page->begin; i < page->end; ++i) out.push_back(std::move(all[i]));
  if (!page->next_token.empty()) next = page->next_token;
  return {};
}

}  // namespace postern::sim::drs
