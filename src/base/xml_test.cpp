#include "base/xml.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

std::string xml_error(std::string_view text) {
  const auto document = XmlDocument::parse(text);
  return document ? "accepted" : document.error().message();
}

TEST(Xml, WalksElements) {
  const auto document = XmlDocument::parse(
      "<?xml version=\"1.0\"?>\n<!-- note -->\n<r xmlns:p='urn:x'><a>1</a><!-- c --><p:b k=\"v&lt;\" "
      "p:t='2'/>tail<a>2</a></r>\n");
  ASSERT_TRUE(document) << document.error().message();
  const XmlNode root = document->root();
  EXPECT_EQ(root.name(), "r");
  EXPECT_EQ(root.child("a").text(), "1");
  const XmlNode b = root.child("b");
  ASSERT_TRUE(b);
  EXPECT_EQ(b.attribute("k"), "v<");
  EXPECT_EQ(b.attribute("p:t"), "2");
  EXPECT_EQ(b.attribute("t"), "2");
  EXPECT_EQ(b.attribute("q"), "");
  EXPECT_FALSE(b.has_attribute("q"));
  EXPECT_EQ(b.next_sibling().text(), "2");
  EXPECT_FALSE(b.next_sibling().next_sibling());
  EXPECT_FALSE(root.child("zz"));
  EXPECT_FALSE(XmlNode());
}

TEST(Xml, ReadsText) {
  const auto text = [](std::string_view body) {
    const auto document = XmlDocument::parse("<r>" + std::string(body) + "</r>");
    return document ? document->root().text() : document.error().message();
  };
  EXPECT_EQ(text("a &amp; b &lt;&gt;&quot;&apos; &#65;&#x20AC;"), "a & b <>\"' A€");
  EXPECT_EQ(text("x<![CDATA[<y>]]>z"), "x<y>z");
  EXPECT_EQ(text("x<!-- no -->z"), "xz");
  EXPECT_EQ(text(" "), " ");
  EXPECT_EQ(text(""), "");
  EXPECT_EQ(text("&#xA;"), "\n");
  EXPECT_EQ(text("a&#xD;&#xA;b"), "a\r\nb");
}

TEST(Xml, RefusesWhatIsNotWellFormedOrNotWanted) {
  EXPECT_EQ(xml_error(""), "invalid XML at 1:1: no element");
  EXPECT_EQ(xml_error("text"), "invalid XML at 1:1: text outside of the root element");
  EXPECT_EQ(xml_error("<a>"), "invalid XML at 1:4: unexpected end of text");
  EXPECT_EQ(xml_error("<a></a><b/>"), "invalid XML at 1:8: more than one root element");
  EXPECT_EQ(xml_error("<a/>\n\n x"), "invalid XML at 3:2: text outside of the root element");
  EXPECT_EQ(xml_error("<!DOCTYPE html><html/>"), "invalid XML at 1:1: document types are not accepted");
  EXPECT_EQ(xml_error("</a>"), "invalid XML at 1:1: an end tag without its start tag");
  for (const std::string_view text :
       {"<a><b></a></b>", "<a", "<a b>", "<a b=1/>", "<a b='1/>", "<>", "< a/>", "<a><b</a>", "<a/></a>", "<a>\xFF</a>",
        "<![CDATA[x]]>", "<a><![CDATA[x</a>", "<a><!-- x</a>", "<?xml", "<a b='<'/>x"}) {
    EXPECT_NE(xml_error(text), "accepted") << text;
  }
  EXPECT_NE(xml_error(std::string_view("<a>\0</a>", 8)), "accepted");
}

TEST(Xml, BoundsSizeAndDepth) {
  const auto nested = [](std::size_t depth) {
    std::string out;
    for (std::size_t i = 0; i < depth; ++i) out += "<a>";
    for (std::size_t i = 0; i < depth; ++i) out += "</a>";
    return out;
  };
  EXPECT_EQ(xml_error(nested(64)), "accepted");
  EXPECT_EQ(xml_error(nested(65)), "invalid XML at 1:193: too deeply nested");
  std::string hostile;
  for (int i = 0; i < 500'000; ++i) hostile += "<a>";
  EXPECT_NE(xml_error(hostile), "accepted");
  XmlLimits limits;
  limits.bytes_max = 10;
  EXPECT_FALSE(XmlDocument::parse("<abcdefghi/>", limits));
}

TEST(XmlWriter, WritesElements) {
  std::string out;
  XmlWriter w(out);
  w.open("r");
  w.attribute("xmlns", "urn:\"x\"");
  w.element("a", "1 < 2 & 3");
  w.open("b");
  w.close();
  w.element("c", "");
  w.close();
  EXPECT_EQ(out, "<r xmlns=\"urn:&quot;x&quot;\"><a>1 &lt; 2 &amp; 3</a><b/><c/></r>");
}

TEST(XmlWriter, EscapesLineEndsAsAwsDoes) {
  std::string out;
  XmlWriter w(out);
  w.element("a", "\r\n\t\xC2\x85\xE2\x80\xA8");
  EXPECT_EQ(out, "<a>&#xD;&#xA;\t&#x85;&#x2028;</a>");
}

TEST(XmlWriter, TextComesBack) {
  for (const std::string_view text :
       {"plain", " lead and trail ", "\n", "\r\n\r", "]]>", "<!--", "é€😀", "\xC2\x85", "a\tb", "\""}) {
    std::string out;
    XmlWriter w(out);
    w.open("r");
    w.attribute("k", text);
    w.element("a", text);
    w.close();
    const auto document = XmlDocument::parse(out);
    ASSERT_TRUE(document) << out;
    EXPECT_EQ(document->root().child("a").text(), text);
    EXPECT_EQ(document->root().attribute("k"), text);
  }
}

TEST(XmlWriter, ReplacesWhatXmlCannotCarry) {
  std::string out;
  XmlWriter w(out);
  w.element("a", "\x1b[0m\xFF");
  const auto document = XmlDocument::parse(out);
  ASSERT_TRUE(document) << out;
  EXPECT_EQ(document->root().text(), "\xEF\xBF\xBD[0m\xEF\xBF\xBD");
}

}  // namespace
}  // namespace postern
