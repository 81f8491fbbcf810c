#include "flow/import.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/check.hpp"
#include "base/text.hpp"
#include "flow/run.hpp"
#include "flow/verdict.hpp"

namespace postern::flow {
namespace import {

constexpr std::string_view kMark = "postern op=";
constexpr std::size_t kUlid = 26;
constexpr std::size_t kReasonMax = 600;

bool is_ulid(std::string_view text) {
  return text.size() == kUlid && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z' && c != 'I' && c != 'L' && c != 'O' && c != 'U');
         });
}

/// A command with its place in the run.
struct Sent {
  Sent() = default;
  const PastCommand* command = nullptr;
  Mark mark;
  std::vector<std::string> ids;
};

bool comes_before(const Sent& a, const Sent& b) {
  if (scope_before(*a.command->scope, *b.command->scope)) return true;
  if (scope_before(*b.command->scope, *a.command->scope)) return false;
  return a.mark.op < b.mark.op;
}

/// Instances of each command, each only in the last command that reached it.
void choose_instances(std::vector<Sent>& commands) {
  for (Sent& sent : commands) {
    std::set<std::string> ids(sent.command->instance_ids.begin(), sent.command->instance_ids.end());
    for (const Invocation& one : sent.command->invocations) ids.insert(one.instance_id);
    for (const std::string& id : ids) {
      // More than fifty is no command of ours, whatever its comment says: SSM takes no more by their ids.
      if (sent.ids.size() < fleet::kBatchTargetsMax && fleet::InstanceId::parse(id)) sent.ids.push_back(id);
    }
  }
  std::vector<Sent*> latest;
  for (Sent& sent : commands) latest.push_back(&sent);
  std::sort(latest.begin(), latest.end(), [](const Sent* a, const Sent* b) {
    return std::pair(a->command->requested, a->mark.op) > std::pair(b->command->requested, b->mark.op);
  });
  std::set<std::pair<std::string, std::string>> taken;
  for (Sent* sent : latest) {
    const std::string where = sent->command->scope->account.text() + " " + sent->command->scope->region.text();
    std::erase_if(sent->ids, [&](const std::string& id) { return !taken.emplace(where, id).second; });
  }
  std::erase_if(commands, [](const Sent& sent) { return sent.ids.empty(); });
}

class Builder {
 public:
  Builder(std::string world, std::string who) {
    run_.header.world = std::move(world);
    run_.header.operator_name = std::move(who);
  }

  ImportedRun build(std::string id, std::vector<Sent> commands) {
    std::sort(commands.begin(), commands.end(), comes_before);
    run_.header.run_id = std::move(id);
    run_.header.imported = true;
    for (const Sent& sent : commands) plan(sent);
    head(commands);
    record::Started started;
    started.confirmed = "imported";
    run_.records.emplace_back(std::move(started));
    for (std::uint32_t batch = 0; batch < commands.size(); ++batch) replay(commands[batch], batch);
    close();
    return std::move(run_);
  }

 private:
  void plan(const Sent& sent) {
    Plan& plan = run_.plan;
    if (plan.scopes.empty() || *plan.scopes.back() != *sent.command->scope) {
      plan.scopes.push_back(sent.command->scope);
    }
    BatchPlan batch;
    batch.scope = static_cast<std::uint32_t>(plan.scopes.size() - 1);
    batch.first = static_cast<std::uint32_t>(plan.targets.size());
    batch.count = static_cast<std::uint32_t>(sent.ids.size());
    batch.shell = sent.command->document == document_of(Shell::powershell) ? Shell::powershell : Shell::sh;
    plan.batches.push_back(batch);
    for (const std::string& id : sent.ids) {
      PlanTarget target;
      Result<fleet::InstanceId> parsed = fleet::InstanceId::parse(id);
      CHECK(parsed.has_value());
      target.id = std::move(*parsed);
      plan.targets.push_back(std::move(target));
    }
  }

  void head(const std::vector<Sent>& commands) {
    WavePlan wave;
    wave.name = "imported";
    wave.budget = Budget(100, true);
    wave.batches = static_cast<std::uint32_t>(run_.plan.batches.size());
    wave.targets = static_cast<std::uint32_t>(run_.plan.targets.size());
    run_.plan.waves.push_back(std::move(wave));
    CommandSpec& spec = run_.header.spec;
    run_.first = commands.front().command->requested;
    for (const Sent& sent : commands) {
      const PastCommand& command = *sent.command;
      run_.first = std::min(run_.first, command.requested);
      spec.comment = sent.mark.text;
      spec.delivery_timeout = command.delivery_timeout;
      const bool script =
          command.document == document_of(Shell::sh) || command.document == document_of(Shell::powershell);
      if (script) continue;
      DocumentSpec document;
      document.name = command.document;
      document.version = command.document_version;
      spec.document = document;
      spec.windows_document = std::move(document);
    }
    run_.header.digest = ledger::to_hex(run_.plan.digest("imported " + run_.header.run_id));
  }

