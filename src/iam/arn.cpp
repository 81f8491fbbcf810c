#include "iam/arn.hpp"

#include <algorithm>

namespace postern::iam {

std::optional<Arn> split_arn(std::string_view text) noexcept {
  if (!text.starts_with("arn:")) return std::nullopt;
  Arn arn;
  for (std::size_t i = 0; i + 1 < Arn::kFields; ++i) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    arn.fields[i] = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  arn.fields[Arn::kFields - 1] = text;
  return arn;
}

bool is_account_id(std::string_view text) noexcept {
  return text.size() == 12 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace postern::iam
