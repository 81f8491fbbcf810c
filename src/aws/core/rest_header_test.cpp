#include "aws/core/rest_header.hpp"

#include <gtest/gtest.h>

#include "aws/core/dynamic.hpp"

namespace postern::aws {
namespace rest_header_test {

/// A header member of the given kind, or a list of it.
struct Field {
  explicit Field(Kind kind, bool list = false, TimeFormat format = TimeFormat::unset) {
    element.name = "Element";
    element.kind = kind;
    element.ops = dynamic_ops(kind);
    shape.name = "Shape";
    shape.kind = list ? Kind::list : kind;
    shape.ops = dynamic_ops(shape.kind);
    shape.element = list ? &element : nullptr;
    member.name = "Member";
    member.wire_name = "x-member";
    member.shape = &shape;
    member.ops = &kDynamicField;
    member.time_format = format;
  }
  Field(const Field&) = delete;
  Field& operator=(const Field&) = delete;

  /// Reads the text and writes it again: "text", or "error: why".
  std::string through(std::string_view text) {
    Value value;
    if (const char* why = parse_header(member, text, value.emplace(shape))) return std::string("error: ") + why;
    std::string out;
    if (const char* why = append_header(out, member, value.view())) return std::string("error: ") + why;
    return out;
  }
  std::size_t count(std::string_view text) {
    Value value;
    parse_header(member, text, value.emplace(shape));
    return shape.ops->list->size(value.view());
  }

  Shape element{};
  Shape shape{};
  Member member{};
};

TEST(RestHeader, ListsOfText) {
  Field field(Kind::string, true);
  EXPECT_EQ(field.through("a, b,c ,  d"), "a, b, c, d");
  EXPECT_EQ(field.through(R"("b,c", "\"def\"", a)"), R"("b,c", "\"def\"", a)");
  EXPECT_EQ(field.through(R"("back\\slash")"), R"("back\\slash")");
  EXPECT_EQ(field.through(R"(" spaced ")"), R"(" spaced ")");
  EXPECT_EQ(field.count(""), 0U);
  EXPECT_EQ(field.count("  "), 0U);
  EXPECT_EQ(field.count("a,"), 2U);
  EXPECT_EQ(field.count(R"("",x)"), 2U);
  EXPECT_EQ(field.through(R"("open)"), "error: a quoted string has no end");
  EXPECT_EQ(field.through(R"("a"b)"), "error: a quoted string has no end");
  EXPECT_EQ(field.through("\"a\\"), "error: a quoted string has no end");
}

TEST(RestHeader, ListsOfDates) {
  Field dates(Kind::timestamp, true);
  const char* const two = "Mon, 16 Dec 2019 23:48:18 GMT, Tue, 17 Dec 2019 23:48:18 GMT";
  EXPECT_EQ(dates.through(two), two);
  EXPECT_EQ(dates.count(two), 2U);
  Field epochs(Kind::timestamp, true, TimeFormat::epoch_seconds);
  EXPECT_EQ(epochs.through("1576540098,1576540099"), "1576540098, 1576540099");
  EXPECT_EQ(dates.through("soon"), "error: not a timestamp");
}

TEST(RestHeader, Scalars) {
  EXPECT_EQ(Field(Kind::int32).through(" 5 "), "5");
  EXPECT_EQ(Field(Kind::boolean).through("true"), "true");
  EXPECT_EQ(Field(Kind::float64).through("-Infinity"), "-Infinity");
  EXPECT_EQ(Field(Kind::timestamp).through("2019-12-16T23:48:18Z"), "Mon, 16 Dec 2019 23:48:18 GMT");
  EXPECT_EQ(Field(Kind::timestamp, false, TimeFormat::iso8601).through("1576540098"), "2019-12-16T23:48:18Z");
  EXPECT_EQ(Field(Kind::int32).through("five"), "error: not a whole number");
}

TEST(RestHeader, JsonValuesAreBase64) {
  Field field(Kind::string);
  field.member.json_value = true;
  EXPECT_EQ(field.through("eyJhIjoxfQ=="), "eyJhIjoxfQ==");
  EXPECT_EQ(field.through("*"), "error: not base64");
  EXPECT_EQ(field.through("/w=="), "error: not base64");
}

TEST(RestHeader, LineBreaksAreRefused) {
  EXPECT_EQ(Field(Kind::string).through("a\r\nx-evil: 1"), "error: must not hold line breaks: it is sent as a header");
  EXPECT_TRUE(is_header_name("x-amz-meta-a.b_c"));
  EXPECT_FALSE(is_header_name("x-amz-meta-a b"));
  EXPECT_FALSE(is_header_name("x:y"));
  EXPECT_FALSE(is_header_name(""));
}

}  // namespace rest_header_test
}  // namespace postern::aws
