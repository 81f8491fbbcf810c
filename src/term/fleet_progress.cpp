#include "term/fleet_progress.hpp"

#include <algorithm>
#include <span>

#include "base/text.hpp"
#include "term/width.hpp"

namespace postern::term {
namespace fleet_progress {

constexpr Duration kLeastRedraw = std::chrono::milliseconds(100);
constexpr std::size_t kLabelMax = 36;
constexpr std::size_t kBarMin = 10;
constexpr std::size_t kNarrow = 100;  ///< columns below which the last line is not aligned, to have room for the time
constexpr std::size_t kBarMax = 40;
constexpr std::size_t kPartsMax = 12;   ///< bars above the last line: more is not read
constexpr std::size_t kEndsWanted = 5;  ///< before a rate means anything
constexpr Duration kTimeWanted = std::chrono::seconds(3);

/// Failures first, then what moves, then what waits, then what is done.
int rank_of(const Progress& part) {
  if (part.failed + part.unknown > 0) return 0;
  if (part.running > 0) return 1;
  return part.done() < part.total ? 2 : 3;
}

void add(Progress& to, const Progress& part) {
  to.total += part.total;
  to.succeeded += part.succeeded;
  to.failed += part.failed;
  to.skipped += part.skipped;
  to.unknown += part.unknown;
  to.running += part.running;
}

std::string bar(const Progress& part, std::size_t columns, Color color) {
  if (part.total == 0) return std::string(columns, ' ');
  const auto cells = [&](std::size_t count) {
    return static_cast<std::size_t>(static_cast<double>(std::min(count, part.total)) / static_cast<double>(part.total) *
                                    static_cast<double>(columns));
  };
  const std::size_t bad = part.failed + part.unknown;
  // A failure among thousands is a cell of its own all the same.
  const std::size_t filled = cells(part.done());
  std::size_t red = cells(bad);
  if (bad > 0 && red == 0 && filled > 0) red = 1;
  std::string rest = filled < columns ? ">" : "";
  rest.resize(columns - filled, ' ');
  return styled(std::string(red, '!'), Style::bad, color) + std::string(filled - red, '=') + rest;
}

void count(std::string& out, std::size_t n, std::string_view word, Style style, Color color) {
  if (n == 0) return;
  out.append(out.empty() ? "" : ", ").append(styled(std::to_string(n).append(" ").append(word), style, color));
}

std::string counts(const Progress& part, Color color) {
  std::string out;
  count(out, part.failed, "failed", Style::bad, color);
  count(out, part.unknown, "unknown", Style::warning, color);
  count(out, part.skipped, "skipped", Style::dim, color);
  count(out, part.running, "running", Style::plain, color);
  return out;
}

std::string of_total(const Progress& part) {
  return std::to_string(part.done()) + "/" + std::to_string(part.total);
}

std::string rounded(Duration time) {
  auto seconds = std::chrono::round<std::chrono::seconds>(time);
  if (seconds > std::chrono::minutes(10)) seconds = std::chrono::round<std::chrono::minutes>(time);
  return format_duration(std::max(seconds, std::chrono::seconds(1)));
}

std::string times(const FleetProgress& progress) {
  std::string out;
  if (progress.all.elapsed >= std::chrono::seconds(1)) {
    out += format_duration(std::chrono::floor<std::chrono::seconds>(progress.all.elapsed));
  }
  if (progress.left) out += (out.empty() ? "about " : ", about ") + rounded(*progress.left) + " left";
  return out;
}

/// Columns that all lines share, so that bars and numbers stand below one another.
struct Shape {
  Shape() = default;
  std::size_t label = 0;
  std::size_t bar = 0;
  std::size_t numbers = 0;
};

std::string without_colors(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\x1b') {
      at = std::min(text.find('m', at), text.size() - 1);
    } else {
      plain += text[at];
    }
  }
  return plain;
}

std::size_t plain_width(std::string_view text) {
  return display_width(without_colors(text));
}

/// A name without the number behind it.
std::string short_label(const std::string& label) {
  return label.substr(0, label.find(" ("));
}

std::string line_of(const Progress& part, const std::string& label, const std::string& tail, const Shape& shape,
                    std::size_t columns, Color color) {
  std::string out = pad(truncate(label, shape.label), shape.label) + " ";
  if (shape.bar > 0) out += "[" + bar(part, shape.bar, color) + "] ";
  out += pad(of_total(part), shape.numbers, Align::right);
  if (!tail.empty()) out += "  " + tail;
  // Cutting must not cut a colour in two.
  return plain_width(out) <= columns ? out : truncate(without_colors(out), columns);
}

