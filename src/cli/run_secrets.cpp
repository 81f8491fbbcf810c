#include "cli/run_secrets.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "fleet/secret_ref.hpp"
#include "flow/script_quote.hpp"

namespace postern::cli {
namespace run_secrets {

constexpr std::size_t kFileMax = 64U << 10U;
constexpr std::size_t kParameterNameMax = 1011;

bool is_parameter_name(std::string_view text) {
  return !text.empty() && text.size() <= kParameterNameMax && std::all_of(text.begin(), text.end(), [](char c) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return alnum || std::string_view("_-./:").find(c) != std::string_view::npos;
  });
}

Result<SecretOption> parse(std::string_view text) {
  const std::size_t equals = text.find('=');
  SecretOption option;
  option.name = std::string(text.substr(0, equals));
  if (equals == std::string_view::npos || option.name.empty()) {
    // What was typed may be the secret itself.
    return fail(ErrorKind::usage, "--secret is NAME=env:VARIABLE, NAME=file:PATH or NAME=ssm:PARAMETER");
  }
  const std::string_view source = text.substr(equals + 1);
  if (source.starts_with("ssm:")) {
    option.parameter = std::string(source.substr(4));
    if (is_parameter_name(option.parameter)) return option;
    return fail(ErrorKind::usage, "--secret " + printable(option.name, 60) + ": no name of a parameter follows ssm:");
  }
  if (source.starts_with("env:") || source.starts_with("file:")) {
    TRY(const fleet::SecretRef reference, fleet::SecretRef::parse(source));
    option.source = reference.to_text();
    return option;
  }
  return fail(ErrorKind::usage, "--secret " + printable(option.name, 60) +
                                    ": say where the value is, with env:VARIABLE, file:PATH or ssm:PARAMETER; the "
                                    "value itself is not taken");
}

std::string name_in(const std::string& text) {
  return text.substr(0, text.find('='));
}

Result<Secret<std::string>> read(const Command& command, const flow::SecretUse& use) {
  TRY(const fleet::SecretRef reference, fleet::SecretRef::parse(use.source));
  if (reference.kind == fleet::SecretRef::Kind::env) {
    std::optional<std::string> value = command.host().environment->get(reference.text);
    if (!value) {
      return fail(ErrorKind::usage, "the secret " + printable(use.name, 60) + ": the environment variable " +
                                        printable(reference.text, 100) + " is not set");
    }
    return Secret<std::string>(std::move(*value));
  }
  Result<std::string> content = command.host().files->read(reference.text, kFileMax);
  if (!content) {
    return fail(Error(ErrorKind::usage,
                      "the secret " + printable(use.name, 60) + ": cannot read " + printable(reference.text, 200))
                    .caused_by(std::move(content).error()));
  }
  while (content->ends_with('\n') || content->ends_with('\r')) content->pop_back();
  return Secret<std::string>(std::move(*content));
}

/// What no variable and no parameter can carry; the value itself is never said.
Result<void> check(const flow::CommandSpec& spec, const flow::SecretUse& use, const std::string& value) {
  const std::string who = "the secret " + printable(use.name, 60);
  if (value.find('\0') != std::string::npos) return fail(ErrorKind::usage, who + " has a NUL byte");
  if (spec.is_script()) return Result<void>();
  if (!is_utf8(value)) return fail(ErrorKind::usage, who + " is not valid UTF-8");
  if (flow::may_be_interpolated(value)) {
    return fail(ErrorKind::usage, who + " has {{ in it, for which Systems Manager would put something else");
  }
  return Result<void>();
}

}  // namespace run_secrets

Result<std::vector<SecretOption>> chosen_secrets(const Command& command) {
  const Invocation& invocation = command.invocation();
  std::vector<SecretOption> options;
  std::set<std::string> names;
  for (const std::string& variable : invocation.values("--env")) names.insert(run_secrets::name_in(variable));
  for (const std::string& text : invocation.values("--secret")) {
    TRY(SecretOption option, run_secrets::parse(text));
    if (!names.insert(option.name).second) {
      return fail(ErrorKind::usage, "--secret " + printable(option.name, 60) + ": the name is given twice");
    }
    options.push_back(std::move(option));
  }
  return options;
}

