// dr init

#include <algorithm>

#include "adapters/drs_sites.hpp"
#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/dr_site_work.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"
#include "recovery/site_setup.hpp"
#include "rt/combine.hpp"

namespace postern::cli {
namespace dr_init {

constexpr std::size_t kTextMax = 400;

/// What a person has to do in the staging account's console, and what of it is there.
struct Trust {
  Trust() = default;
  std::string account;
  std::string step;
  std::vector<std::string> there;
  std::vector<std::string> missing;
  std::string unread;  ///< why it could not be looked at; empty: it could
};

struct SiteRow {
  SiteRow() = default;
  fleet::ScopePtr site;
  fleet::DrSettings wanted;
  recovery::SitePlan plan;
  std::optional<Trust> trust;
  std::optional<recovery::SiteResult> result;
  std::optional<Error> problem;  ///< that kept us from looking

  bool waits() const { return !problem && plan.problems.empty() && !plan.deeds.empty(); }
};

class Sites {
 public:
  Sites(const Command& command, DrWork& work, const fleet::DrSettings& asked)
      : command_(command), work_(work), port_(*work.aws.session) {
    for (const fleet::ScopePtr& site : work.sites) {
      rows_.emplace_back();
      rows_.back().site = site;
      rows_.back().wanted = wanted_settings(work.aws, *site, asked);
    }
  }
  std::vector<SiteRow>& rows() { return rows_; }

  rt::Task<Result<void>> look(std::size_t concurrency) { return each(&Sites::look_one, concurrency); }
  rt::Task<Result<void>> change(std::size_t concurrency) { return each(&Sites::change_one, concurrency); }
  rt::Task<Result<void>> look_at_trust(std::size_t concurrency) { return each(&Sites::trust_one, concurrency); }

 private:
  using Step = rt::Task<Result<void>> (Sites::*)(SiteRow&);

  rt::Task<Result<void>> each(Step step, std::size_t concurrency) {
    struct One {
      One(Sites* s, Step t) : sites(s), step(t) {}
      rt::Task<void> operator()(std::size_t index) const {
        SiteRow& row = sites->rows_[index];
        if (row.problem) co_return;
        Result<void> done = co_await (sites->*step)(row);
        if (!done) row.problem = std::move(done).error();
      }
      Sites* sites;
      Step step;
    };
    const One one(this, step);
    co_await rt::for_each_bounded(rows_.size(), concurrency, one);
    const bool stopped = co_await rt::is_cancelled();
    if (stopped) co_return fail(ErrorKind::cancelled, "interrupted");
    co_return Result<void>();
  }

  rt::Task<Result<void>> look_one(SiteRow& row) {
    CO_TRY(const recovery::SiteState state, co_await recovery::look_at_site(command_.ctx(), port_, row.site));
    row.plan = recovery::plan_site(state, row.wanted);
    Json network = row.wanted.replication;
    if (!network.contains("subnet") && !state.replication.empty()) network = state.replication.front().values;
    co_return co_await look_at_network(row, network);
  }

  /// Nobody can choose a subnet for others, but what there is can be named.
  rt::Task<Result<void>> look_at_choices(SiteRow& row) {
    if (row.plan.problems.empty()) co_return Result<void>();
    const auto choices = co_await port_.staging_choices(command_.ctx(), row.site);
    if (!choices && choices.error().kind() == ErrorKind::cancelled) co_return fail(choices.error());
    if (!choices) {
      row.plan.notes.push_back("which subnets there are could not be looked at: " +
                               described_message(choices.error(), kTextMax));
      co_return Result<void>();
    }
    for (std::string& note : recovery::choice_notes(*choices)) row.plan.notes.push_back(std::move(note));
    co_return Result<void>();
  }

  rt::Task<Result<void>> look_at_network(SiteRow& row, const Json& replication) {
    const auto subnet = replication["subnet"].to_string();
    if (!subnet) co_return co_await look_at_choices(row);
    std::vector<std::string> groups;
    for (const Json& id : replication["security_groups"].items()) groups.push_back(id.as_string());
    std::string name(*subnet);
    auto network = co_await port_.staging_network(command_.ctx(), row.site, name, std::move(groups));
    if (!network && network.error().kind() == ErrorKind::cancelled) co_return fail(std::move(network).error());
    if (!network) {
      row.plan.notes.push_back("the staging subnet could not be looked at: " +
                               described_message(network.error(), kTextMax));
      co_return Result<void>();
    }
    if (network->vpc.empty()) {
      row.plan.problems.push_back("there is no subnet " + name + " in " + row.site->region.text());
      co_return Result<void>();
    }
    for (const std::string& id : network->missing) {
      row.plan.problems.push_back("there is no security group " + id + " in " + row.site->region.text());
    }
    const std::vector<std::string> cidrs = command_.invocation().values("--source-cidr");
    for (std::string& note : recovery::network_notes(*network, cidrs)) row.plan.notes.push_back(std::move(note));
    co_return Result<void>();
  }