/// Labels as they are if all of them have room, else the names alone.
std::vector<std::string> labels_of(std::span<const Progress* const> parts, std::size_t room) {
  std::vector<std::string> labels;
  bool fit = true;
  for (const Progress* part : parts) {
    labels.push_back(printable(part->label, 200));
    fit = fit && display_width(labels.back()) <= room;
  }
  if (fit) return labels;
  for (std::string& label : labels) label = short_label(label);
  return labels;
}

/// The line of everything. The time left matters more than the stage, and both more than a long bar.
std::string last_line(const FleetProgress& progress, Shape shape, std::size_t columns, Color color) {
  const std::string least = counts(progress.all, color);
  std::string more = least;
  if (const std::string time = times(progress); !time.empty()) more.append(more.empty() ? "" : ", ").append(time);
  std::string most = more;
  if (!progress.stage.empty()) most.append(most.empty() ? "" : ", ").append(progress.stage);
  const std::size_t fixed = shape.label + 1 + shape.numbers + 2;
  for (const std::string& tail : {most, more}) {
    const std::size_t used = fixed + plain_width(tail);
    const std::size_t room = columns > used + 3 ? columns - used - 3 : 0;
    if (room < std::min(shape.bar, kBarMin)) continue;
    shape.bar = std::min(shape.bar, room);
    return line_of(progress.all, progress.all.label, tail, shape, columns, color);
  }
  if (fixed + plain_width(more) <= columns) shape.bar = 0;
  return line_of(progress.all, progress.all.label, shape.bar == 0 ? more : least, shape, columns, color);
}

}  // namespace fleet_progress

std::string fleet_sentence(const FleetProgress& progress) {
  std::string out = fleet_progress::of_total(progress.all);
  for (const std::string& part :
       {fleet_progress::counts(progress.all, Color::off), fleet_progress::times(progress), progress.stage}) {
    if (!part.empty()) out.append(", ").append(part);
  }
  return out;
}

std::vector<std::string> fleet_lines(const FleetProgress& progress, std::size_t columns, std::size_t rows,
                                     Color color) {
  std::vector<const Progress*> order;
  if (progress.parts.size() > 1) {
    for (const Progress& part : progress.parts) order.push_back(&part);
  }
  std::sort(order.begin(), order.end(), [](const Progress* a, const Progress* b) {
    if (fleet_progress::rank_of(*a) != fleet_progress::rank_of(*b))
      return fleet_progress::rank_of(*a) < fleet_progress::rank_of(*b);
    const std::size_t wrong_a = a->failed + a->unknown;
    const std::size_t wrong_b = b->failed + b->unknown;
    return wrong_a != wrong_b ? wrong_a > wrong_b : a < b;  // equals as they were given
  });
  std::size_t room = std::min(rows > 1 ? rows - 1 : 0, fleet_progress::kPartsMax);
  if (order.size() > room && room > 0) --room;  // for the line that sums up the rest
  const std::size_t shown = std::min(order.size(), room);
  const bool narrow = columns < fleet_progress::kNarrow;
  const std::size_t label_room = std::min(fleet_progress::kLabelMax, narrow ? columns / 4 : columns / 3);
  const std::vector<std::string> labels = fleet_progress::labels_of(std::span(order).first(shown), label_room);
  fleet_progress::Shape shape;
  shape.label = progress.all.label.size();
  shape.numbers = fleet_progress::of_total(progress.all).size();
  for (std::size_t i = 0; i < shown; ++i) shape.label = std::max(shape.label, display_width(labels[i]));
  Progress rest;
  for (std::size_t i = shown; i < order.size(); ++i) fleet_progress::add(rest, *order[i]);
  rest.label = std::to_string(order.size() - shown) + " more accounts";
  const bool sums = shown < order.size() && rows > shown + 1;
  if (sums) shape.label = std::max(shape.label, rest.label.size());
  shape.label = std::min(shape.label, label_room);
  const std::size_t fixed = shape.label + 1 + 3 + shape.numbers + 2 + 30;  // 30 for the counts behind it
  if (columns >= fixed + fleet_progress::kBarMin) shape.bar = std::min(columns - fixed, fleet_progress::kBarMax);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < shown; ++i) {
    const std::string tail = fleet_progress::counts(*order[i], color);
    lines.push_back(fleet_progress::line_of(*order[i], labels[i], tail, shape, columns, color));
  }
  if (sums) {
    const std::string tail = fleet_progress::counts(rest, color);
    lines.push_back(fleet_progress::line_of(rest, rest.label, tail, shape, columns, color));
  }
  if (narrow) shape.label = std::min(progress.all.label.size(), label_room);
  lines.push_back(fleet_progress::last_line(progress, shape, columns, color));
  return lines;
}

