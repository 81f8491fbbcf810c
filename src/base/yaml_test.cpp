#include "base/yaml.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

yaml::Node yaml_of(std::string_view text) {
  auto node = yaml::parse(text, "f.yaml");
  EXPECT_TRUE(node.has_value()) << text << ": " << (node ? "" : node.error().message());
  return node ? std::move(*node) : yaml::Node();
}

std::string yaml_error(std::string_view text) {
  const auto node = yaml::parse(text, "f.yaml");
  EXPECT_FALSE(node.has_value()) << text;
  if (node) return "no error";
  EXPECT_EQ(node.error().kind(), ErrorKind::usage);
  return node.error().message();
}

// One line that shows everything but positions: 'quoted', plain, ~, [a, b], {k: v}, !tag before a value.
std::string shape(const yaml::Node& node) {
  std::string out = node.tag.empty() ? "" : node.tag + " ";
  switch (node.kind) {
    case yaml::Kind::null:
      return out + "~";
    case yaml::Kind::scalar:
      return out + (node.style == yaml::Style::quoted ? "'" + node.text + "'" : node.text);
    case yaml::Kind::sequence:
      out += "[";
      for (const auto& item : node.items) out += (&item == node.items.data() ? "" : ", ") + shape(item);
      return out + "]";
    case yaml::Kind::map:
      break;
  }
  out += "{";
  for (const auto& entry : node.entries) {
    out += (&entry == node.entries.data() ? "" : ", ") + entry.key + ": " + shape(entry.value);
  }
  return out + "}";
}

TEST(Yaml, ReadsValuesWithStyle) {
  const struct {
    std::string_view text;
    std::string_view shape;
  } cases[] = {
      {"", "~"},
      {"# only a comment\n", "~"},
      {"---\n", "~"},
      {"a: 1\n", "{a: 1}"},
      {"id: 111122223333\nother: \"111122223333\"\nthird: '5'\n",
       "{id: 111122223333, other: '111122223333', third: '5'}"},
      {"z: true\na: \"true\"\n", "{z: true, a: 'true'}"},
      {"a: ~\nb: null\nc:\nd: \"\"\n", "{a: ~, b: ~, c: ~, d: ''}"},
      {"- {x: [1, 2], y: {}}\n- []\n", "[{x: [1, 2], y: {}}, []]"},
      {"s: |\n  one\n  two\nf: >\n  one\n  two\n", "{s: 'one\ntwo\n', f: 'one two\n'}"},
      {"r: !Ref Name\ns: !!str 5\n", "{r: !Ref 'Name', s: tag:yaml.org,2002:str '5'}"},
      {"a: &x {k: v}\nb: *x\nc: &y 3\nd: [*y, *y]\n", "{a: {k: v}, b: {k: v}, c: 3, d: [3, 3]}"},
      {"\xEF\xBB\xBF"
       "a: \xC3\xA9\r\nb: 2\r\n",
       "{a: \xC3\xA9, b: 2}"},
      {"\"quoted key\": 1\n? other\n: 2\n", "{quoted key: 1, other: 2}"},
      {"<<: x\n", "{<<: x}"},
  };
  for (const auto& c : cases) EXPECT_EQ(shape(yaml_of(c.text)), c.shape) << c.text;
}

TEST(Yaml, EveryNodeAndKeyKnowsItsPlace) {
  const yaml::Node root = yaml_of("version: 1\n\nhub:\n  \xC3\xA9: {account: \"1\", list: [a,  b]}\n  x:\n    - y\n");
  ASSERT_TRUE(root.is_map());
  EXPECT_EQ(root.where(), "f.yaml:1:1");
  EXPECT_EQ(root.entries[0].value.position, yaml::Position(1, 10));
  const yaml::Entry* hub = root.find("hub");
  ASSERT_NE(hub, nullptr);
  EXPECT_EQ(hub->position, yaml::Position(3, 1));
  EXPECT_EQ(hub->value.position, yaml::Position(4, 3));
  const yaml::Node& inner = hub->value.entries[0].value;
  // The accented key is two bytes but one column.
  EXPECT_EQ(inner.position, yaml::Position(4, 6));
  EXPECT_EQ(inner.entries[0].position, yaml::Position(4, 7));
  EXPECT_EQ(inner.entries[0].value.position, yaml::Position(4, 16));
  EXPECT_EQ(inner.entries[1].value.items[1].position, yaml::Position(4, 32));
  EXPECT_EQ(hub->value.entries[1].value.items[0].position, yaml::Position(6, 7));
  EXPECT_EQ(inner.error("no").message(), "f.yaml:4:6: no");
  EXPECT_EQ(hub->error("unknown key").message(), "f.yaml:3:1: unknown key");
  EXPECT_EQ(root.find("absent"), nullptr);
}

