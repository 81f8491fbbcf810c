#pragma once

/// A property tree of a template: scalars, lists and maps in the order in which they were written, with
/// CloudFormation's intrinsic functions as nodes of their own. What is text stays text: nothing in it is ever read as
/// an intrinsic.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace postern::cfn {

/// Pseudo parameters, for ref() and inside sub().
inline constexpr std::string_view kAccountId = "AWS::AccountId";
inline constexpr std::string_view kPartition = "AWS::Partition";
inline constexpr std::string_view kRegion = "AWS::Region";

struct Entry;

class Value {
 public:
  enum class Kind : std::uint8_t {
    text,
    integer,
    boolean,
    list,
    map,
    ref,           ///< text: a parameter, a resource or a pseudo parameter
    sub,           ///< text with ${Parameter}, ${Resource}, ${Resource.Attribute}; ${!Literal} stays
    get_att,       ///< text: "Resource.Attribute"
    import_value,  ///< text: the name of another stack's export
    when,          ///< text: a condition; two entries: then, else
    join,          ///< text: the separator; one entry: the list
    equals,        ///< two entries
    negation,      ///< one entry
    no_value       ///< leaves its list item or map member out
  };

  Value();
  Value(std::string text);
  Value(std::string_view text);
  Value(const char* text);
  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  ~Value();
  static Value integer(std::int64_t number);
  static Value boolean(bool on);
  static Value list(std::vector<Value> items = {});
  /// A list of texts.
  static Value texts(const std::vector<std::string>& items);
  static Value map();

  Kind kind() const noexcept { return kind_; }
  const std::string& text() const noexcept { return text_; }
  std::int64_t number() const noexcept { return number_; }
  const std::vector<Entry>& entries() const noexcept { return entries_; }
  bool is_scalar() const noexcept;  ///< neither list nor map, nor a function of some

  /// Of a map: appends a member. `comment` (lines without #) stands above it. Returns *this, to go on with.
  Value& set(std::string key, Value value, std::string comment = {});
  /// Of a list: appends an item.
  Value& add(Value item, std::string comment = {});
  /// Of a map: the member's value; null when there is none.
  const Value* find(std::string_view key) const;

 private:
  friend Value make(Kind kind, std::string text, std::vector<Value> operands);

  Kind kind_ = Kind::text;
  std::int64_t number_ = 0;
  std::string text_;
  std::vector<Entry> entries_;
};

/// A member of a map, an item of a list (its key is empty) or an operand.
struct Entry {
  Entry() = default;
  Entry(std::string k, Value v, std::string c) : key(std::move(k)), value(std::move(v)), comment(std::move(c)) {}
  std::string key;
  Value value;
  std::string comment;
};

Value ref(std::string_view name);
/// A text without ${...} becomes plain text.
Value sub(std::string_view text);
Value get_att(std::string_view resource, std::string_view attribute);
Value import_value(std::string_view name);
Value when(std::string_view condition, Value then, Value otherwise);
Value join(std::string_view separator, Value list);
Value equals(Value left, Value right);
Value negation(Value condition);
Value no_value();

/// A part of a sub() text.
struct SubPart {
  SubPart() = default;
  SubPart(bool is_name, std::string t) : name(is_name), text(std::move(t)) {}
  bool name = false;  ///< what stood between ${ and }; else literal text
  std::string text;
};
/// In order; ${!Literal} comes as the text "${Literal}", a ${ without an end as text.
std::vector<SubPart> sub_parts(std::string_view text);

}  // namespace postern::cfn