FleetPrinter::FleetPrinter(os::Console& console, Color color)
    : console_(console), color_(color), on_tty_(console.is_tty(os::StdStream::err)) {}

FleetPrinter::~FleetPrinter() {
  clear();
}

bool FleetPrinter::due(MonoTime now) const {
  return on_tty_ && (!drawn_at_ || now - *drawn_at_ >= fleet_progress::kLeastRedraw);
}

/// Goes back to where the shown lines begin and clears from there. A terminal that became narrower has wrapped them.
std::string FleetPrinter::erase() const {
  if (shown_.empty()) return {};
  const auto size = console_.size();
  const std::size_t columns = size && size->columns > 0 ? size->columns : 80;
  std::size_t rows = 0;
  for (const std::string& line : shown_) {
    const std::size_t width = fleet_progress::plain_width(line);
    rows += width == 0 ? 1 : (width + columns - 1) / columns;
  }
  std::string out = "\r";
  if (rows > 1) out += "\x1b[" + std::to_string(rows - 1) + "A";
  return out + "\x1b[J";
}

void FleetPrinter::draw(const FleetProgress& progress, MonoTime now) {
  if (!due(now)) return;
  drawn_at_ = now;
  const auto size = console_.size();
  const std::size_t columns = size && size->columns > 1 ? size->columns : 80;
  const std::size_t rows = size && size->rows > 3 ? size->rows / 2 : 1;
  // The last column stays free: writing there makes some terminals wrap.
  std::vector<std::string> lines = fleet_lines(progress, columns - 1, rows, color_);
  if (lines == shown_) return;
  const std::string before = erase();
  shown_ = std::move(lines);
  (void)console_.write(os::StdStream::err, before + join(shown_, "\n"));
}

void FleetPrinter::note(std::string_view text) {
  std::string out = erase();
  out.append(text).append("\n").append(join(shown_, "\n"));
  (void)console_.write(os::StdStream::err, out);
}

void FleetPrinter::clear() {
  if (shown_.empty()) return;
  const std::string out = erase();
  shown_.clear();
  drawn_at_.reset();
  (void)console_.write(os::StdStream::err, out);
}

TimeLeft::TimeLeft(std::vector<std::size_t> waves, std::vector<std::size_t> ended_before) : waves_(waves.size()) {
  for (std::size_t i = 0; i < waves.size(); ++i) {
    waves_[i].targets = waves[i];
    waves_[i].before = i < ended_before.size() ? std::min(ended_before[i], waves[i]) : 0;
  }
}

void TimeLeft::started(std::size_t wave, MonoTime at) {
  if (wave < waves_.size() && !waves_[wave].begin) waves_[wave].begin = at;
}

void TimeLeft::ended(std::size_t wave, MonoTime at) {
  if (wave >= waves_.size() || waves_[wave].open() == 0) return;
  started(wave, at);
  ++waves_[wave].ended;
  if (waves_[wave].open() == 0) waves_[wave].end = at;
}

std::optional<Duration> TimeLeft::left(MonoTime now) const {
  using Seconds = std::chrono::duration<double>;
  double best_rate = 0;            // targets a second, of the fastest wave
  std::optional<double> shortest;  // seconds, of a whole wave
  std::size_t seen = 0;
  for (const Wave& wave : waves_) {
    if (!wave.begin) continue;
    const double took = Seconds(wave.end.value_or(now) - *wave.begin).count();
    seen += wave.ended;
    if (took > 0) best_rate = std::max(best_rate, static_cast<double>(wave.ended) / took);
    if (wave.end) shortest = std::min(shortest.value_or(took), took);
  }
  const Wave* first = waves_.empty() ? nullptr : &waves_.front();
  for (const Wave& wave : waves_) {
    if (wave.begin) {
      first = &wave;
      break;
    }
  }
  const bool known = first != nullptr && first->begin && now - *first->begin >= fleet_progress::kTimeWanted &&
                     seen >= fleet_progress::kEndsWanted && best_rate > 0;
  if (!known) return std::nullopt;
  double left = 0;
  for (const Wave& wave : waves_) {
    if (wave.open() == 0) continue;
    double rate = best_rate;
    const double passed = wave.begin ? Seconds(now - *wave.begin).count() : 0;
    // Of a wave that gives ends its own rate says most.
    if (wave.begin && wave.ended >= fleet_progress::kEndsWanted && passed > 0) {
      rate = static_cast<double>(wave.ended) / passed;
    }
    double wanted = static_cast<double>(wave.open()) / rate;
    if (shortest) wanted = std::max(wanted, *shortest - passed);
    left += wanted;
  }
  if (left <= 0) return std::nullopt;
  return std::chrono::duration_cast<Duration>(Seconds(left));
}

}  // namespace postern::term
