#pragma once

/// The condition context of a request: which keys it has, with which values.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern::iam {

/// Condition keys and their values. Key names are case-insensitive as a whole, tag keys in them included
/// ("aws:RequestTag/Env" is "aws:requesttag/env"). A key that was not set is absent, which IAM tells apart from every
/// value; a key set to an empty list is a null data set, which it does not tell apart from an absent one.
class RequestContext {
 public:
  struct Entry {
    Entry() = default;
    Entry(std::string k, std::vector<std::string> v) : key(std::move(k)), values(std::move(v)) {}
    std::string key;  ///< lower case
    std::vector<std::string> values;
  };

  /// Both replace what the key had before.
  RequestContext& set(std::string_view key, std::string value);
  RequestContext& set_list(std::string_view key, std::vector<std::string> values);
  void erase(std::string_view key);

  /// `folded` is a key in lower case. Absent is nullptr.
  const std::vector<std::string>* find(std::string_view folded) const noexcept;
  /// Sorted by key.
  const std::vector<Entry>& entries() const noexcept { return entries_; }

 private:
  std::vector<Entry> entries_;
};

/// One value, or several, of a key: borrowed.
using KeyValues = std::optional<std::span<const std::string>>;

/// Where the keys of one evaluation come from: what belongs to the resource (its tags) is asked first, then the
/// request, then what follows from the principal. Borrows everything.
class KeyLookup {
 public:
  KeyLookup(const RequestContext* resource, const RequestContext* request, const RequestContext* principal,
            const std::string* resource_account) noexcept
      : sources_{resource, request, principal}, resource_account_(resource_account) {}
  /// `folded` is a key in lower case. A list without values reads as absent.
  KeyValues find(std::string_view folded) const noexcept;

 private:
  const RequestContext* sources_[3];
  const std::string* resource_account_;
};

}  // namespace postern::iam
