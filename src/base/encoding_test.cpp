#include "base/encoding.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(Encoding, Hex) {
  EXPECT_EQ(to_hex(std::string_view("\x00\x7f\xff\xa0", 4)), "007fffa0");
  EXPECT_EQ(from_hex("007FffA0"), std::string("\x00\x7f\xff\xa0", 4));
  EXPECT_EQ(from_hex(""), "");
  EXPECT_EQ(from_hex("0"), std::nullopt);
  EXPECT_EQ(from_hex("0g"), std::nullopt);
  EXPECT_EQ(from_hex("-1"), std::nullopt);
}

TEST(Encoding, Base64VectorsOfRfc4648) {
  const struct {
    std::string_view plain;
    std::string_view encoded;
  } cases[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"},
               {"\xfb\xff\xfe", "+//+"}};
  for (const auto& c : cases) {
    EXPECT_EQ(to_base64(c.plain), c.encoded);
    EXPECT_EQ(from_base64(c.encoded), c.plain);
    EXPECT_EQ(from_base64(c.encoded.substr(0, c.encoded.find('='))), c.plain);
  }
}

TEST(Encoding, Base64RefusesEverythingElse) {
  for (const char* bad :
       {"Z", "Zg=", "Zg===", "=", "==", "====", "Zm9v=", "Zm9v====", "Zm 9v", "Zm9v\n", "Z-__", "Zg==Zg=="}) {
    EXPECT_EQ(from_base64(bad), std::nullopt) << bad;
  }
}

TEST(Encoding, EveryByteSurvivesEveryEncoding) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const std::string_view part = std::string_view(bytes).substr(0, length);
    EXPECT_EQ(from_hex(to_hex(part)), part);
    EXPECT_EQ(from_base64(to_base64(part)), part);
    EXPECT_EQ(percent_decode(percent_encode(part)), part);
  }
}

TEST(Encoding, PercentEncodeKeepsOnlyUnreserved) {
  EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encode("a b/c+d=%\xC3\xA9"), "a%20b%2Fc%2Bd%3D%25%C3%A9");
  EXPECT_EQ(percent_encode("a b/c", Slash::keep), "a%20b/c");
  EXPECT_EQ(percent_encode("//", Slash::keep), "//");
  std::string out = "x=";
  percent_encode_to(out, "1/2");
  percent_encode_to(out, "plain");
  percent_encode_to(out, "/ /", Slash::keep);
  EXPECT_EQ(out, "x=1%2F2plain/%20/");
}

TEST(Encoding, PercentDecodeRefusesMalformedEscapes) {
  EXPECT_EQ(percent_decode("a%2fb%2Fc+d"), "a/b/c+d");
  for (const char* bad : {"%", "%2", "%2g", "%g2", "a%", "%%41", "%-1"})
    EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
}

TEST(Encoding, FormKeepsOrderAndReadsPlusAsSpace) {
  using Fields = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(parse_form(""), Fields());
  EXPECT_EQ(parse_form("b=1&a=x+y%2B&b=2&c&d=&=e&&"),
            (Fields{{"b", "1"}, {"a", "x y+"}, {"b", "2"}, {"c", ""}, {"d", ""}, {"", "e"}}));
  EXPECT_EQ(parse_form("a=b=c"), (Fields{{"a", "b=c"}}));
  EXPECT_EQ(parse_form("a=%2"), std::nullopt);
  EXPECT_EQ(parse_form("%=1"), std::nullopt);
}

}  // namespace
}  // namespace postern
