#include "report/html_writer.hpp"

#include <algorithm>

#include "report/html_text.hpp"

namespace postern::report {
namespace html_writer {

constexpr std::string_view kStyle =
#include "report/html_style.inc"
    ;
constexpr std::size_t kFactMax = 4'000;
constexpr std::size_t kTitleMax = 200;

}  // namespace html_writer

std::string grouped_number(std::size_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

bool inside_character(std::string_view text, std::size_t at) noexcept {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80;
}

void HtmlWriter::text(std::string_view untrusted) {
  append_html(out_, untrusted);
}

void HtmlWriter::cut_text(std::string_view untrusted, std::size_t max) {
  std::size_t keep = std::min(untrusted.size(), max);
  while (keep > 0 && keep < untrusted.size() && inside_character(untrusted, keep)) --keep;
  text(untrusted.substr(0, keep));
  if (keep < untrusted.size()) raw("... (" + grouped_number(untrusted.size() - keep) + " more bytes)");
}

void HtmlWriter::note(std::string_view words) {
  raw("<p class=\"note\">");
  raw(words);
  raw("</p>\n");
}

void HtmlWriter::fact(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  raw("<dt>");
  raw(name);
  raw("</dt><dd>");
  cut_text(value, html_writer::kFactMax);
  raw("</dd>\n");
}

void HtmlWriter::begin(std::string_view title, std::string_view sim_world, std::string_view what) {
  raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
  if (!sim_world.empty()) raw("SIMULATED: ");
  cut_text(title, html_writer::kTitleMax);
  raw("</title>\n<style>");
  raw(html_writer::kStyle);
  raw("</style>\n</head>\n<body>\n<main>\n");
  if (sim_world.empty()) return;
  raw("<p class=\"sim\" role=\"note\">SIMULATED: this ");
  raw(what);
  raw(" in the simulated world ");
  text(sim_world);
  raw(". Nothing real was touched.</p>\n");
}

}  // namespace postern::report
