#include "world/terminal.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "os/errno_error.hpp"

namespace postern::world {

class Terminal::Raw final : public os::RawMode {
 public:
  explicit Raw(Terminal& terminal) : terminal_(terminal) {
    ++terminal_.raw_depth_;
    terminal_.trace_.append("tty", "raw mode");
  }
  ~Raw() override {
    --terminal_.raw_depth_;
    terminal_.trace_.append("tty", "mode restored");
  }

 private:
  Terminal& terminal_;
};

void Terminal::clear() {
  output_.clear();
  errors_.clear();
  screen_.clear();
}

void Terminal::attach(os::StdStream stream, Attached to) {
  if (stream == os::StdStream::in) in_ = to;
  if (stream == os::StdStream::out) out_ = to;
  if (stream == os::StdStream::err) err_ = to;
}

void Terminal::resize(os::TtySize size) {
  size_ = size;
  raise(os::Signal::window_change);
}

void Terminal::break_pipe(os::StdStream stream) {
  (stream == os::StdStream::out ? out_broken_ : err_broken_) = true;
}

void Terminal::type(std::string_view text) {
  input_ += text;
  reader_.wake();
}

void Terminal::end_input() {
  input_ended_ = true;
  reader_.wake();
}

void Terminal::raise(os::Signal signal) {
  signals_.push_back(signal);
  signal_waiter_.wake();
}

Result<void> Terminal::write(os::StdStream stream, std::string_view text) {
  const bool to_out = stream == os::StdStream::out;
  const std::size_t kept = to_out ? output_.size() : errors_.size();
  if ((to_out ? out_broken_ : err_broken_) || kept + text.size() > kKeptMax) {
    return fail(os::errno_error(EPIPE, to_out ? "write to standard output" : "write to standard error"));
  }
  trace_.append(to_out ? "stdout" : "stderr", text);
  (to_out ? output_ : errors_) += text;
  screen_ += text;
  return {};
}

bool Terminal::is_tty(os::StdStream stream) const {
  const Attached attached = stream == os::StdStream::in ? in_ : stream == os::StdStream::out ? out_ : err_;
  return attached == Attached::tty;
}

std::optional<os::TtySize> Terminal::size() const {
  if (in_ == Attached::pipe && out_ == Attached::pipe && err_ == Attached::pipe) return std::nullopt;
  return size_;
}

Result<std::unique_ptr<os::RawMode>> Terminal::enter_raw_mode() {
  if (in_ != Attached::tty) return fail(ErrorKind::unsupported, "standard input is not a terminal");
  return std::make_unique<Raw>(*this);
}

Result<std::unique_ptr<os::RawMode>> Terminal::hide_input() {
  return enter_raw_mode();
}

rt::Task<Result<std::size_t>> Terminal::read_input(std::span<std::byte> into) {
  while (input_.empty() && !input_ended_) {
    const PendingTable::Entry entry(pending_, "a read of standard input");
    const rt::Wake how = co_await reader_.wait();
    if (how == rt::Wake::cancelled) co_return fail(ErrorKind::cancelled, "cancelled while reading input");
  }
  const std::size_t n = std::min(into.size(), input_.size());
  if (n > 0) std::memcpy(into.data(), input_.data(), n);
  input_.erase(0, n);
  co_return n;
}

rt::Task<Result<os::Signal>> Terminal::next() {
  while (signals_.empty()) {
    const PendingTable::Entry entry(pending_, "a wait for a signal");
    const rt::Wake how = co_await signal_waiter_.wait();
    if (how == rt::Wake::cancelled) co_return fail(ErrorKind::cancelled, "cancelled while waiting for a signal");
  }
  const os::Signal signal = signals_.front();
  signals_.pop_front();
  co_return signal;
}

}  // namespace postern::world
