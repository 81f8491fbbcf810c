#pragma once

/// Amazon Resource Names: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE, where only RESOURCE may contain colons.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace postern::iam {

/// The six fields of an ARN, "arn" first. Views into the text that was split.
struct Arn {
  static constexpr std::size_t kFields = 6;
  std::array<std::string_view, kFields> fields;

  std::string_view partition() const noexcept { return fields[1]; }
  std::string_view service() const noexcept { return fields[2]; }
  std::string_view region() const noexcept { return fields[3]; }
  std::string_view account() const noexcept { return fields[4]; }
  std::string_view resource() const noexcept { return fields[5]; }
};

/// Splits at the first five colons; absent when the text has fewer fields or does not start with "arn:".
std::optional<Arn> split_arn(std::string_view text) noexcept;

/// Twelve digits.
bool is_account_id(std::string_view text) noexcept;

}  // namespace postern::iam
