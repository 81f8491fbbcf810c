#include "cli/session_target.hpp"

#include <algorithm>
#include <charconv>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "net/stream.hpp"
#include "term/table.hpp"

namespace postern::cli {
namespace session_target {

constexpr std::size_t kListedMax = 20;
constexpr std::string_view kUnreachable = "reach";

using fleet::Field;
using fleet::Instance;
using fleet::Selector;

bool is_selector(std::string_view word) {
  return word.find_first_of("=@:()! ") != std::string_view::npos;
}

/// The last part of a word: what the node itself is called.
Result<Selector> node_selector(std::string_view word, TargetWord& into) {
  if (word.empty()) return fail(ErrorKind::usage, "a target has a name: ACCOUNT/REGION/NAME");
  if (fleet::InstanceId::parse(word)) {
    into.id = std::string(word);
    return Selector::term(Field::id, "", {into.id});
  }
  if (net::is_address_literal(word)) {
    into.address = std::string(word);
    return Selector::all();
  }
  return Selector::term(Field::name, "", {std::string(word)});
}

/// Its cells but for the number.
std::vector<term::Cell> row_of(const Instance& instance) {
  const fleet::Scope& scope = instance.ref.scope();
  return {instance.name, instance.ref.id().text(), scope.account_name, scope.region.text(), instance.private_ip};
}

std::string searched(const Instance& instance) {
  std::string text;
  for (const term::Cell& cell : row_of(instance)) text += to_lower(cell.text) + " ";
  return text + instance.ref.scope().account.text();
}

std::string listed(const std::vector<const Instance*>& instances, bool with_reason) {
  std::string out;
  for (std::size_t i = 0; i < instances.size() && i < kListedMax; ++i) {
    out += "\n    " + target_label(*instances[i]);
    if (with_reason) out += ": " + broken_link(*instances[i]).what;
  }
  if (instances.size() > kListedMax) out += "\n    and " + std::to_string(instances.size() - kListedMax) + " more";
  return out;
}

std::string since(const std::optional<WallTime>& when) {
  return when ? " since " + format_rfc3339(std::chrono::floor<std::chrono::seconds>(*when)) : std::string();
}

/// The command that looks further, in the node's account and Region.
std::string in_place(const Instance& instance, std::string_view command) {
  const fleet::Scope& scope = instance.ref.scope();
  std::string out = "postern " + std::string(command);
  if (!scope.account.empty()) out += " --account " + scope.account.text();
  return out + " --region " + scope.region.text();
}

BrokenLink unmanaged_link(const Instance& instance) {
  const bool ec2 = !fleet::is_hybrid(instance.ref.id());
  if (ec2 && instance.instance_profile_arn.empty()) {
    return {
        "it has no instance profile, so its agent has no credentials",
        "postern deploy roles --for node makes the role and profile; attach it, and the agent comes within minutes"};
  }
  return {
      "Systems Manager has never heard of its agent: it is not installed or not running, its role lacks "
      "AmazonSSMManagedInstanceCore, or it cannot reach the endpoints",
      in_place(instance, "check endpoints") + " looks at the network"};
}

}  // namespace session_target

Result<TargetWord> parse_target(std::string_view word, const std::optional<fleet::FleetFile>& fleet) {
  using namespace session_target;
  TargetWord out;
  out.text = printable(word, 200);
  std::vector<Selector> terms;
  if (is_selector(word) && !net::is_address_literal(word)) {
    TRY(Selector parsed, Selector::parse(word));
    terms.push_back(std::move(parsed));
  } else {
    const std::vector<std::string_view> parts = split(word, '/');
    if (parts.size() > 3) {
      return fail(ErrorKind::usage, "'" + out.text +
                                        "' is no target: a name, an id, an address, tag:KEY=VALUE, or "
                                        "ACCOUNT/REGION/NAME");
    }
    if (parts.size() > 1) terms.push_back(Selector::term(Field::account, "", {std::string(parts.front())}));
    if (parts.size() > 2) terms.push_back(Selector::term(Field::region, "", {std::string(parts[1])}));
    TRY(Selector node, node_selector(parts.back(), out));
    terms.push_back(std::move(node));
  }
  const fleet::FleetFile none;
  TRY(out.selector, (fleet ? *fleet : none).bind(Selector::conjunction(std::move(terms))));
  return out;
}

bool is_reachable(const fleet::Instance& instance) {
  const bool up = instance.state == fleet::InstanceState::running || instance.state == fleet::InstanceState::none;
  return up && instance.ssm.status == fleet::SsmStatus::online;
}

BrokenLink broken_link(const fleet::Instance& instance) {
  using fleet::InstanceState;
  using fleet::SsmStatus;
  const bool up = instance.state == InstanceState::running || instance.state == InstanceState::none;
  if (instance.state == InstanceState::pending) return {"it is starting", "--wait waits for it"};
  if (!up) return {"it is " + std::string(fleet::to_string(instance.state)), "start it, then --wait waits for it"};
  switch (instance.ssm.status) {
    case SsmStatus::not_managed:
      return session_target::unmanaged_link(instance);
    case SsmStatus::connection_lost:
      return {"Systems Manager has lost its agent" + session_target::since(instance.ssm.last_ping),
              "--wait waits for it, through a reboot say; " + session_target::in_place(instance, "check endpoints") +
                  " looks at the network"};
    case SsmStatus::inactive:
      return {"its agent has been silent for long" + session_target::since(instance.ssm.last_ping), ""};
    case SsmStatus::unknown:
      return {"Systems Manager could not be asked: " + printable(instance.ssm.reason, 200), ""};
    case SsmStatus::online:
      break;
  }
  return {};
}

std::string target_label(const fleet::Instance& instance) {
  const std::string label = instance.ref.label();
  return instance.name.empty() ? label : label + " (" + printable(instance.name, 80) + ")";
}

Error several_match(const TargetWord& word, const std::vector<fleet::Instance>& several) {
  std::vector<const fleet::Instance*> all;
  for (const fleet::Instance& instance : several) all.push_back(&instance);
  return Error(ErrorKind::usage, "'" + word.text + "' is " + plural(several.size(), "node") +
                                     "; a session has one. Type one of these:" + session_target::listed(all, false));
}

Result<std::optional<fleet::Instance>> choose_target(const TargetWord& word, const fleet::Discovery& discovery,
                                                     std::vector<fleet::Instance>& several) {
  std::vector<const fleet::Instance*> out_of_reach;
  for (const fleet::Instance& instance : discovery.instances) {
    if (!word.address.empty() && instance.private_ip != word.address) continue;
    if (is_reachable(instance)) {
      several.push_back(instance);
    } else {
      out_of_reach.push_back(&instance);
    }
  }
  if (several.size() == 1) return std::optional<fleet::Instance>(std::move(several.front()));
  if (several.size() > 1) return std::optional<fleet::Instance>();
  if (out_of_reach.size() == 1) {
    const BrokenLink link = broken_link(*out_of_reach.front());
    const std::string next = link.next.empty() ? "" : "\n" + link.next;
    return fail(unreachable(target_label(*out_of_reach.front()) + " cannot be reached: " + link.what + next));
  }
  if (!out_of_reach.empty()) {
    return fail(unreachable("'" + word.text + "' is " + plural(out_of_reach.size(), "node") +
                            ", and none can be reached:" + session_target::listed(out_of_reach, true)));
  }
  std::string message = "no node matches '" + word.text + "' in " + plural(discovery.scopes_asked, "scope");
  if (discovery.problems.empty()) {
    return fail(ErrorKind::usage, message + "; postern targets lists what there is");
  }
  return fail(unreachable(message + ", and " + plural(discovery.problems.size(), "scope") + " could not be asked"));
}

Error unreachable(std::string message) {
  return Error(ErrorKind::unavailable, std::move(message)).with("rail", std::string(session_target::kUnreachable));
}

bool is_unreachable(const Error& error) {
  return error.context("rail") == session_target::kUnreachable;
}

TargetPicker::TargetPicker(std::vector<fleet::Instance> candidates) : all_(std::move(candidates)) {
  for (std::size_t i = 0; i < all_.size(); ++i) left_.push_back(i);
}

std::string TargetPicker::shown(std::size_t columns) const {
  std::vector<term::Column> heads = {
      {"#", 0, term::Align::right}, {"NAME", 1}, {"INSTANCE", 0}, {"ACCOUNT", 2}, {"REGION", 3}, {"ADDRESS", 4}};
  heads[2].cut = term::Cut::never;
  term::Table table(std::move(heads));
  for (std::size_t i = 0; i < left_.size() && i < session_target::kListedMax; ++i) {
    std::vector<term::Cell> row = session_target::row_of(all_[left_[i]]);
    row.insert(row.begin(), term::Cell(std::to_string(i + 1)));
    table.add(std::move(row));
  }
  term::TableOptions options;
  options.width = columns;
  std::string text = table.render(options).text;
  if (left_.size() > session_target::kListedMax) {
    text += "and " + std::to_string(left_.size() - session_target::kListedMax) + " more: type a part of a name\n";
  }
  return text;
}

TargetPicker::Picked TargetPicker::take(std::string_view typed) {
  Picked picked;
  const std::string word = to_lower(trim(typed));
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error == std::errc() && end == word.data() + word.size()) {
    if (number >= 1 && number <= left_.size()) {
      picked.instance = all_[left_[number - 1]];
    } else {
      picked.note = word + " is not in the list";
    }
    return picked;
  }
  std::vector<std::size_t> matching;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (session_target::searched(all_[i]).find(word) != std::string::npos) matching.push_back(i);
  }
  if (matching.empty()) {
    picked.note = "nothing in the list has '" + printable(word, 60) + "'";
  } else if (matching.size() == 1 && !word.empty()) {
    picked.instance = all_[matching.front()];
  } else {
    left_ = std::move(matching);
  }
  return picked;
}

}  // namespace postern::cli