void mark_secrets(flow::CommandSpec& spec, const std::vector<SecretOption>& options, std::string salt) {
  if (options.empty()) return;
  spec.secret_salt = std::move(salt);
  for (const SecretOption& option : options) {
    if (!option.parameter.empty()) {
      flow::replace_secret_lines(spec, option.name, flow::read_parameter_for_sh(option.name, option.parameter),
                                 flow::read_parameter_for_powershell(option.name, option.parameter));
      continue;
    }
    flow::SecretUse use;
    use.name = option.name;
    use.source = option.source;
    spec.secrets.push_back(std::move(use));
  }
}

Result<void> refuse_literals(const Invocation& invocation) {
  const std::vector<std::string> declared = invocation.values("--sensitive");
  const std::vector<std::string> harmless = invocation.values("--not-secret");
  const auto has = [](const std::vector<std::string>& all, const std::string& name) {
    return std::find(all.begin(), all.end(), name) != all.end();
  };
  for (const char* option : {"--env", "--parameter", "--parameter-windows"}) {
    for (const std::string& text : invocation.values(option)) {
      const std::string name = run_secrets::name_in(text);
      const bool meant = has(declared, name) || (flow::sounds_secret(name) && !has(harmless, name));
      const bool reference = text.substr(std::min(text.size(), name.size() + 1)).starts_with("{{");
      if (!meant || (reference && invocation.has("--allow-references"))) continue;
      return fail(ErrorKind::usage,
                  std::string(option) + " " + printable(name, 60) +
                      ": this looks like a secret, and what is typed here is kept in the ledger. Give a reference: "
                      "--secret " +
                      printable(name, 60) +
                      "=env:VARIABLE (or file:PATH, ssm:PARAMETER); if it is none: --not-secret " +
                      printable(name, 60));
    }
  }
  return Result<void>();
}

Result<flow::SecretValues> first_values(const Command& command, flow::CommandSpec& spec) {
  flow::SecretValues values;
  std::vector<std::string> names;
  for (flow::SecretUse& use : spec.secrets) {
    TRY(Secret<std::string> value, run_secrets::read(command, use));
    TRY_VOID(run_secrets::check(spec, use, value.reveal()));
    use.digest = flow::secret_digest(spec.secret_salt, value.reveal());
    names.push_back(use.name);
    values.add(use.name, std::move(value));
  }
  TRY(const flow::CommandSpec filled, values.fill(spec));
  if (!names.empty()) {
    command.err("warning: the value of " + printable(join(names, ", "), 200) +
                " is sent with the command, and Systems Manager keeps commands in clear for 30 days for everybody who "
                "may list them" +
                (spec.is_script() ? "; with --secret NAME=ssm:PARAMETER the node reads it itself\n" : "\n"));
  }
  return values;
}

Result<flow::SecretValues> values_again(const Command& command, const flow::CommandSpec& spec, StillToSend still) {
  flow::SecretValues values;
  for (const flow::SecretUse& use : spec.secrets) {
    Result<Secret<std::string>> value = run_secrets::read(command, use);
    const bool same = value && flow::secret_digest(spec.secret_salt, value->reveal()) == use.digest;
    if (same || (value && command.invocation().has("--changed-secrets"))) {
      values.add(use.name, std::move(*value));
      continue;
    }
    if (still == StillToSend::no) {
      values.hide_outputs();
      command.err("warning: the secret " + printable(use.name, 60) +
                  " of this run is not at hand: outputs that may hold it "
                  "are left out\n");
      continue;
    }
    if (!value) return fail(std::move(value).error());
    return fail(Error(ErrorKind::refused,
                      "the secret " + printable(use.name, 60) + " (" + printable(use.source, 200) +
                          ") is not what it was when the run began: some targets have the old one. --changed-secrets "
                          "goes on with the new one")
                    .with("rail", "secret"));
  }
  return values;
}

}  // namespace postern::cli
