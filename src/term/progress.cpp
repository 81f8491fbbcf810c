#include "term/progress.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "term/width.hpp"

namespace postern::term {
namespace {

constexpr std::size_t kBarColumns = 20;
constexpr std::size_t kBarNeedsColumns = 60;
constexpr Duration kLeastRedraw = std::chrono::milliseconds(100);
constexpr std::string_view kClearLine = "\r\x1b[K";
constexpr std::size_t kDefaultColumns = 80;

std::string bar(const Progress& progress) {
  const std::size_t done = std::min(progress.done(), progress.total);
  // Divided before multiplied where the product could not fit.
  const std::size_t filled =
      static_cast<std::size_t>(static_cast<double>(done) / static_cast<double>(progress.total) * kBarColumns);
  std::string text(filled, '=');
  if (filled < kBarColumns) text += '>';
  text.resize(kBarColumns, ' ');
  return "[" + text + "] ";
}

void count(std::string& out, std::size_t n, std::string_view word, Style style, Color color) {
  if (n == 0) return;
  out.append(", ").append(styled(std::to_string(n).append(" ").append(word), style, color));
}

std::string compose(const Progress& progress, std::size_t columns, Color color) {
  std::string out = printable(progress.label, 60);
  if (!out.empty()) out += ' ';
  if (progress.total != 0) {
    if (columns >= kBarNeedsColumns) out += bar(progress);
    if (progress.percent) {
      out += std::to_string(progress.done() * 100 / progress.total) + "%";
    } else {
      out += std::to_string(progress.done()) + "/" + std::to_string(progress.total);
    }
  } else {
    out += std::to_string(progress.done());
  }
  count(out, progress.failed, "failed", Style::bad, color);
  count(out, progress.unknown, "unknown", Style::warning, color);
  count(out, progress.skipped, "skipped", Style::dim, color);
  count(out, progress.running, "running", Style::plain, color);
  if (progress.elapsed >= std::chrono::seconds(1)) {
    out.append(", ").append(format_duration(std::chrono::floor<std::chrono::seconds>(progress.elapsed)));
  }
  return out;
}

}  // namespace

std::string progress_line(const Progress& progress, std::size_t columns, Color color) {
  const std::string plain = compose(progress, columns, Color::off);
  if (display_width(plain) > columns) return truncate(plain, columns);
  return color == Color::off ? plain : compose(progress, columns, color);
}

ProgressPrinter::ProgressPrinter(os::Console& console, Color color)
    : console_(console), color_(color), on_tty_(console.is_tty(os::StdStream::err)) {}

ProgressPrinter::~ProgressPrinter() {
  clear();
}

void ProgressPrinter::draw(const Progress& progress, MonoTime now) {
  if (!on_tty_) return;
  const bool finished = progress.total != 0 && progress.done() >= progress.total;
  if (drawn_at_ && now - *drawn_at_ < kLeastRedraw && !finished) return;
  drawn_at_ = now;
  const auto size = console_.size();
  const std::size_t columns = size && size->columns > 1 ? size->columns : kDefaultColumns;
  // The last column stays free: writing there makes some terminals wrap.
  std::string line = progress_line(progress, columns - 1, color_);
  if (line == shown_) return;
  shown_ = std::move(line);
  (void)console_.write(os::StdStream::err, std::string(kClearLine) + shown_);
}

void ProgressPrinter::note(std::string_view text) {
  std::string out;
  if (!shown_.empty()) out += kClearLine;
  out.append(text).append("\n").append(shown_);
  (void)console_.write(os::StdStream::err, out);
}

void ProgressPrinter::clear() {
  if (shown_.empty()) return;
  shown_.clear();
  drawn_at_.reset();
  (void)console_.write(os::StdStream::err, kClearLine);
}

}  // namespace postern::term
