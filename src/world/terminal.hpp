#pragma once

/// The World's terminal: what was written, what will be typed, which signals arrive.

#include <deque>
#include <optional>
#include <string>

#include "os/console.hpp"
#include "os/signals.hpp"
#include "rt/waiter.hpp"
#include "world/pending.hpp"
#include "world/trace.hpp"

namespace postern::world {

enum class Attached : std::uint8_t { pipe, tty };

class Terminal final : public os::Console, public os::Signals {
 public:
  /// A program that writes more than this to one stream has gone wrong: writing fails.
  static constexpr std::size_t kKeptMax = std::size_t{64} << 20U;

  Terminal(Trace& trace, PendingTable& pending) : trace_(trace), pending_(pending) {}

  // What a test sets and sees.
  const std::string& output() const noexcept { return output_; }
  const std::string& errors() const noexcept { return errors_; }
  /// Both in the order in which they were written, as a person sees them.
  const std::string& screen() const noexcept { return screen_; }
  void clear();
  /// All three streams; pipes at first.
  void attach(Attached to) { in_ = out_ = err_ = to; }
  void attach(os::StdStream stream, Attached to);
  /// 80 x 24 at first. Sends window_change.
  void resize(os::TtySize size);
  /// The reader of out or err goes away: writes fail from now on.
  void break_pipe(os::StdStream stream);
  /// Bytes that arrive at the input, now.
  void type(std::string_view text);
  void end_input();
  void raise(os::Signal signal);
  /// In raw mode, or with its input hidden.
  bool is_raw() const noexcept { return raw_depth_ > 0; }

  Result<void> write(os::StdStream stream, std::string_view text) override;
  bool is_tty(os::StdStream stream) const override;
  std::optional<os::TtySize> size() const override;
  Result<std::unique_ptr<os::RawMode>> enter_raw_mode() override;
  Result<std::unique_ptr<os::RawMode>> hide_input() override;
  rt::Task<Result<std::size_t>> read_input(std::span<std::byte> into) override;
  rt::Task<Result<os::Signal>> next() override;

 private:
  class Raw;

  Trace& trace_;
  PendingTable& pending_;
  std::string output_;
  std::string errors_;
  std::string screen_;
  std::string input_;
  bool input_ended_ = false;
  bool out_broken_ = false;
  bool err_broken_ = false;
  Attached in_ = Attached::pipe;
  Attached out_ = Attached::pipe;
  Attached err_ = Attached::pipe;
  os::TtySize size_{80, 24};
  int raw_depth_ = 0;
  std::deque<os::Signal> signals_;
  rt::Waiter reader_;
  rt::Waiter signal_waiter_;
};

}  // namespace postern::world
