#pragma once

/// YAML with positions, for files that people write (the fleet file, CloudFormation templates): every node knows where
/// it stands, so that every complaint can name file:line:column.
///
/// Bounded: 4 MiB of text, 64 levels, 100,000 nodes after aliases are expanded. One document per file. Merge keys
/// ("<<") have no special meaning. Keys are scalars; a key that occurs twice is an error.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace postern::yaml {

/// `null` is an absent value, `~` or `null`, not quoted.
enum class Kind : std::uint8_t { null, scalar, sequence, map };

/// "null", "text", "list", "map": as messages name them.
std::string_view to_string(Kind kind) noexcept;

/// `plain` has no quotes: `id: 111122223333` may be a number, `id: "111122223333"` (quoted) is text and nothing else.
/// Block scalars (| and >) count as quoted.
enum class Style : std::uint8_t { plain, quoted };

/// Counted from 1; columns count characters.
struct Position {
  Position() = default;
  Position(std::size_t l, std::size_t c) : line(l), column(c) {}
  std::size_t line = 1;
  std::size_t column = 1;
  friend bool operator==(const Position&, const Position&) = default;
};

struct Entry;

/// A value. What an alias stands for keeps the positions of its definition.
struct Node {
  Node() = default;

  Kind kind = Kind::null;
  Style style = Style::plain;
  Position position;
  std::string text;                         ///< of a scalar
  std::string tag;                          ///< an explicit tag ("!Ref", "tag:yaml.org,2002:str"); mostly empty
  std::vector<Node> items;                  ///< of a sequence
  std::vector<Entry> entries;               ///< of a map, in the order of the file
  std::shared_ptr<const std::string> file;  ///< the file's name, shared by all nodes

  bool is_null() const noexcept { return kind == Kind::null; }
  bool is_scalar() const noexcept { return kind == Kind::scalar; }
  bool is_sequence() const noexcept { return kind == Kind::sequence; }
  bool is_map() const noexcept { return kind == Kind::map; }

  /// The entry of a map, or nothing.
  const Entry* find(std::string_view key) const noexcept;

  /// What a plain scalar says: true / false in the spellings of YAML 1.2's core schema, decimal integers. Absent for
  /// anything else, and always for quoted scalars.
  std::optional<bool> to_bool() const noexcept;
  std::optional<std::int64_t> to_int() const noexcept;

  /// "file:line:column".
  std::string where() const;
  /// usage, "file:line:column: message".
  Error error(std::string_view message) const;
};

struct Entry {
  Entry() = default;
  std::string key;
  Position position;  ///< of the key
  Node value;

  /// usage, "file:line:column: message" with the position of the key: for unknown keys.
  Error error(std::string_view message) const;
};

/// Whether `*name` stands for a copy of what `&name` marks, or is an error.
enum class Aliases : std::uint8_t { expanded, refused };

/// Parses one document; an empty text is a null node. Errors: usage, "file:line:column: message".
Result<Node> parse(std::string_view text, std::string file_name, Aliases aliases = Aliases::expanded);

}  // namespace postern::yaml
