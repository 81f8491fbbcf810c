#include "term/fleet_progress.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "term/width.hpp"

namespace postern::term {
namespace fleet_progress_test {

using namespace std::chrono_literals;

/// A terminal that keeps what was written to it.
class Glass final : public os::Console {
 public:
  explicit Glass(bool tty) : tty_(tty) {}
  Result<void> write(os::StdStream stream, std::string_view text) override {
    if (stream == os::StdStream::err) errors += text;
    return Result<void>();
  }
  bool is_tty(os::StdStream) const override { return tty_; }
  std::optional<os::TtySize> size() const override { return now; }
  Result<std::unique_ptr<os::RawMode>> enter_raw_mode() override { return fail(ErrorKind::unsupported, "no terminal"); }
  Result<std::unique_ptr<os::RawMode>> hide_input() override { return enter_raw_mode(); }
  rt::Task<Result<std::size_t>> read_input(std::span<std::byte>) override { co_return std::size_t{0}; }
  std::string take() { return std::exchange(errors, std::string()); }
  os::TtySize now = os::TtySize(80, 24);
  std::string errors;

 private:
  bool tty_;
};

Progress part(std::string label, std::size_t total, std::size_t good, std::size_t bad, std::size_t running) {
  Progress one;
  one.label = std::move(label);
  one.total = total;
  one.succeeded = good;
  one.failed = bad;
  one.running = running;
  return one;
}

FleetProgress three() {
  FleetProgress progress;
  progress.parts = {part("done (111111111111)", 10, 10, 0, 0), part("ledger (222222222222)", 50, 10, 0, 8),
                    part("payments (333333333333)", 50, 32, 2, 4)};
  progress.all = part("run", 110, 52, 2, 12);
  progress.all.elapsed = 80s;
  progress.left = 125s;
  progress.stage = "wave 2 of 3 (10%)";
  return progress;
}

std::string text_of(const std::vector<std::string>& lines) {
  return join(lines, "\n") + "\n";
}

TEST(FleetLines, ShowWhatFailsFirstAndEverythingLast) {
  EXPECT_EQ(text_of(fleet_lines(three(), 79, 12, Color::off)),
            "payments [!==================>         ]  34/50  2 failed, 4 running\n"
            "ledger   [=====>                       ]  10/50  8 running\n"
            "done     [=============================]  10/10\n"
            "run [!========>         ] 54/110  2 failed, 12 running, 1m20s, about 2m05s left\n");
  EXPECT_EQ(fleet_sentence(three()), "54/110, 2 failed, 12 running, 1m20s, about 2m05s left, wave 2 of 3 (10%)");
}

TEST(FleetLines, SumUpWhatHasNoRoom) {
  const std::vector<std::string> lines = fleet_lines(three(), 120, 3, Color::off);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[0].starts_with("payments")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("2 more accounts")) << lines[1];
  EXPECT_NE(lines[1].find("20/60"), std::string::npos) << lines[1];
  EXPECT_NE(lines[2].find("about 2m05s left, wave 2 of 3 (10%)"), std::string::npos) << lines[2];
  EXPECT_EQ(fleet_lines(three(), 120, 1, Color::off).size(), 1U);
}

TEST(FleetLines, OfAThousandAccountsAreFew) {
  FleetProgress progress;
  for (int i = 0; i < 1000; ++i) progress.parts.push_back(part("account" + std::to_string(i), 100, 0, i == 700, 0));
  progress.all = part("run", 100'000, 0, 1, 0);
  const std::vector<std::string> lines = fleet_lines(progress, 199, 30, Color::off);
  EXPECT_LE(lines.size(), 13U);
  EXPECT_TRUE(lines.front().starts_with("account700 ")) << lines.front();
  EXPECT_NE(lines[lines.size() - 2].find("0/98900"), std::string::npos) << lines[lines.size() - 2];
}

TEST(FleetLines, FitAnyTerminal) {
  for (const Color color : {Color::off, Color::on}) {
    for (std::size_t columns = 1; columns < 220; ++columns) {
      FleetProgress progress = three();
      progress.parts[0].label = "an account \x1b[31m with a long and hostile name \u4f60\u597d that never ends";
      for (const std::string& line : fleet_lines(progress, columns, 12, color)) {
        std::string plain;
        for (std::size_t at = 0; at < line.size(); ++at) {
          if (line[at] != '\x1b') {
            plain += line[at];
            continue;
          }
          EXPECT_EQ(color, Color::on);
          at = line.find('m', at);
        }
        EXPECT_LE(display_width(plain), columns) << plain;
      }
    }
  }
}

TEST(FleetLines, OfOneAccountAreOne) {
  FleetProgress progress = three();
  progress.parts.resize(1);
  EXPECT_EQ(fleet_lines(progress, 79, 12, Color::off).size(), 1U);
}

TEST(FleetPrinter, GoesBackToItsFirstLine) {
  Glass glass(true);
  FleetPrinter printer(glass, Color::off);
  printer.draw(three(), MonoTime(1s));
  EXPECT_EQ(glass.take() + "\n", text_of(fleet_lines(three(), 79, 12, Color::off)));
  FleetProgress later = three();
  later.all.elapsed = 90s;
  printer.draw(later, MonoTime(1050ms));
  EXPECT_EQ(glass.take(), "");
  printer.draw(later, MonoTime(1100ms));
  EXPECT_TRUE(glass.take().starts_with("\r\x1b[3A\x1b[J"));
  printer.note("FAILED web-03");
  const std::string noted = glass.take();
  EXPECT_TRUE(noted.starts_with("\r\x1b[3A\x1b[JFAILED web-03\npayments")) << noted;
  printer.clear();
  EXPECT_EQ(glass.take(), "\r\x1b[3A\x1b[J");
  printer.clear();
  EXPECT_EQ(glass.take(), "");
}

TEST(FleetPrinter, FindsItsFirstLineOnATerminalThatBecameNarrow) {
  Glass glass(true);
  FleetPrinter printer(glass, Color::off);
  printer.draw(three(), MonoTime(1s));
  glass.take();
  glass.now = os::TtySize(40, 24);
  printer.draw(three(), MonoTime(2s));
  EXPECT_TRUE(glass.take().starts_with("\r\x1b[7A\x1b[J"));  // four lines of 60 to 79 columns take two rows each
}

TEST(FleetPrinter, DrawsNothingOffATty) {
  Glass glass(false);
  FleetPrinter printer(glass, Color::off);
  printer.draw(three(), MonoTime(1s));
  printer.note("a note");
  printer.clear();
  EXPECT_EQ(glass.take(), "a note\n");
}

TEST(TimeLeft, SaysNothingWithoutABasis) {
  TimeLeft time({1, 10, 100}, {});
  EXPECT_FALSE(time.left(MonoTime(100s)));
  time.started(0, MonoTime(0s));
  time.ended(0, MonoTime(30s));
  EXPECT_FALSE(time.left(MonoTime(31s)));
}

TEST(TimeLeft, OfOneWaveFollowsItsRate) {
  TimeLeft time({100}, {});
  time.started(0, MonoTime(0s));
  for (int i = 0; i < 50; ++i) time.ended(0, MonoTime(std::chrono::seconds(i)));
  ASSERT_TRUE(time.left(MonoTime(50s)));
  EXPECT_EQ(std::chrono::round<std::chrono::seconds>(*time.left(MonoTime(50s))), 50s);
  for (int i = 50; i < 100; ++i) time.ended(0, MonoTime(std::chrono::seconds(i)));
  EXPECT_FALSE(time.left(MonoTime(100s)));
}

TEST(TimeLeft, AWaveTakesAtLeastWhatTheShortestTook) {
  TimeLeft time({2, 10, 8}, {});
  time.started(0, MonoTime(0s));
  for (int i = 0; i < 2; ++i) time.ended(0, MonoTime(30s));
  time.started(1, MonoTime(30s));
  for (int i = 0; i < 10; ++i) time.ended(1, MonoTime(60s));
  ASSERT_TRUE(time.left(MonoTime(60s)));
  EXPECT_EQ(std::chrono::round<std::chrono::seconds>(*time.left(MonoTime(60s))), 30s);
  time.started(2, MonoTime(60s));
  EXPECT_EQ(std::chrono::round<std::chrono::seconds>(*time.left(MonoTime(80s))), 24s);  // 8 at a third a second
}

TEST(TimeLeft, TargetsThatEndedInAnEarlierProcessAreNoRate) {
  TimeLeft time({100}, {90});
  time.started(0, MonoTime(0s));
  for (int i = 0; i < 5; ++i) time.ended(0, MonoTime(10s));
  ASSERT_TRUE(time.left(MonoTime(10s)));
  EXPECT_EQ(std::chrono::round<std::chrono::seconds>(*time.left(MonoTime(10s))), 10s);
}

}  // namespace fleet_progress_test
}  // namespace postern::term
