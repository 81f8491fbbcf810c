#pragma once

/// The one table of commands and options. Parsing, help, man page, shell completion and docs/guide/commands.md are all
/// made from it.

#include <cstdint>
#include <span>
#include <string_view>

namespace postern::cli {

enum class Arity : std::uint8_t { flag, one, many };

struct OptionSpec {
  std::string_view name;    ///< "--region"
  std::string_view letter;  ///< "-r" or empty
  Arity arity = Arity::flag;
  std::string_view value;    ///< "REGION"; empty for flags
  std::string_view help;     ///< one sentence, no full stop
  std::string_view choices;  ///< "table|json|...": allowed values, empty for any
};

enum class Positionals : std::uint8_t { none, command_words, names };

/// Which program runs a command: looked up by commands.cpp.
enum class Verb : std::uint8_t {
  demo,
  init,
  accounts_list,
  accounts_check,
  accounts_add,
  accounts_remove,
  accounts_rotate,
  targets,
  run,
  runs_list,
  runs_show,
  runs_output,
  runs_export,
  runs_resume,
  runs_cancel,
  runs_import,
  runs_prune,
  ledger_verify,
  hold,
  release,
  audit_who,
  audit_trail,
  audit_sessions,
  render_roles,
  render_alarms,
  deploy_alarms,
  render_documents,
  deploy_documents,
  render_trail,
  render_endpoints,
  deploy_endpoints,
  check_endpoints,
  render_guardrails,
  check_tags,
  deploy_roles,
  deploy_diff,
  deploy_delete,
  dr_coverage,
  dr_status,
  dr_report_deployment,
  dr_rollout,
  permissions,
  why,
  dr_jobs,
  dr_drill,
  dr_recover,
  dr_cleanup,
  doctor,
  dr_init,
  dr_prepare,
  dr_config_show,
  dr_config_diff,
  dr_config_apply,
  shell,
  exec,
  cp,
  forward,
  ssh_proxy,
  ssh_config,
  plugin,
  sim_serve,
  sim_init
};

struct CommandSpec {
  std::string_view path;  ///< "accounts check"
  Verb verb;
  std::string_view synopsis;     ///< what follows the path in the usage line
  std::string_view summary;      ///< one line for the list of commands
  std::string_view description;  ///< paragraphs
  std::span<const OptionSpec> options;
  Positionals positionals = Positionals::none;
  std::span<const std::string_view> examples;
};

std::span<const CommandSpec> commands();
/// Options that every command takes.
std::span<const OptionSpec> global_options();

struct ExitCodeSpec {
  int code;
  std::string_view meaning;
};
std::span<const ExitCodeSpec> exit_codes();

/// Words that stand for a group of commands ("accounts") with the command they mean when they stand alone.
struct GroupSpec {
  std::string_view word;
  std::string_view default_path;
};
std::span<const GroupSpec> groups();

}  // namespace postern::cli
