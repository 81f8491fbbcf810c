// ssh-config

#include <map>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/session_target.hpp"
#include "flow/script_quote.hpp"

namespace postern::cli {
namespace ssh_config {

/// Ids that ssh hands to us, and nothing that it would look up itself.
constexpr std::string_view kPatterns = "i-* mi-*";

/// What ssh's configuration takes for one word of Host: no blanks, patterns or quotes.
bool is_alias(std::string_view text) {
  return !text.empty() && text.find_first_of(" \t\"'*?!#,%\\") == std::string_view::npos && is_utf8(text);
}

/// A word of a ProxyCommand: quoted for the shell, and % doubled for ssh.
std::string proxy_word(std::string_view word) {
  std::string out;
  for (const char c : flow::quote_for_sh(word)) out += c == '%' ? std::string("%%") : std::string(1, c);
  return out;
}

/// "postern" with the options that say whose fleet it is.
std::string program(const Invocation& invocation) {
  std::string out = "postern";
  for (const std::string_view option : {"--fleet", "--profile", "--role-arn", "--external-id", "--region", "--account",
                                        "--endpoint-url", "--ca-bundle"}) {
    for (const std::string& value : invocation.values(option)) {
      out.append(" ").append(option).append(" ").append(proxy_word(value));
    }
  }
  return out;
}

std::string block(const Invocation& invocation, std::string_view hosts, std::string_view target) {
  std::string out = "\nHost " + std::string(hosts) + "\n";
  if (const auto user = invocation.value("--user")) out += "  User " + *user + "\n";
  // ssh keeps host keys by this name: two nodes called web-01 are not one.
  const std::string known = target == "%h" ? "%h" : std::string(target.substr(target.rfind('/') + 1));
  out += "  HostKeyAlias postern-" + known + "\n";
  return out + "  ProxyCommand " + program(invocation) + " ssh-proxy " + std::string(target) + " %p\n";
}

std::string heading(std::string_view what) {
  return "# Written by `postern ssh-config`: " + std::string(what) + ".\n";
}

std::string blocks(const Invocation& invocation, const std::vector<fleet::Instance>& instances) {
  std::map<std::string, std::size_t> names;
  for (const fleet::Instance& instance : instances) ++names[instance.name];
  std::string out;
  for (const fleet::Instance& instance : instances) {
    const fleet::Scope& scope = instance.ref.scope();
    const std::string label = instance.ref.label();
    const std::string place = label.substr(0, label.rfind('/') + 1);
    std::string hosts;
    if (is_alias(instance.name)) {
      if (names[instance.name] == 1) hosts += instance.name + " ";
      if (is_alias(scope.account_name))
        hosts += scope.account_name + "/" + scope.region.text() + "/" + instance.name + " ";
    }
    out += block(invocation, hosts + instance.ref.id().text(), place + instance.ref.id().text());
  }
  return out;
}

}  // namespace ssh_config

rt::Task<Result<int>> run_ssh_config(const Command& command) {
  const Invocation& invocation = command.invocation();
  if (const auto user = invocation.value("--user"); user && !ssh_config::is_alias(*user)) {
    co_return fail(ErrorKind::usage, "--user '" + printable(*user, 60) + "' is no user's name");
  }
  if (invocation.has("--pattern")) {
    command.out(ssh_config::heading("every node, by its id") +
                ssh_config::block(invocation, ssh_config::kPatterns, "%h"));
    co_return 0;
  }
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  CO_TRY(AwsWork work, co_await open_aws(command, fleet::Duty::observe));
  CO_TRY(const fleet::Selector selector, chosen_selector(command, work.fleet));
  CO_TRY_VOID(co_await require_hub(command, work));
  CO_TRY_VOID(co_await name_accounts(command, work, concurrency));
  adapters::AwsInventory inventory(*work.session);
  fleet::DiscoverOptions options;
  options.concurrency = concurrency;
  Result<fleet::Discovery> found = co_await fleet::discover(command.ctx(), inventory, work.scopes, selector, options);
  co_await work.session->close();
  if (!found) co_return fail(std::move(found).error());
  std::erase_if(found->instances, [](const fleet::Instance& instance) { return !is_reachable(instance); });
  command.out(ssh_config::heading(plural(found->instances.size(), "node") + ", " + selector.to_text()) +
              ssh_config::blocks(invocation, found->instances));
  if (const std::string problems = summarize_problems(*found); !problems.empty()) command.err(problems);
  co_return exit_code_of(*found);
}

}  // namespace postern::cli
