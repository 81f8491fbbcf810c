#include "term/table.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace postern::term {
namespace {

Table fleet() {
  std::vector<Column> columns;
  columns.emplace_back("ACCOUNT", 1);
  columns.emplace_back("INSTANCE", 0);
  columns.emplace_back("NAME", 2);
  columns.emplace_back("COUNT", 3, Align::right);
  columns.emplace_back("NOTE", 4);
  columns[0].cut = Cut::never;
  columns[1].cut = Cut::never;
  Table table(std::move(columns));
  table.add(
      {"444455556666", "i-0123456789abcdef0", "web-payments-production-1", "7", "a note that goes on for a while"});
  table.add({"777788889999", "i-0123456789abcdef1", "db", "1234"});
  return table;
}

TableOptions width_of(std::size_t width) {
  TableOptions options;
  options.width = width;
  return options;
}

TEST(Table, ShowsEverythingAt200Columns) {
  const auto rendered = fleet().render(width_of(200));
  EXPECT_EQ(rendered.text,
            "ACCOUNT       INSTANCE             NAME                       COUNT  NOTE\n"
            "444455556666  i-0123456789abcdef0  web-payments-production-1      7  a note that goes on for a while\n"
            "777788889999  i-0123456789abcdef1  db                          1234\n");
  EXPECT_TRUE(rendered.dropped.empty());
}

TEST(Table, NarrowsTheLeastImportantFirstAt80Columns) {
  const auto rendered = fleet().render(width_of(80));
  EXPECT_EQ(rendered.text,
            "ACCOUNT       INSTANCE             NAME                       COUNT  NOTE\n"
            "444455556666  i-0123456789abcdef0  web-payments-production-1      7  a note tha…\n"
            "777788889999  i-0123456789abcdef1  db                          1234\n");
  EXPECT_TRUE(rendered.dropped.empty());
}

TEST(Table, DropsWhatFindsNoRoomAndSaysWhich) {
  const auto rendered = fleet().render(width_of(46));
  EXPECT_EQ(rendered.text,
            "ACCOUNT       INSTANCE             NAME\n"
            "444455556666  i-0123456789abcdef0  web-paymen…\n"
            "777788889999  i-0123456789abcdef1  db\n");
  EXPECT_EQ(rendered.dropped, (std::vector<std::string>{"COUNT", "NOTE"}));
}

TEST(Table, NoLineIsTooWideOrEndsInABlank) {
  for (std::size_t width = 21; width < 130; ++width) {
    const auto rendered = fleet().render(width_of(width));
    for (const std::string_view line : split(rendered.text, '\n')) {
      EXPECT_LE(display_width(line), width);
      EXPECT_FALSE(line.ends_with(' ')) << "at " << width;
    }
  }
}

TEST(Table, NeverDropsPriorityZero) {
  const auto rendered = fleet().render(width_of(5));
  EXPECT_EQ(rendered.text, "INSTANCE\ni-0123456789abcdef0\ni-0123456789abcdef1\n");
}

TEST(Table, UnlimitedWhenPiped) {
  EXPECT_EQ(fleet().render(TableOptions()).text, fleet().render(width_of(200)).text);
}

TEST(Table, StylesWithoutCountingThem) {
  Table table({Column("A", 0), Column("B", 0)});
  table.add({Cell("x", Style::bad), "y"});
  TableOptions options = width_of(20);
  options.color = Color::on;
  EXPECT_EQ(table.render(options).text, "\x1b[1mA\x1b[0m  \x1b[1mB\x1b[0m\n\x1b[31mx\x1b[0m  y\n");
  options.color = Color::off;
  options.header = Header::hidden;
  EXPECT_EQ(table.render(options).text, "x  y\n");
}

TEST(Table, CellsCannotDriveTheTerminal) {
  Table table({Column("A", 0)});
  table.add({"red\x1b[31m\nnext  "});
  EXPECT_EQ(table.render(TableOptions()).text, "A\nred\\x1b[31m\\nnext\n");
}

}  // namespace
}  // namespace postern::term
