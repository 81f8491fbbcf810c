// Shells and commands on a terminal of their own (protocol.md B1.6, B1.7).

#include <array>

#include "sim/sessions/live/session_work.hpp"

namespace postern::sim::live {
namespace terminal_work {

constexpr std::size_t kChunk = 32U << 10U;

/// How many bytes at the end of `text` begin a character whose rest has not come.
std::size_t unfinished(std::string_view text) {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto byte = static_cast<std::uint8_t>(text[text.size() - back]);
    if (byte < 0x80) return 0;
    if (byte < 0xC0) continue;
    const std::size_t whole = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    return whole > back ? back : 0;
  }
  return 0;
}

class TerminalWork final : public SessionWork {
 public:
  explicit TerminalWork(WorkParts parts) : parts_(std::move(parts)) {}

  rt::Task<WorkEnd> run() override {
    WorkEnd end;
    os::ChildSpec spec;
    const SessionPlan& plan = *parts_.plan;
    const bool command = plan.type == session::SessionType::interactive_command;
    spec.argv.push_back(parts_.shell);
    spec.argv.emplace_back(command ? "-c" : "-i");
    if (command) spec.argv.push_back(plan.command.text);
    spec.environment = parts_.node.environment;
    spec.environment.emplace_back("TERM", "xterm-256color");
    // As the agent's own user has it, whoever serves this cloud.
    spec.environment.emplace_back("PS1", "$ ");
    spec.working_dir = parts_.node.home;
    spec.terminal = size_;
    Result<std::unique_ptr<os::Child>> child = parts_.children->start(spec);
    if (!child) {
      end.failed = true;
      end.text = "Unable to start " + std::string(command ? "command" : "shell") + ": " + child.error().message();
      co_return end;
    }
    child_ = std::move(*child);
    if (!command && !plan.preferences.shell_profile.empty()) {
      std::string profile = plan.preferences.shell_profile + "\n";
      const Result<void> typed = co_await input(std::move(profile));
      static_cast<void>(typed);
    }
    const Result<void> shown = co_await show();
    end.failed = !shown;
    co_return end;
  }

  rt::Task<Result<void>> input(std::string bytes) override {
    if (child_ == nullptr) co_return Result<void>();
    co_return co_await child_->write(net::as_bytes(bytes));
  }

  void resize(session::TerminalSize size) override {
    size_ = os::TtySize(size.columns, size.rows);
    if (child_ != nullptr) child_->resize(size_);
  }

 private:
  rt::Task<Result<void>> show() {
    std::vector<std::byte> chunk(kChunk);
    std::string held;  // the beginning of a character
    for (;;) {
      CO_TRY(const std::size_t count, co_await child_->read_output(chunk));
      std::string text = std::move(held);
      text.append(reinterpret_cast<const char*>(chunk.data()), count);
      held.clear();
      if (count > 0) {
        const std::size_t keep = unfinished(text);
        held = text.substr(text.size() - keep);
        text.resize(text.size() - keep);
      }
      if (!text.empty()) CO_TRY_VOID(co_await parts_.voice->output(std::move(text)));
      if (count == 0) co_return Result<void>();
    }
  }

  WorkParts parts_;
  os::TtySize size_{80, 24};
  std::unique_ptr<os::Child> child_;
};

}  // namespace terminal_work

std::unique_ptr<SessionWork> make_terminal_work(WorkParts parts) {
  return std::make_unique<terminal_work::TerminalWork>(std::move(parts));
}

}  // namespace postern::sim::live
