#pragma once

/// Scalars of YAML as a careful person writes them.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::cfn {

/// Inside [a, b] more characters have a meaning.
enum class YamlPlace : std::uint8_t { block, flow };

/// Plain where every YAML 1.1 and 1.2 reader sees the same text; else in single quotes; with control characters in
/// double quotes. Whatever looks like a number or a date is quoted: account ids keep their zeros, versions stay text.
std::string yaml_scalar(std::string_view text, YamlPlace place = YamlPlace::block);

/// Broken at spaces into lines of at most `width` characters; a longer word stands alone.
std::vector<std::string> wrap_words(std::string_view text, std::size_t width);

}  // namespace postern::cfn
