#include "term/table.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"

namespace postern::term {
namespace {

constexpr std::size_t kMaxCellBytes = 64 * 1024;

struct Layout {
  std::vector<std::size_t> shown;   // indices of the columns that are drawn, in order
  std::vector<std::size_t> widths;  // per column of the table
  std::size_t gap = 2;

  std::size_t total() const {
    std::size_t sum = shown.empty() ? 0 : gap * (shown.size() - 1);
    for (const std::size_t c : shown) sum += widths[c];
    return sum;
  }
};

std::size_t floor_of(const Column& column, std::size_t natural) {
  if (column.cut == Cut::never) return natural;
  return std::min(natural, std::max<std::size_t>(column.min_width, 1));
}

// The column to sacrifice: least important, then rightmost; never one of priority 0.
std::vector<std::size_t>::iterator least_important(Layout& layout, const std::vector<Column>& columns) {
  auto worst = layout.shown.end();
  for (auto it = layout.shown.begin(); it != layout.shown.end(); ++it) {
    if (columns[*it].priority > 0 &&
        (worst == layout.shown.end() || columns[*it].priority >= columns[*worst].priority)) {
      worst = it;
    }
  }
  return worst;
}

// Takes `excess` columns of width away, from unimportant columns first and from the widest of equals.
void narrow(Layout& layout, const std::vector<Column>& columns, std::size_t excess) {
  while (excess > 0) {
    std::size_t victim = columns.size();
    for (const std::size_t c : layout.shown) {
      if (layout.widths[c] <= floor_of(columns[c], layout.widths[c])) continue;
      if (victim == columns.size() || columns[c].priority > columns[victim].priority ||
          (columns[c].priority == columns[victim].priority && layout.widths[c] >= layout.widths[victim])) {
        victim = c;
      }
    }
    if (victim == columns.size()) return;
    --layout.widths[victim];
    --excess;
  }
}

Layout lay_out(const std::vector<Column>& columns, std::vector<std::size_t> natural, const TableOptions& options) {
  Layout layout;
  layout.gap = options.gap;
  layout.widths = std::move(natural);
  for (std::size_t c = 0; c < columns.size(); ++c) layout.shown.push_back(c);
  if (options.width == 0) return layout;
  const auto least_total = [&] {
    std::size_t sum = layout.shown.empty() ? 0 : layout.gap * (layout.shown.size() - 1);
    for (const std::size_t c : layout.shown) sum += floor_of(columns[c], layout.widths[c]);
    return sum;
  };
  while (least_total() > options.width) {
    const auto worst = least_important(layout, columns);
    if (worst == layout.shown.end()) break;
    layout.shown.erase(worst);
  }
  if (layout.total() > options.width) narrow(layout, columns, layout.total() - options.width);
  return layout;
}

std::string cut_cell(const std::string& text, const Column& column, std::size_t width) {
  if (display_width(text) <= width || column.cut == Cut::never) return text;
  return column.cut == Cut::middle ? truncate_middle(text, width) : truncate(text, width);
}

void draw_row(std::string& out, const std::vector<Cell>& row, const Layout& layout, const std::vector<Column>& columns,
              Color color) {
  std::size_t blanks = 0;  // owed before the next text, so that none trail
  for (std::size_t i = 0; i < layout.shown.size(); ++i) {
    const std::size_t c = layout.shown[i];
    if (i != 0) blanks += layout.gap;
    const std::string text = c < row.size() ? cut_cell(row[c].text, columns[c], layout.widths[c]) : std::string();
    const std::size_t width = display_width(text);
    const std::size_t fill = layout.widths[c] > width ? layout.widths[c] - width : 0;
    if (columns[c].align == Align::right) blanks += fill;
    if (!text.empty()) {
      out.append(blanks, ' ').append(styled(text, row[c].style, color));
      blanks = 0;
    }
    if (columns[c].align == Align::left) blanks += fill;
  }
  out += '\n';
}

std::string trimmed_end(std::string text) {
  text.resize(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

void Table::add(std::vector<Cell> row) {
  CHECK(row.size() <= columns_.size());
  for (Cell& cell : row) cell.text = trimmed_end(printable(cell.text, kMaxCellBytes));
  rows_.push_back(std::move(row));
}

Table::Rendered Table::render(const TableOptions& options) const {
  std::vector<std::size_t> natural;
  std::vector<Cell> header;
  for (const Column& column : columns_) {
    natural.push_back(options.header == Header::shown ? display_width(column.header) : 0);
    header.emplace_back(column.header, Style::bold);
  }
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) natural[c] = std::max(natural[c], display_width(row[c].text));
  }
  const Layout layout = lay_out(columns_, std::move(natural), options);
  Rendered rendered;
  if (options.header == Header::shown) draw_row(rendered.text, header, layout, columns_, options.color);
  for (const auto& row : rows_) draw_row(rendered.text, row, layout, columns_, options.color);
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (std::find(layout.shown.begin(), layout.shown.end(), c) == layout.shown.end()) {
      rendered.dropped.push_back(columns_[c].header);
    }
  }
  return rendered;
}

}  // namespace postern::term
