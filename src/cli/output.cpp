#include "cli/output.hpp"

#include "base/jmespath.hpp"
#include "base/text.hpp"

namespace postern::cli {
namespace {

std::string scalar_text(const Json& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_null()) return "";
  return value.dump();
}

Json::Array rows_of(const Answer& answer) {
  if (answer.rows_key.empty()) return {answer.document};
  return answer.document[answer.rows_key].items();
}

std::string markdown_cell(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string render_markdown(const Answer& answer) {
  std::string out;
  if (!answer.markdown_title.empty()) out += "# " + answer.markdown_title + "\n\n";
  if (!answer.world.empty()) out += "**SIMULATED** " + markdown_cell(answer.world) + "\n\n";
  std::string rule = "|";
  out += "|";
  for (const OutputColumn& column : answer.columns) {
    out += " " + markdown_cell(column.header) + " |";
    rule += " --- |";
  }
  out += "\n" + rule + "\n";
  for (const Json& row : rows_of(answer)) {
    out += "|";
    for (const OutputColumn& column : answer.columns) out += " " + markdown_cell(column.cell(row).text) + " |";
    out += "\n";
  }
  return out;
}

std::string render_table(const Answer& answer, const OutputOptions& options) {
  std::vector<term::Column> columns;
  for (const OutputColumn& column : answer.columns) {
    columns.emplace_back(column.header, column.priority);
    columns.back().cut = column.cut;
    columns.back().min_width = column.min_width;
  }
  term::Table table(std::move(columns));
  for (const Json& row : rows_of(answer)) {
    std::vector<term::Cell> cells;
    for (const OutputColumn& column : answer.columns) cells.push_back(column.cell(row));
    table.add(std::move(cells));
  }
  term::TableOptions table_options;
  table_options.width = options.width;
  table_options.color = options.color;
  const term::Table::Rendered rendered = table.render(table_options);
  std::string out = table.rows() == 0 ? std::string() : rendered.text;
  if (!rendered.dropped.empty()) {
    out += "(no room for:";
    for (const std::string& header : rendered.dropped) out += " " + header;
    out += ")\n";
  }
  return world_banner(answer.world, options.color) + out + answer.table_footer;
}

std::string render_text(const Answer& answer) {
  std::string out;
  for (const Json& row : rows_of(answer)) {
    const char* separator = "";
    for (const OutputColumn& column : answer.columns) {
      out.append(separator).append(printable(column.cell(row).text));
      separator = "\t";
    }
    out += "\n";
  }
  return out;
}

void text_lines(const Json& value, std::string& out) {
  if (value.is_array()) {
    bool scalars = true;
    for (const Json& item : value.items()) scalars = scalars && !item.is_array() && !item.is_object();
    if (!scalars) {
      for (const Json& item : value.items()) text_lines(item, out);
      return;
    }
    const char* separator = "";
    for (const Json& item : value.items()) {
      out.append(separator).append(scalar_text(item));
      separator = "\t";
    }
  } else if (value.is_object()) {
    const char* separator = "";
    for (const Json::Member& member : value.members()) {
      out.append(separator).append(member.value.is_array() || member.value.is_object() ? member.value.dump()
                                                                                       : scalar_text(member.value));
      separator = "\t";
    }
  } else {
    out += scalar_text(value);
  }
  out += "\n";
}

Result<std::string> render_query(const Answer& answer, const OutputOptions& options) {
  TRY(const auto expression, jmespath::compile(*options.query));
  TRY(const Json found, expression.search(answer.document));
  switch (options.format) {
    case Format::text: {
      std::string out;
      text_lines(found, out);
      return out;
    }
    case Format::ndjson: {
      std::string out;
      if (!found.is_array()) return found.dump() + "\n";
      for (const Json& item : found.items()) out += item.dump() + "\n";
      return out;
    }
    case Format::table:
    case Format::json:
    case Format::markdown:
      break;
  }
  return found.dump_pretty() + "\n";
}

}  // namespace

OutputColumn member_column(std::string header, int priority, std::string member) {
  return OutputColumn(std::move(header), priority,
                      [name = std::move(member)](const Json& row) { return term::Cell(scalar_text(row[name])); });
}

OutputColumn id_column(std::string header, int priority, std::string member) {
  OutputColumn column = member_column(std::move(header), priority, std::move(member));
  column.cut = term::Cut::never;
  return column;
}

Result<OutputOptions> output_options(const Invocation& invocation, term::Sink sink, std::size_t width,
                                     term::Color color) {
  OutputOptions options;
  options.width = sink == term::Sink::tty ? width : 0;
  options.color = color;
  const std::string format = invocation.value("--output").value_or(sink == term::Sink::tty ? "table" : "json");
  options.format = format == "table"    ? Format::table
                   : format == "json"   ? Format::json
                   : format == "ndjson" ? Format::ndjson
                   : format == "text"   ? Format::text
                                        : Format::markdown;
  options.query = invocation.value("--query");
  if (options.query) {
    const auto compiled = jmespath::compile(*options.query);
    if (!compiled) return fail(ErrorKind::usage, "--query: " + compiled.error().message());
  }
  return options;
}

std::string world_banner(const std::string& world, term::Color color) {
  if (world.empty()) return {};
  return term::styled("SIMULATED " + printable(world, 80), term::Style::warning, color) + "\n";
}

Result<std::string> render(const Answer& answer, const OutputOptions& options) {
  if (options.query) return render_query(answer, options);
  switch (options.format) {
    case Format::table:
      return render_table(answer, options);
    case Format::markdown:
      return render_markdown(answer);
    case Format::text:
      return render_text(answer);
    case Format::ndjson: {
      std::string out;
      for (Json row : rows_of(answer)) {
        if (!answer.world.empty() && row.is_object()) row.set("world", answer.world);
        out += row.dump() + "\n";
      }
      return out;
    }
    case Format::json:
      break;
  }
  return answer.document.dump_pretty() + "\n";
}

}  // namespace postern::cli