  rt::Task<Result<void>> change_one(SiteRow& row) {
    if (!row.waits()) co_return Result<void>();
    CO_TRY(row.result, co_await recovery::set_up_site(command_.ctx(), port_, row.site, row.plan, row.wanted));
    std::string line = row.site->label() + ": " + std::string(to_string(row.result->outcome));
    if (row.result->error) line += ": " + described_message(*row.result->error, kTextMax);
    command_.err(line + "\n");
    co_return Result<void>();
  }

  rt::Task<Result<void>> trust_one(SiteRow& row) {
    const fleet::AccountId& staging = row.wanted.staging_account;
    if (staging.empty() || staging == row.site->account) co_return Result<void>();
    row.trust.emplace();
    Trust& trust = *row.trust;
    trust.account = staging.text();
    trust.step = recovery::trusted_account_step(staging.text(), row.site->account.text(), row.site->region.text());
    const auto found = std::find_if(work_.sites.begin(), work_.sites.end(),
                                    [&](const fleet::ScopePtr& one) { return one->account == staging; });
    if (found == work_.sites.end()) {
      trust.unread = "account " + staging.text() + " is not among the chosen accounts";
      co_return Result<void>();
    }
    for (const std::string& name : recovery::trusted_account_roles(row.site->account.text())) {
      const Result<bool> there = co_await port_.has_role(command_.ctx(), *found, name);
      if (!there && there.error().kind() == ErrorKind::cancelled) co_return fail(there.error());
      if (!there) {
        trust.unread = described_message(there.error(), kTextMax);
        co_return Result<void>();
      }
      (*there ? trust.there : trust.missing).push_back(name);
    }
    co_return Result<void>();
  }

