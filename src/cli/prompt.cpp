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

}  // namespace postern::cli
