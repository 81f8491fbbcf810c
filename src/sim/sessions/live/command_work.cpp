// Commands without a terminal (protocol.md B1.7).

#include <algorithm>

#include "sim/sessions/live/session_work.hpp"

namespace postern::sim::live {
namespace command_work {

constexpr std::size_t kChunk = 32U << 10U;
constexpr std::size_t kMergedMax = 16U << 20U;
constexpr int kSignalBase = 128;
constexpr char kInterrupt = 0x03;
constexpr char kQuit = 0x1C;

class CommandWork final : public SessionWork {
 public:
  explicit CommandWork(WorkParts parts) : parts_(std::move(parts)) {}

  rt::Task<WorkEnd> run() override {
    WorkEnd end;
    const Result<void> started = start();
    if (!started) {
      std::string why = started.error().message() + "\n";
      const Result<void> told = co_await parts_.voice->errors(std::move(why));
      end.failed = !told;
      co_return end;
    }
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    group.spawn(pass_on(errors_of));
    group.spawn(pass_on(output_of));
    co_await group.join();
    const Result<os::ChildEnd> ended = co_await child_->wait();
    if (ended && parts_.plan->command.separate) {
      parts_.voice->exit_code(ended->signal != 0 ? kSignalBase + ended->signal : ended->exit_code);
    }
    if (ended && !parts_.plan->command.separate && !merged_.empty()) {
      const Result<void> told = co_await parts_.voice->output(std::move(merged_));
      end.failed = !told;
    }
    co_return end;
  }

  rt::Task<Result<void>> input(std::string bytes) override {
    if (child_ == nullptr) co_return Result<void>();
    if (bytes.find(kInterrupt) != std::string::npos) child_->send(os::ChildSignal::interrupt);
    if (bytes.find(kQuit) != std::string::npos) child_->send(os::ChildSignal::quit);
    co_return Result<void>();
  }

 private:
  /// One of the two streams.
  struct Stream {
    rt::Task<Result<std::size_t>> (os::Child::*read)(std::span<std::byte>);
    rt::Task<Result<void>> (SessionVoice::*say)(std::string);
    std::string SessionCommand::* prefix;
  };
  static constexpr Stream output_of{&os::Child::read_output, &SessionVoice::output, &SessionCommand::output_prefix};
  static constexpr Stream errors_of{&os::Child::read_errors, &SessionVoice::errors, &SessionCommand::errors_prefix};

  Result<void> start() {
    os::ChildSpec spec;
    TRY(spec.argv, split_words(parts_.plan->command.text));
    if (spec.argv.empty()) return fail(ErrorKind::usage, "the command is empty");
    spec.environment = parts_.node.environment;
    spec.working_dir = parts_.node.home;
    TRY(child_, parts_.children->start(spec));
    return {};
  }

  rt::Task<void> pass_on(Stream stream) {
    std::vector<std::byte> chunk(kChunk);
    bool first = true;
    for (;;) {
      const Result<std::size_t> count = co_await ((*child_).*stream.read)(chunk);
      if (!count || *count == 0) co_return;
      std::string text(reinterpret_cast<const char*>(chunk.data()), *count);
      if (!parts_.plan->command.separate) {
        merged_.append(text, 0, kMergedMax - std::min(kMergedMax, merged_.size()));
        continue;
      }
      if (first) text.insert(0, parts_.plan->command.*stream.prefix);
      first = false;
      const Result<void> told = co_await ((*parts_.voice).*stream.say)(std::move(text));
      if (!told) co_return;
    }
  }

  WorkParts parts_;
  std::unique_ptr<os::Child> child_;
  std::string merged_;
};

}  // namespace command_work

Result<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;  // a word has begun, if only by a quote
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool last = i + 1 == text.size();
    if (quote == '\'') {
      if (c == '\'') quote = '\0';
      if (c != '\'') word += c;
    } else if (c == '\\' && !last) {
      const char next = text[++i];
      // In double quotes a backslash is itself unless it protects something.
      if (quote == '"' && next != '"' && next != '\\' && next != '$' && next != '`') word += c;
      word += next;
      open = true;
    } else if (quote == '"') {
      if (c == '"') quote = '\0';
      if (c != '"') word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      open = true;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      if (open) words.push_back(std::move(word));
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (quote != '\0') return fail(ErrorKind::usage, "the command has a quote that is not closed");
  if (open) words.push_back(std::move(word));
  return words;
}

std::unique_ptr<SessionWork> make_command_work(WorkParts parts) {
  return std::make_unique<command_work::CommandWork>(std::move(parts));
}

}  // namespace postern::sim::live
