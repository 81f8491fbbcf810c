#include "term/gather.hpp"

#include <gtest/gtest.h>

namespace postern::term {
namespace {

TEST(Gather, PutsIdenticalOutputsUnderOneHeader) {
  const std::vector<NamedOutput> outputs = {
      NamedOutput("db1", "other\n"),  NamedOutput("web04", "same\n"),   NamedOutput("web01", "same"),
      NamedOutput("web03", "same\n"), NamedOutput("web02", "same\r\n"), NamedOutput("zoo", ""),
  };
  EXPECT_EQ(render_gathered(gather(outputs), Color::off),
            "---------------\n"
            "web[01-04] (4)\n"
            "---------------\n"
            "same\n"
            "---------------\n"
            "db1\n"
            "---------------\n"
            "other\n"
            "---------------\n"
            "zoo\n"
            "---------------\n");
}

TEST(Gather, OutputAndNamesCannotDriveTheTerminal) {
  const std::vector<NamedOutput> outputs = {NamedOutput("bad\x1b[2J", "x\x1b[31my")};
  const std::string text = render_gathered(gather(outputs), Color::off);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("x\\x1b[31my"), std::string::npos);
}

TEST(Gather, ColoursOnlyTheHeader) {
  const std::vector<NamedOutput> outputs = {NamedOutput("a", "o")};
  EXPECT_EQ(render_gathered(gather(outputs), Color::on), "---------------\n\x1b[36ma\x1b[0m\n---------------\no\n");
}

}  // namespace
}  // namespace postern::term