TEST(Yaml, PlainScalarsCanBeReadAsNumbersAndTruth) {
  const yaml::Node root = yaml_of("[12, -5, +3, \"12\", 1x, 99999999999999999999, true, False, \"true\", yes, +-1, +]");
  const auto& items = root.items;
  EXPECT_EQ(items[0].to_int(), 12);
  EXPECT_EQ(items[1].to_int(), -5);
  EXPECT_EQ(items[2].to_int(), 3);
  for (const std::size_t i : {3U, 4U, 5U, 6U, 10U, 11U}) EXPECT_EQ(items[i].to_int(), std::nullopt) << i;
  EXPECT_EQ(items[6].to_bool(), true);
  EXPECT_EQ(items[7].to_bool(), false);
  EXPECT_EQ(items[8].to_bool(), std::nullopt);
  EXPECT_EQ(items[9].to_bool(), std::nullopt);
}

TEST(Yaml, ErrorsNameFileLineAndColumn) {
  const struct {
    std::string_view text;
    std::string_view error;
  } cases[] = {
      {"a: 1\nb: 2\na: 3\n", "f.yaml:3:1: the key \"a\" is here a second time; first at 1:1"},
      {"x: {k: 1, l: 2, \"k\": 3}\n", "f.yaml:1:17: the key \"k\" is here a second time; first at 1:5"},
      {"a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document; only one is allowed"},
      {"a: [1, 2\n", "f.yaml:2:1: end of sequence flow not found"},
      {"a: b: c\n", "f.yaml:1:5: illegal map value"},
      {"a: *nowhere\n", "f.yaml:1:4: the referenced anchor is not defined"},
      {"a: &x [*x]\n", "f.yaml:1:8: an alias inside the very node that it stands for"},
      {"{[a]: 1}\n", "f.yaml:1:2: a key must be a single word or text"},
      {"? {a: 1}\n: 2\n", "f.yaml:1:3: a key must be a single word or text"},
      {"a: &x y\n*x : 2\n", "f.yaml:2:1: an alias cannot be a key"},
      {"~: 1\n", "f.yaml:1:1: a key is missing"},
      {"a: \x01\n", "f.yaml:1:4: a control character"},
      {"a: 1\nb: \xC3\xA9\xFF\n", "f.yaml:2:5: this is not valid UTF-8"},
      {"a:\n\t- 1\n", "f.yaml:2:2: illegal block entry"},
  };
  for (const auto& c : cases) EXPECT_EQ(yaml_error(c.text), c.error) << c.text;
}

TEST(Yaml, DepthIsBounded) {
  const auto repeat = [](std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
  };
  EXPECT_TRUE(yaml::parse(std::string(64, '[') + std::string(64, ']'), "f").has_value());
  EXPECT_FALSE(yaml::parse(std::string(65, '[') + std::string(65, ']'), "f").has_value());
  for (const std::string_view open :
       {"[", "{", "- ", "? ", "[{", "{a: ", "- - ", ": ", "[? ", "{? ", "&a [", "!x [", "[a: "}) {
    EXPECT_FALSE(yaml::parse(repeat(open, 20'000), "f").has_value()) << open;
  }
}

TEST(Yaml, AliasesCannotExplode) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += (j == 0 ? "" : ", ") + before;
    text += "]\n";
  }
  EXPECT_NE(yaml_error(text).find("more than 100000 values"), std::string::npos);
  std::string deep = "a0: &a0 [x]\n";
  for (int i = 1; i < 100; ++i) {
    deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_NE(yaml_error(deep).find("nested more than 64 levels"), std::string::npos);
}

TEST(Yaml, SizeIsBounded) {
  EXPECT_NE(yaml_error(std::string(5 * 1024 * 1024, ' ')).find("larger than 4 MiB"), std::string::npos);
  std::string many;
  for (int i = 0; i < 100'001; ++i) many += "- 1\n";
  EXPECT_NE(yaml_error(many).find("more than 100000 values"), std::string::npos);
}

TEST(Yaml, RefusesAliasesWhereTheyAreNotWanted) {
  const auto refused = yaml::parse("a: &x [1]\nb: *x\n", "f.yaml", yaml::Aliases::refused);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "f.yaml:2:4: aliases are not allowed");
  EXPECT_TRUE(yaml::parse("a: &x [1]\nb: 2\n", "f.yaml", yaml::Aliases::refused));
}

}  // namespace
}  // namespace postern