  const Command& command_;
  DrWork& work_;
  adapters::DrsSites port_;
  std::vector<SiteRow> rows_;
};

std::string_view status_of(const SiteRow& row) {
  if (row.problem) return "failed";
  if (!row.plan.problems.empty()) return "blocked";
  if (row.result) return to_string(row.result->outcome);
  return row.plan.deeds.empty() ? "unchanged" : "would_change";
}

std::string deed_head(const recovery::SiteDeed& deed) {
  if (deed.step == recovery::SiteStep::initialize) return "  + initialise the service (" + deed.why + ")\n";
  const std::string what =
      deed.step == recovery::SiteStep::replication_template ? "replication template" : "launch template";
  return deed.settings.id.empty() ? "  + " + what + "\n" : "  ~ " + what + " " + deed.settings.id + "\n";
}

std::string body_of(const SiteRow& row) {
  if (row.problem) return "  could not be looked at: " + described_message(*row.problem, kTextMax) + "\n";
  std::string out;
  for (const std::string& problem : row.plan.problems) out += "  problem: " + problem + "\n";
  for (const recovery::SiteDeed& deed : row.plan.deeds) {
    out += deed_head(deed) + changes_text(deed.changes, "      ");
  }
  if (row.plan.deeds.empty()) out += "  nothing to do\n";
  for (const std::string& note : row.plan.notes) out += "  note: " + note + "\n";
  if (!row.trust || (row.trust->missing.empty() && row.trust->unread.empty())) return out;
  out += "  by hand, " + row.trust->step + "\n";
  for (const std::string& name : row.trust->missing) out += "    missing there: role " + name + "\n";
  if (!row.trust->unread.empty()) out += "    not verified: " + row.trust->unread + "\n";
  return out;
}

std::string describe(const std::vector<SiteRow>& rows) {
  GroupedText text;
  for (const SiteRow& row : rows) text.add(row.site->label(), body_of(row));
  return text.text();
}

Json texts_json(const std::vector<std::string>& texts) {
  Json out = Json::array();
  for (const std::string& each : texts) out.push_back(scrub_utf8(each));
  return out;
}

std::string reason_of(const SiteRow& row) {
  if (row.problem) return described_message(*row.problem, kTextMax);
  if (!row.plan.problems.empty()) return row.plan.problems.front();
  if (row.result && row.result->error) return described_message(*row.result->error, kTextMax);
  if (row.trust && !row.trust->missing.empty()) return "a step by hand is left: " + row.trust->step;
  return row.plan.notes.empty() ? std::string() : row.plan.notes.front();
}

Json row_json(const SiteRow& row) {
  Json json = Json::object().set("account_id", row.site->account.text()).set("name", row.site->account_name);
  json.set("region", row.site->region.text()).set("status", status_of(row));
  Json steps = Json::array();
  for (const recovery::SiteDeed& deed : row.plan.deeds) {
    Json step = Json::object().set("step", to_string(deed.step));
    if (!deed.settings.id.empty()) step.set("template_id", deed.settings.id);
    if (!deed.why.empty()) step.set("why", deed.why);
    const auto done = row.result ? std::count(row.result->done.begin(), row.result->done.end(), deed.step) : 0;
    step.set("done", done > 0).set("changes", changes_json(deed.changes));
    steps.push_back(std::move(step));
  }
  json.set("steps", std::move(steps)).set("problems", texts_json(row.plan.problems));
  json.set("notes", texts_json(row.plan.notes));
  if (row.trust) {
    Json trust = Json::object().set("account_id", row.trust->account).set("step", row.trust->step);
    trust.set("roles", texts_json(row.trust->there)).set("missing", texts_json(row.trust->missing));
    if (!row.trust->unread.empty()) trust.set("not_verified", scrub_utf8(row.trust->unread));
    json.set("staging", std::move(trust));
  }
  if (row.problem) json.set("error", problem_json(*row.site, *row.problem)["error"]);
  if (row.result && row.result->error) json.set("error", failure_json(*row.result->error));
  json.set("reason", scrub_utf8(reason_of(row)));
  return json;
}

Answer answer_of(const Command& command, const std::vector<SiteRow>& rows) {
  Answer answer;
  answer.world = command.host().world;
  Json sites = Json::array();
  for (const SiteRow& row : rows) sites.push_back(row_json(row));
  answer.document = Json::object().set("schema", "postern.dr_init/1").set("sites", std::move(sites));
  answer.rows_key = "sites";
  answer.markdown_title = "Sites of Elastic Disaster Recovery";
  answer.columns.push_back(id_column("ACCOUNT", 0, "account_id"));
  answer.columns.push_back(member_column("NAME", 1, "name"));
  answer.columns.push_back(id_column("REGION", 0, "region"));
  answer.columns.emplace_back("STATUS", 0, [](const Json& row) {
    const std::string status(row["status"].to_string().value_or(""));
    const bool good = status == "done" || status == "unchanged";
    return term::Cell(status, good                       ? term::Style::good
                              : status == "would_change" ? term::Style::warning
                                                         : term::Style::bad);
  });
  answer.columns.push_back(member_column("REASON", 1, "reason"));
  return answer;
}

int code_of(const std::vector<SiteRow>& rows) {
  bool failed = false;
  bool gate = false;
  bool unknown = false;
  bool unreached = !rows.empty();
  for (const SiteRow& row : rows) {
    unreached = unreached && row.problem && !row.result;
    const std::string_view status = status_of(row);
    failed = failed || status == "failed";
    unknown = unknown || status == "unknown";
    gate = gate || status == "blocked" || (row.trust && !row.trust->missing.empty());
  }
  if (unreached) return exit_code_of(*rows.front().problem);
  if (gate) return kExitGate;
  if (unknown) return kExitUnknown;
  return failed ? kExitTargetFailed : kExitOk;
}

/// A subnet is in one account and Region: it cannot be meant for several.
Result<void> check_one_site(const fleet::DrSettings& asked, const std::vector<fleet::ScopePtr>& sites) {
  if (sites.size() < 2) return {};
  const bool local = asked.replication.contains("subnet") || asked.replication.contains("security_groups");
  if (!local) return {};
  return fail(ErrorKind::usage, "--subnet-id and --security-group belong to one site, and these are " +
                                    std::to_string(sites.size()) +
                                    ": choose one with --account and --region, or write them into the fleet file "
                                    "(dr: {replication: {subnet: ..}})");
}

bool was_denied(const SiteRow& row) {
  const bool asked = row.problem && row.problem->kind() == ErrorKind::denied;
  return asked || (row.result && row.result->error && row.result->error->kind() == ErrorKind::denied);
}

rt::Task<Result<int>> init(const Command& command, DrWork& work, std::size_t concurrency) {
  const bool dry = command.invocation().has("--dry-run");
  if (!dry) CO_TRY_VOID(expect_writable(work.aws, "setting up a site"));
  CO_TRY(const fleet::DrSettings asked, asked_settings(command.invocation()));
  CO_TRY_VOID(check_one_site(asked, work.sites));
  CO_TRY_VOID(take_via(command, work));
  Sites sites(command, work, asked);
  CO_TRY_VOID(co_await sites.look(concurrency));
  CO_TRY_VOID(co_await sites.look_at_trust(concurrency));
  std::vector<SiteRow>& rows = sites.rows();
  command.err(describe(rows));
  const auto waiting =
      static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [](const SiteRow& row) { return row.waits(); }));
  if (!dry && waiting > 0) {
    CO_TRY_VOID(co_await agree(command, "Change " + plural(waiting, "site") + "?", "changed"));
    CO_TRY_VOID(co_await sites.change(concurrency));
    CO_TRY_VOID(co_await sites.look_at_trust(concurrency));
  }
  CO_TRY_VOID(command.answer(answer_of(command, rows)));
  if (std::any_of(rows.begin(), rows.end(), was_denied)) {
    command.err(
        "\nSetting up a site is an administrator's work, which no role of postern's is made for: --via ROLE names a "
        "role "
        "that may, such as OrganizationAccountAccessRole.\n");
  }
  co_return code_of(rows);
}

}  // namespace dr_init

rt::Task<Result<int>> run_dr_init(const Command& command) {
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  CO_TRY(DrWork work, co_await open_dr(command, fleet::Duty::rollout));
  Result<int> code = co_await dr_init::init(command, work, concurrency);
  co_await work.aws.session->close();
  co_return code;
}

}  // namespace postern::cli
