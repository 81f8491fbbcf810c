#pragma once

/// Text that thousands of values have alike: an agent's version, a role's ARN. Kept once.

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace postern {

/// Immutable; a copy shares the text with what it was copied from. Empty without memory. Owned by its copies together.
class SharedText {
 public:
  SharedText() = default;
  SharedText(std::string text)  // NOLINT(google-explicit-constructor)
      : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}
  SharedText(const char* text) : SharedText(std::string(text)) {}  // NOLINT(google-explicit-constructor)

  std::string_view view() const noexcept { return text_ == nullptr ? std::string_view() : std::string_view(*text_); }
  operator std::string_view() const noexcept { return view(); }  // NOLINT(google-explicit-constructor)
  std::string text() const { return std::string(view()); }
  bool empty() const noexcept { return text_ == nullptr; }
  friend bool operator==(const SharedText& a, const SharedText& b) noexcept { return a.view() == b.view(); }
  friend bool operator==(const SharedText& a, std::string_view b) noexcept { return a.view() == b; }
  friend bool operator==(const SharedText& a, const char* b) noexcept { return a.view() == b; }

 private:
  std::shared_ptr<const std::string> text_;
};

/// Gives equal texts as one. Lives as long as the list that is being read.
class SharedTexts {
 public:
  SharedTexts() = default;
  SharedText of(std::string_view text) {
    if (text.empty()) return SharedText();
    const auto found = known_.find(text);
    return found != known_.end() ? *found : *known_.insert(SharedText(std::string(text))).first;
  }

 private:
  struct Before {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const noexcept { return a < b; }
  };
  std::set<SharedText, Before> known_;
};

}  // namespace postern
