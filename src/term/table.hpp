#pragma once

/// Tables for people. At 200 columns everything is shown; in less room the least important columns are narrowed, then
/// dropped, and the reader is told which.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "term/color.hpp"
#include "term/width.hpp"

namespace postern::term {

/// How a cell that is too long is cut.
enum class Cut : std::uint8_t { end, middle, never };

struct Column {
  Column() = default;
  Column(std::string h, int p, Align a = Align::left) : header(std::move(h)), priority(p), align(a) {}
  std::string header;
  /// 0 is never dropped; the greatest number goes first, and of equals the rightmost.
  int priority = 0;
  Align align = Align::left;
  Cut cut = Cut::end;
  /// The column is never narrowed below this.
  std::size_t min_width = 8;
};

struct Cell {
  Cell() = default;
  Cell(std::string t) : text(std::move(t)) {}  // NOLINT(google-explicit-constructor): rows read as lists of strings
  Cell(const char* t) : text(t) {}             // NOLINT(google-explicit-constructor)
  Cell(std::string t, Style s) : text(std::move(t)), style(s) {}
  std::string text;
  Style style = Style::plain;
};

enum class Header : std::uint8_t { shown, hidden };

struct TableOptions {
  TableOptions() = default;
  /// Columns of the terminal; 0 is unlimited (output that is piped).
  std::size_t width = 0;
  Color color = Color::off;
  Header header = Header::shown;
  std::size_t gap = 2;
};

/// Rows of cells under columns; a short row is filled with empty cells. Cell text may come from outside: it is made
/// printable here.
class Table {
 public:
  explicit Table(std::vector<Column> columns);
  void add(std::vector<Cell> row);
  std::size_t rows() const noexcept { return rows_.size(); }

  struct Rendered {
    Rendered() = default;
    std::string text;                  ///< lines ended by '\n', no line with a trailing blank
    std::vector<std::string> dropped;  ///< headers of the columns that found no room
  };
  Rendered render(const TableOptions& options) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace postern::term
