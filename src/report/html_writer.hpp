#pragma once

/// HtmlWriter: a self-contained page that is written from top to bottom: no script, no external resource (its own
/// policy forbids both), light and dark, fit for narrow screens and for print.

#include <string>
#include <string_view>
#include <utility>

namespace postern::report {

/// "12,345".
std::string grouped_number(std::size_t n);

class HtmlWriter {
 public:
  /// Markup of ours.
  void raw(std::string_view html) { out_ += html; }
  /// Text of others.
  void text(std::string_view untrusted);
  /// The same, and not more than `max` bytes of it; what is left out is said.
  void cut_text(std::string_view untrusted, std::size_t max);
  /// A dim paragraph; `words` are markup.
  void note(std::string_view words);
  /// A row of a <dl>; none when there is no value.
  void fact(std::string_view name, std::string_view value);

  /// Everything before the heading. `sim_world` is empty in the real world; `what` goes on with "This": "run took
  /// place".
  void begin(std::string_view title, std::string_view sim_world, std::string_view what);
  void begin_footer() { raw("<footer><p>"); }
  /// Ends the footer and the page.
  void end() { raw("</p></footer>\n</main>\n</body>\n</html>\n"); }
  /// What was written since the last time.
  std::string take() { return std::exchange(out_, std::string()); }

 private:
  std::string out_;
};

/// Whether `at` is in the middle of a character of more than one byte.
bool inside_character(std::string_view text, std::size_t at) noexcept;

}  // namespace postern::report
