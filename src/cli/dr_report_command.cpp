// dr report deployment

#include <algorithm>

#include "base/text.hpp"
#include "cli/atomic_file.hpp"
#include "cli/dr_deployment.hpp"
#include "cli/dr_show.hpp"
#include "cli/failure.hpp"
#include "flow/outputs.hpp"
#include "report/deployment_html.hpp"
#include "report/deployment_json.hpp"
#include "report/deployment_markdown.hpp"

namespace postern::cli {
namespace dr_report_command {

/// Everything that a report is made of.
struct Material {
  Material() = default;
  std::optional<RolloutRead> rollout;
  std::optional<DrLook> look;
  DeploymentSources sources;
};

enum class Form : std::uint8_t { markdown, html, json };

Result<Form> chosen_form(const Command& command) {
  const Invocation& invocation = command.invocation();
  const auto format = invocation.value("--format");
  const bool json = invocation.has("--output") || command.output().query.has_value();
  if (format && json) return fail(ErrorKind::usage, "--format is for people, -o and -q are for JSON: one of them");
  if (json) {
    const Format output = command.output().format;
    const bool known = output == Format::json || output == Format::ndjson || command.output().query.has_value();
    if (output == Format::markdown) return Form::markdown;
    if (!known) return fail(ErrorKind::usage, "a report is JSON (-o json), Markdown or HTML (--format md|html)");
    return Form::json;
  }
  return format == "html" ? Form::html : Form::markdown;
}

/// Which rollout is meant; absent: the state of the fleet.
rt::Task<Result<std::optional<std::string>>> chosen_rollout(const Command& command, const Result<OpenLedger>& ledger) {
  const Invocation& invocation = command.invocation();
  const bool named = !invocation.words.empty();
  if (invocation.words.size() > 1) co_return fail(ErrorKind::usage, "one rollout is named, or none");
  if (invocation.has("--now")) {
    if (named) co_return fail(ErrorKind::usage, "--now tells of the fleet as it is: it takes no rollout");
    co_return std::optional<std::string>();
  }
  if (!ledger) {
    if (named || ledger.error().kind() != ErrorKind::not_found) co_return fail(ledger.error());
    co_return std::optional<std::string>();
  }
  std::string name = named ? invocation.words.front() : std::string(kLatestRun);
  Result<std::string> id = co_await find_rollout(command.ctx(), *ledger->store, std::move(name));
  if (id) co_return std::optional<std::string>(std::move(*id));
  if (!named && id.error().kind() == ErrorKind::not_found) co_return std::optional<std::string>();
  co_return fail(std::move(id).error());
}

/// A run of the rollout, with what failed servers printed.
rt::Task<Result<InstallRun>> read_install(const Command& command, OpenLedger& ledger, RolloutRun which) {
  InstallRun out;
  out.run = which;
  CO_TRY(const std::optional<ledger::StreamInfo> info,
         co_await ledger.store->find(command.ctx(), flow::run_stream(which.id)));
  if (!info) {
    out.trouble = "it is not in this ledger";
    co_return out;
  }
  out.info = *info;
  if (info->pruned) {
    out.trouble = "its records were pruned";
    co_return out;
  }
  Result<std::unique_ptr<flow::RunModel>> model =
      co_await flow::read_run(command.ctx(), *ledger.store, ledger.world, which.id);
  if (!model) {
    out.trouble = described_message(model.error(), 300);
    co_return out;
  }
  out.model = std::move(*model);
  out.result = flow::result_of_run(*out.model, "the run is not over");
  for (const flow::TargetResult& target : out.result.targets) {
    if (target.outcome == flow::Outcome::failed) {
      CO_TRY_VOID(co_await flow::load_output_of(command.ctx(), *ledger.store, target));
    }
  }
  co_return out;
}

rt::Task<Result<void>> read_ledger(const Command& command, OpenLedger& ledger, std::string id, Material* into) {
  CO_TRY(into->rollout, co_await read_rollout(command.ctx(), *ledger.store, ledger.world, std::move(id)));
  for (const RolloutRun& run : into->rollout->runs) {
    CO_TRY(InstallRun read, co_await read_install(command, ledger, run));
    into->sources.runs.push_back(std::move(read));
  }
  into->sources.rollout = &*into->rollout;
  co_return Result<void>();
}

/// The rollout's places with today's way in: what the ledger keeps of access lacks ExternalIds, and is for another
/// duty.
std::vector<fleet::ScopePtr> places_now(const Json& places, const std::vector<fleet::ScopePtr>& scopes,
                                        std::vector<report::UnseenPlace>& unseen) {
  std::vector<fleet::ScopePtr> out;
  for (const Json& place : places.items()) {
    const std::string account(place["account_id"].to_string().value_or(""));
    Result<fleet::Region> region = fleet::Region::parse(place["region"].to_string().value_or(""));
    const auto known = std::find_if(scopes.begin(), scopes.end(),
                                    [&](const fleet::ScopePtr& one) { return one->account.text() == account; });
    if (known == scopes.end() || !region) {
      unseen.emplace_back(account + "/" + std::string(place["region"].to_string().value_or("")),
                          "no way leads into this account from here: give --fleet, --role-arn or --profile");
      continue;
    }
    fleet::Scope scope = **known;
    scope.region = std::move(*region);
    scope.partition = fleet::partition_of(scope.region);
    out.push_back(std::make_shared<const fleet::Scope>(std::move(scope)));
  }
  return out;
}

Result<LookOrder> look_order(const Command& command, const DrWork& work, const Material& material) {
  LookOrder order;
  TRY(order.selector, chosen_dr_selector(command, work.aws.fleet));
  if (material.rollout) {
    TRY(order.selector, fleet::Selector::parse(material.rollout->header["selector"].to_string().value_or("")));
  }
  order.sweep.policy = material.sources.policy;
  order.sweep.points = recovery::ReadPoints::of_all;
  if (command.invocation().has("--points")) order.sweep.points = chosen_points(command.invocation());
  TRY(order.sweep.concurrency, chosen_concurrency(command));
  return order;
}

rt::Task<Result<void>> look(const Command& command, DrWork& work, Material* into) {
  if (into->rollout) {
    std::vector<report::UnseenPlace>& unseen = into->sources.unseen;
    work.sites = places_now(into->rollout->places_of("sites"), work.aws.scopes, unseen);
    std::vector<report::UnseenPlace> told;  // an account without a way in is told once
    work.aws.scopes = places_now(into->rollout->places_of("scopes"), work.aws.scopes, told);
  }
  CO_TRY(LookOrder order, look_order(command, work, *into));
  into->sources.facts.emplace_back("World", into->sources.world);
  into->sources.facts.emplace_back("Asked for", order.selector.to_text());
  CO_TRY(into->look, co_await look_at_dr(command, work, std::move(order)));
  into->sources.look = &*into->look;
  co_return Result<void>();
}

rt::Task<Result<void>> look_now(const Command& command, Material* into) {
  CO_TRY(DrWork work, co_await open_dr(command, fleet::Duty::observe));
  Result<void> done = co_await look(command, work, into);
  co_await work.aws.session->close();
  co_return done;
}

Result<void> tell(const Command& command, Form form, const report::Deployment& deployment) {
  std::string text;
  if (form == Form::json) {
    Answer answer;
    answer.world = command.host().world;
    answer.document = report::deployment_json(deployment);
    answer.rows_key = "servers";
    if (!command.invocation().has("--out")) return command.answer(answer);
    TRY(text, render(answer, command.output()));
  } else {
    text = form == Form::html ? report::deployment_html(deployment) : report::deployment_markdown(deployment);
  }
  const auto path = command.invocation().value("--out");
  if (!path || *path == "-") {
    command.out(text);
    return {};
  }
  TRY(AtomicFile file, AtomicFile::begin(*command.host().files, *path));
  TRY_VOID(file.write(text));
  return file.commit();
}

std::string summary_of(const Command& command, const report::Deployment& deployment) {
  std::string out = std::string(report::verdict_of(deployment)) + ": " + report::reconciliation_of(deployment) + "\n";
  if (const auto path = command.invocation().value("--out"); path && *path != "-") {
    out += "written to " + printable(*path, 200) + "\n";
  }
  return out;
}

}  // namespace dr_report_command

rt::Task<Result<int>> run_dr_report(const Command& command) {
  using namespace dr_report_command;
  CO_TRY(const Form form, chosen_form(command));
  const bool offline = command.invocation().has("--offline");
  Material material;
  CO_TRY(material.sources.policy, chosen_health_policy(command.invocation()));
  if (const auto path = command.invocation().value("--out"); path && *path != "-") {
    CO_TRY_VOID(AtomicFile::check(*command.host().files, *path));
  }
  material.sources.world = world_without_session(command);
  material.sources.made_by = operator_name(command);
  Result<OpenLedger> ledger = open_ledger(command, material.sources.world, LedgerUse::look);
  CO_TRY(std::optional<std::string> id, co_await chosen_rollout(command, ledger));
  if (id) CO_TRY_VOID(co_await read_ledger(command, *ledger, std::move(*id), &material));
  if (!id && offline) co_return fail(ErrorKind::usage, "--offline tells of a rollout of the ledger, and there is none");
  if (!offline) CO_TRY_VOID(co_await look_now(command, &material));
  material.sources.now = command.ctx().clock().wall_now();
  const report::Deployment deployment = make_deployment(material.sources);
  CO_TRY_VOID(tell(command, form, deployment));
  if (command.invocation().has("--out")) command.err(summary_of(command, deployment));
  if (material.look) {
    const int code = std::max(exit_code_of(material.look->sweep), exit_code_of(material.look->chosen));
    if (code != kExitOk) co_return code;
  }
  co_return material.sources.unseen.empty() ? kExitOk : kExitUnknown;
}

}  // namespace postern::cli