  void replay(const Sent& sent, std::uint32_t batch) {
    record::Intent intent;
    intent.op = sent.mark.op;
    intent.batch = batch;
    intent.targets = static_cast<std::uint32_t>(sent.ids.size());
    run_.records.emplace_back(std::move(intent));
    record::SendEnded ended;
    ended.op = sent.mark.op;
    ended.end = record::SendEnd::accepted;
    ended.command_id = sent.command->command_id;
    run_.records.emplace_back(std::move(ended));
    record::Ended ends;
    for (std::uint32_t i = 0; i < sent.ids.size(); ++i) {
      const std::uint32_t target = run_.plan.batches[batch].first + i;
      std::optional<record::TargetEnd> end = end_of(sent, batch, target);
      if (!end) {
        ++run_.open;
        continue;
      }
      run_.totals.count(end->outcome);
      ends.targets.push_back(std::move(*end));
    }
    if (!ends.targets.empty()) run_.records.emplace_back(std::move(ends));
  }

  std::optional<record::TargetEnd> end_of(const Sent& sent, std::uint32_t batch, std::uint32_t target) {
    const std::string& id = run_.plan.targets[target].id.text();
    const auto& all = sent.command->invocations;
    const auto found =
        std::find_if(all.begin(), all.end(), [&id](const Invocation& one) { return one.instance_id == id; });
    if (found == all.end() || !is_done(found->status)) return std::nullopt;
    const TargetResult result = result_of(run_.plan.ref(run_.plan.batches[batch], target), *found, Invocation());
    record::TargetEnd end;
    end.target = target;
    end.outcome = result.outcome;
    end.exit_code = result.exit_code;
    end.reason = printable(result.reason, kReasonMax);
    end.unreachable = result.unreachable;
    end.truncated = found->truncated;
    if (!found->output.empty()) {
      ledger::Blob blob;
      blob.digest = ledger::sha256(found->output);
      blob.bytes = found->output;
      end.out = blob.digest;
      run_.blobs.push_back(std::move(blob));
    }
    return end;
  }

  void close() {
    if (run_.open > 0) return;
    record::Closed closed;
    closed.totals = run_.totals;
    closed.status = "succeeded";
    if (run_.totals.unknown > 0) closed.status = "unknown";
    if (run_.totals.failed > 0) closed.status = "failed";
    run_.records.emplace_back(std::move(closed));
  }

  ImportedRun run_;
};

}  // namespace import

std::optional<Mark> parse_comment(std::string_view comment) {
  if (!comment.starts_with(import::kMark)) return std::nullopt;
  std::string_view rest = comment.substr(import::kMark.size());
  Mark mark;
  mark.op = std::string(rest.substr(0, import::kUlid));
  if (!import::is_ulid(mark.op)) return std::nullopt;
  rest.remove_prefix(import::kUlid);
  if (!rest.empty() && rest.front() != ' ') return std::nullopt;
  if (!rest.empty()) rest.remove_prefix(1);
  mark.run = mark.op;
  if (rest.starts_with("r=") && import::is_ulid(rest.substr(2, import::kUlid))) {
    mark.run = std::string(rest.substr(2, import::kUlid));
    rest.remove_prefix(2 + import::kUlid);
    if (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  }
  mark.text = std::string(rest);
  return mark;
}

std::vector<ImportedRun> put_together(std::vector<PastCommand> commands, std::string world, std::string who) {
  std::map<std::string, std::vector<import::Sent>> by_run;
  for (const PastCommand& command : commands) {
    std::optional<Mark> mark = parse_comment(command.comment);
    if (!mark || command.command_id.empty()) continue;
    import::Sent sent;
    sent.command = &command;
    sent.mark = std::move(*mark);
    std::vector<import::Sent>& run = by_run[sent.mark.run];
    // Lists may tell of one command on two pages.
    const bool known = std::any_of(
        run.begin(), run.end(), [&](const import::Sent& one) { return one.command->command_id == command.command_id; });
    if (!known) run.push_back(std::move(sent));
  }
  std::vector<ImportedRun> runs;
  for (auto& [id, sent] : by_run) {
    import::choose_instances(sent);
    if (sent.empty()) continue;
    import::Builder builder(world, who);
    runs.push_back(builder.build(id, std::move(sent)));
  }
  return runs;
}

}  // namespace postern::flow
