#pragma once

/// Answers: one Json document per command, printed as the user asked for.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/parse.hpp"
#include "term/table.hpp"

namespace postern::cli {

enum class Format : std::uint8_t { table, json, ndjson, text, markdown };

/// A column of the table, text and markdown forms: how a row of the document becomes a cell.
struct OutputColumn {
  OutputColumn() = default;
  OutputColumn(std::string h, int p, std::function<term::Cell(const Json& row)> c)
      : header(std::move(h)), priority(p), cell(std::move(c)) {}
  std::string header;
  int priority = 0;
  std::function<term::Cell(const Json& row)> cell;
  term::Cut cut = term::Cut::end;
  std::size_t min_width = 8;  ///< narrower than this, less important columns are dropped instead
};

/// A cell that shows a member as text; absent members are empty.
OutputColumn member_column(std::string header, int priority, std::string member);

/// The same for ids: dropped rather than cut, because half an id is none.
OutputColumn id_column(std::string header, int priority, std::string member);

/// What a command answers.
struct Answer {
  Answer() = default;
  Json document;         ///< with "schema"
  std::string rows_key;  ///< the array that tables and ndjson show; empty: the document is one row
  std::vector<OutputColumn> columns;
  std::string table_footer;  ///< printed below the table only
  std::string markdown_title;
  std::string world;  ///< "sim:demo" of an answer from a simulated world: every form but text says so
};

/// "SIMULATED sim:demo" and a line break; empty for the real world.
std::string world_banner(const std::string& world, term::Color color);

struct OutputOptions {
  OutputOptions() = default;
  Format format = Format::json;
  std::optional<std::string> query;
  std::size_t width = 0;  ///< 0: not a terminal
  term::Color color = term::Color::off;
};

/// --output and --query checked; the query is compiled here so that a mistake costs no AWS call.
Result<OutputOptions> output_options(const Invocation& invocation, term::Sink sink, std::size_t width,
                                     term::Color color);

/// The text for stdout. With a query the result is printed as JSON (or, with text, as tab-separated values as the AWS
/// CLI does).
Result<std::string> render(const Answer& answer, const OutputOptions& options);

}  // namespace postern::cli
