#include "cli/script.hpp"

#include <array>

#include "base/text.hpp"
#include "cli/run_secrets.hpp"

namespace postern::cli {
namespace script_input {

/// More than can be sent, so that the refusal can tell the size.
constexpr std::size_t kScriptReadMax = 1U << 20U;
constexpr std::size_t kShownMax = 160;

/// All of standard input, which may come slowly.
rt::Task<Result<std::string>> read_stdin(const Command& command) {
  std::string text;
  std::array<std::byte, 4096> chunk{};
  for (;;) {
    CO_TRY(const std::size_t n, co_await command.host().console->read_input(chunk));
    if (n == 0) co_return text;
    text.append(reinterpret_cast<const char*>(chunk.data()), n);
    if (text.size() > kScriptReadMax) co_return fail(ErrorKind::malformed, "longer than 1 MiB");
  }
}

rt::Task<Result<std::string>> read_script(const Command& command, std::string path) {
  Result<std::string> text = std::string();
  if (path == "-") {
    text = co_await read_stdin(command);
    if (!text && text.error().kind() == ErrorKind::cancelled) co_return text;
  } else {
    text = command.host().files->read(path, kScriptReadMax);
  }
  if (!text) {
    co_return fail(Error(ErrorKind::usage, "cannot read the script " + path).caused_by(std::move(text).error()));
  }
  if (text->empty()) co_return fail(ErrorKind::usage, "the script " + path + " is empty");
  co_return text;
}

}  // namespace script_input

rt::Task<Result<flow::CommandSpec>> chosen_script(const Command& command) {
  const Invocation& invocation = command.invocation();
  flow::Script script;
  if (invocation.has("--no-strict")) script.strictness = flow::Strictness::lax;
  const std::vector<std::string> variables = invocation.values("--env");
  CO_TRY(script.environment, flow::parse_env_variables(variables));
  CO_TRY(const std::vector<SecretOption> secrets, chosen_secrets(command));
  const std::string salt = flow::make_secret_salt(command.ctx());
  for (const SecretOption& secret : secrets) {
    CO_TRY(flow::EnvVariable variable,
           flow::parse_env_variable(secret.name + "=" + flow::secret_mark(salt, secret.name)));
    script.environment.push_back(std::move(variable));
  }
  const auto path = invocation.value("--script");
  if (path && !invocation.words.empty())
    co_return fail(ErrorKind::usage, "give a command after --, or --script, not both");
  if (path) {
    CO_TRY(script.text, co_await script_input::read_script(command, *path));
  } else if (invocation.words.empty()) {
    co_return fail(ErrorKind::usage, "no command: put it after --, as in: postern run -s @dr -- uptime");
  }
  script.words = invocation.words;
  CO_TRY(flow::CommandSpec spec, flow::encode_script(script));
  mark_secrets(spec, secrets, salt);
  co_return spec;
}

std::string describe_script(const Invocation& invocation) {
  std::string out;
  if (const auto path = invocation.value("--script")) {
    out = *path == "-" ? "the script on standard input" : "the script " + *path;
  } else if (invocation.words.size() == 1) {
    out = invocation.words.front();
  } else {
    for (const std::string& word : invocation.words)
      out.append(out.empty() ? "" : " ").append(flow::quote_for_sh(word));
  }
  out = printable(out, script_input::kShownMax);
  std::vector<std::string> names;
  for (const char* option : {"--env", "--secret"}) {
    for (const std::string& variable : invocation.values(option))
      names.push_back(variable.substr(0, variable.find('=')));
  }
  if (!names.empty()) out += "  (with " + printable(join(names, ", "), script_input::kShownMax) + ")";
  return out;
}

}  // namespace postern::cli
