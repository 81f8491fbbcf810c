#pragma once

/// Text of up to 22 characters, mostly, of which thousands are kept for a while: ids, addresses.

#include <boost/container/string.hpp>  // tidy: allow(third-party-header) keeps more in place than the standard one
#include <string>
#include <string_view>

namespace postern {

/// 24 bytes, and no memory besides for 22 characters and less; std::string takes 32, and 15.
class ShortText {
 public:
  ShortText() = default;
  ShortText(std::string_view text) : text_(text.data(), text.size()) {}      // NOLINT(google-explicit-constructor)
  ShortText(const std::string& text) : ShortText(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
  ShortText(const char* text) : ShortText(std::string_view(text)) {}         // NOLINT(google-explicit-constructor)

  std::string_view view() const noexcept { return std::string_view(text_.data(), text_.size()); }
  operator std::string_view() const noexcept { return view(); }  // NOLINT(google-explicit-constructor)
  std::string text() const { return std::string(view()); }
  bool empty() const noexcept { return text_.empty(); }
  friend bool operator==(const ShortText& a, const ShortText& b) noexcept { return a.view() == b.view(); }
  friend bool operator==(const ShortText& a, std::string_view b) noexcept { return a.view() == b; }
  friend bool operator==(const ShortText& a, const char* b) noexcept { return a.view() == b; }

 private:
  boost::container::string text_;
};

static_assert(sizeof(ShortText) == 24);

}  // namespace postern
