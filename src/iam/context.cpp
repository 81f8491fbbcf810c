#include "iam/context.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::iam {
namespace {

struct EntryLess {
  bool operator()(const RequestContext::Entry& a, std::string_view b) const noexcept { return a.key < b; }
};

}  // namespace

RequestContext& RequestContext::set(std::string_view key, std::string value) {
  std::vector<std::string> values;
  values.push_back(std::move(value));
  return set_list(key, std::move(values));
}

RequestContext& RequestContext::set_list(std::string_view key, std::vector<std::string> values) {
  std::string folded = to_lower(key);
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), folded, EntryLess());
  if (at != entries_.end() && at->key == folded)
    at->values = std::move(values);
  else
    entries_.emplace(at, std::move(folded), std::move(values));
  return *this;
}

void RequestContext::erase(std::string_view key) {
  const std::string folded = to_lower(key);
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), folded, EntryLess());
  if (at != entries_.end() && at->key == folded) entries_.erase(at);
}

const std::vector<std::string>* RequestContext::find(std::string_view folded) const noexcept {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), folded, EntryLess());
  return at != entries_.end() && at->key == folded ? &at->values : nullptr;
}

KeyValues KeyLookup::find(std::string_view folded) const noexcept {
  for (const RequestContext* source : sources_) {
    if (source == nullptr) continue;
    if (const auto* values = source->find(folded)) {
      if (values->empty()) return std::nullopt;
      return std::span<const std::string>(*values);
    }
  }
  if (folded == "aws:resourceaccount" && resource_account_ != nullptr && !resource_account_->empty())
    return std::span<const std::string>(resource_account_, 1);
  return std::nullopt;
}

}  // namespace postern::iam
