#include "term/progress.hpp"

#include <gtest/gtest.h>

#include "term/width.hpp"

namespace postern::term {
namespace {

using namespace std::chrono_literals;

class Screen final : public os::Console {
 public:
  explicit Screen(bool tty) : tty_(tty) {}
  Result<void> write(os::StdStream stream, std::string_view text) override {
    (stream == os::StdStream::err ? errors : output) += text;
    return Result<void>();
  }
  bool is_tty(os::StdStream) const override { return tty_; }
  std::optional<os::TtySize> size() const override { return os::TtySize(70, 24); }
  Result<std::unique_ptr<os::RawMode>> enter_raw_mode() override { return fail(ErrorKind::unsupported, "no terminal"); }
  Result<std::unique_ptr<os::RawMode>> hide_input() override { return enter_raw_mode(); }
  rt::Task<Result<std::size_t>> read_input(std::span<std::byte>) override { co_return std::size_t{0}; }
  std::string output;
  std::string errors;

 private:
  bool tty_;
};

Progress half_done() {
  Progress progress;
  progress.label = "run";
  progress.total = 50;
  progress.succeeded = 22;
  progress.failed = 2;
  progress.unknown = 1;
  progress.running = 4;
  progress.elapsed = 80s;
  return progress;
}

TEST(ProgressLine, ShowsABarAndTheCountsThatMatter) {
  EXPECT_EQ(progress_line(half_done(), 80), "run [==========>         ] 25/50, 2 failed, 1 unknown, 4 running, 1m20s");
  EXPECT_EQ(progress_line(half_done(), 50), "run 25/50, 2 failed, 1 unknown, 4 running, 1m20s");
  Progress unknown_total;
  unknown_total.label = "discover";
  unknown_total.succeeded = 3;
  EXPECT_EQ(progress_line(unknown_total, 80), "discover 3");
}

TEST(ProgressLine, FitsAnyWidth) {
  for (std::size_t columns = 0; columns < 90; ++columns) {
    EXPECT_LE(display_width(progress_line(half_done(), columns)), columns);
  }
  Progress overdone = half_done();
  overdone.total = 3;
  EXPECT_NE(progress_line(overdone, 80).find("[====================]"), std::string::npos);
}

TEST(ProgressPrinter, DrawsNothingWhenNotOnATty) {
  Screen screen(false);
  {
    ProgressPrinter printer(screen, Color::off);
    printer.draw(half_done(), MonoTime(1s));
    printer.note("a note");
  }
  EXPECT_EQ(screen.errors, "a note\n");
  EXPECT_EQ(screen.output, "");
}

TEST(ProgressPrinter, RedrawsAtMostTenTimesASecondAndClears) {
  Screen screen(true);
  {
    ProgressPrinter printer(screen, Color::off);
    Progress progress;
    progress.total = 100;
    printer.draw(progress, MonoTime(1s));
    const std::string first = screen.errors;
    EXPECT_TRUE(first.starts_with("\r\x1b[K["));
    progress.succeeded = 50;
    printer.draw(progress, MonoTime(1050ms));
    EXPECT_EQ(screen.errors, first);
    printer.draw(progress, MonoTime(1100ms));
    EXPECT_NE(screen.errors, first);
    progress.succeeded = 100;
    printer.draw(progress, MonoTime(1101ms));
    EXPECT_NE(screen.errors.find("100/100"), std::string::npos);
    screen.errors.clear();
    printer.note("above");
    EXPECT_EQ(screen.errors, "\r\x1b[Kabove\n[====================] 100/100");
    screen.errors.clear();
  }
  EXPECT_EQ(screen.errors, "\r\x1b[K");
}

}  // namespace
}  // namespace postern::term
