#include "cli/prompt.hpp"

#include <array>

#include "base/text.hpp"

namespace postern::cli {

bool can_ask(const Command& command) {
  const os::Console& console = *command.host().console;
  return console.is_tty(os::StdStream::in) && console.is_tty(os::StdStream::err);
}

rt::Task<Result<std::string>> ask_word(const Command& command, std::string question) {
  command.err(question + " ");
  std::array<std::byte, 512> buffer{};
  const Result<std::size_t> got = co_await command.host().console->read_input(buffer);
  if (!got) co_return fail(got.error());
  const std::string_view answer(reinterpret_cast<const char*>(buffer.data()), *got);
  co_return std::string(trim(answer));
}

rt::Task<Result<bool>> ask_yes(const Command& command, std::string question) {
  CO_TRY(const std::string answer, co_await ask_word(command, question + " [y/N]"));
  const std::string word = to_lower(answer);
  co_return word == "y" || word == "yes";
}

rt::Task<Result<void>> agree(const Command& command, std::string question, std::string done) {
  if (command.invocation().has("--yes")) co_return Result<void>();
  if (!can_ask(command)) {
    co_return fail(ErrorKind::usage, "there is no terminal to ask on: --yes goes ahead, --dry-run only shows it");
  }
  CO_TRY(const bool yes, co_await ask_yes(command, std::move(question)));
  if (yes) co_return Result<void>();
  co_return fail(Error(ErrorKind::refused, "not confirmed: nothing was " + done).with("rail", "confirm"));
}

}  // namespace postern::cli
