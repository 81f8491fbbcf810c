// How the settings of sites and servers are told.

#include <algorithm>

#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/dr_config_work.hpp"
#include "cli/failure.hpp"

namespace postern::cli {
namespace dr_config_show {

using recovery::ApplyOutcome;

constexpr std::size_t kTextMax = 400;
constexpr std::size_t kFieldWidth = 24;

/// A site that is not set up differs from anything that is wanted of it.
bool is_missing(const ConfigWork& work, const ConfigSite& one) {
  return work.order().compare && !one.problem && !one.state.initialized && !one.wanted.empty();
}

/// Of a template that is wanted and not there.
bool lacks_template(const ConfigWork& work, const ConfigSite& one) {
  if (!work.order().compare || one.problem || !one.state.initialized) return false;
  const bool replication = one.state.replication.empty() && !one.wanted.replication.empty();
  return replication || (one.state.launch.empty() && !one.wanted.launch.empty());
}

template <class One>
std::string status_of(const ConfigWork& work, const One& one) {
  if (one.problem) return "failed";
  if (one.result) return std::string(to_string(one.result->outcome));
  if (!work.order().compare) return "ok";
  return one.change.empty() ? "same" : "differs";
}

std::string site_status(const ConfigWork& work, const ConfigSite& one) {
  if (!one.problem && !one.state.initialized) return "not_initialized";
  if (lacks_template(work, one)) return "no_template";
  return status_of(work, one);
}

Json parts_json(const recovery::SettingsChange& change) {
  Json out = Json::object();
  out.set("replication", changes_json(change.replication)).set("launch", changes_json(change.launch));
  return out;
}

Json template_json(const std::vector<recovery::Settings>& templates) {
  if (templates.empty()) return Json();
  Json out = Json::object().set("id", templates.front().id);
  for (const Json::Member& member : templates.front().values.members()) out.set(member.key, member.value);
  return out;
}

template <class One>
void add_error(const One& one, const fleet::Scope& site, Json& json) {
  if (one.problem) json.set("error", problem_json(site, *one.problem)["error"]);
  if (one.result && one.result->error) json.set("error", failure_json(*one.result->error));
}

Json site_json(const ConfigWork& work, const ConfigSite& one) {
  Json json = Json::object().set("account_id", one.site->account.text()).set("name", one.site->account_name);
  json.set("region", one.site->region.text()).set("status", site_status(work, one));
  json.set("initialized", one.state.initialized);
  json.set("replication_template", template_json(one.state.replication));
  json.set("launch_template", template_json(one.state.launch));
  if (work.order().compare) json.set("changes", parts_json(one.change));
  add_error(one, *one.site, json);
  return json;
}

Json ec2_json(const recovery::LaunchTemplate& from) {
  Json groups = Json::array();
  for (const std::string& id : from.security_groups) groups.push_back(id);
  return Json::object()
      .set("id", from.id)
      .set("version", from.version)
      .set("instance_type", from.instance_type)
      .set("subnet", from.subnet)
      .set("security_groups", std::move(groups))
      .set("instance_profile", scrub_utf8(from.instance_profile));
}

std::string fields_of(const recovery::SettingsChange& change) {
  std::string out;
  for (const auto* part : {&change.replication, &change.launch}) {
    for (const recovery::FieldChange& each : *part) out += (out.empty() ? "" : ", ") + each.field;
  }
  return out;
}

std::string reason_of(const ConfigServer& one) {
  if (one.problem) return described_message(*one.problem, kTextMax);
  if (one.result && one.result->error) return described_message(*one.result->error, kTextMax);
  if (!one.settings.ec2_unread.empty()) return printable(one.settings.ec2_unread, kTextMax);
  return fields_of(one.change);
}

Json server_json(const ConfigWork& work, const ConfigServer& one) {
  const fleet::Scope& site = *work.sites()[one.site].site;
  Json json = Json::object().set("account_id", site.account.text()).set("account", site.account_name);
  json.set("region", site.region.text()).set("source_server_id", one.server.id);
  json.set("instance_id", one.server.instance_id).set("hostname", scrub_utf8(one.server.hostname));
  json.set("status", status_of(work, one));
  if (one.server.is_extended()) json.set("staging_account_id", one.server.staging_account);
  if (!one.problem) {
    json.set("replication", one.settings.replication ? one.settings.replication->values : Json());
    json.set("launch", one.settings.launch.values);
    if (one.settings.ec2) json.set("ec2_launch_template", ec2_json(*one.settings.ec2));
  }
  if (work.order().compare) json.set("changes", parts_json(one.change));
  add_error(one, site, json);
  json.set("reason", scrub_utf8(reason_of(one)));
  return json;
}

/// A column of a setting of one part.
OutputColumn setting_column(std::string header, int priority, std::string part, std::string field) {
  return OutputColumn(std::move(header), priority, [part = std::move(part), field = std::move(field)](const Json& row) {
    const Json& value = row[part][field];
    return term::Cell(value.is_null() ? std::string() : recovery::setting_text(value));
  });
}

std::string template_text(std::string_view what, const std::vector<recovery::Settings>& templates) {
  if (templates.empty()) return "  no " + std::string(what) + "\n";
  std::string out = "  " + std::string(what) + "\n";
  for (const Json::Member& member : templates.front().values.members()) {
    std::string name = member.key;
    name.resize(std::max(name.size() + 1, kFieldWidth), ' ');
    out += "      " + name + recovery::setting_text(member.value) + "\n";
  }
  return out;
}

std::string templates_text(const ConfigWork& work) {
  GroupedText text;
  for (const ConfigSite& one : work.sites()) {
    if (one.problem) continue;
    if (!one.state.initialized) {
      text.add(one.site->label(), "  not initialised: postern dr init\n");
      continue;
    }
    text.add(one.site->label(), template_text("replication template", one.state.replication) +
                                    template_text("launch template", one.state.launch));
  }
  return text.text();
}

std::string change_text(const recovery::SettingsChange& change) {
  std::string out;
  if (!change.replication.empty()) out += "  replication\n" + changes_text(change.replication, "      ");
  if (!change.launch.empty()) out += "  launch\n" + changes_text(change.launch, "      ");
  return out;
}

std::string server_name(const ConfigWork& work, const ConfigServer& one) {
  const std::string host = one.server.hostname.empty() ? one.server.instance_id : one.server.hostname;
  return work.sites()[one.site].site->label() + "/" + one.server.id +
         (host.empty() ? "" : " (" + printable(host) + ")");
}

}  // namespace dr_config_show

std::size_t count_differing(const ConfigWork& work) {
  const auto differs = [](const auto& one) { return !one.problem && !one.change.empty(); };
  return static_cast<std::size_t>(std::count_if(work.sites().begin(), work.sites().end(), differs) +
                                  std::count_if(work.servers().begin(), work.servers().end(), differs));
}

std::string describe_config(const ConfigWork& work) {
  using namespace dr_config_show;
  GroupedText text;
  for (const ConfigSite& one : work.sites()) {
    if (one.problem) {
      text.add(one.site->label(), "  could not be looked at: " + described_message(*one.problem, kTextMax) + "\n");
    } else if (is_missing(work, one)) {
      text.add(one.site->label(), "  not initialised: postern dr init\n");
    } else if (lacks_template(work, one)) {
      text.add(one.site->label(), "  a template is missing: postern dr init\n");
    }
    if (!one.change.empty()) text.add("templates of " + one.site->label(), change_text(one.change));
  }
  for (const ConfigServer& one : work.servers()) {
    if (one.problem) {
      text.add(server_name(work, one), "  could not be looked at: " + described_message(*one.problem, kTextMax) + "\n");
    }
    if (!one.change.empty()) text.add(server_name(work, one), change_text(one.change));
  }
  return text.text();
}

Answer config_answer(const Command& command, const ConfigWork& work) {
  using namespace dr_config_show;
  Answer answer;
  answer.world = command.host().world;
  Json sites = Json::array();
  for (const ConfigSite& one : work.sites()) sites.push_back(site_json(work, one));
  Json servers = Json::array();
  for (const ConfigServer& one : work.servers()) servers.push_back(server_json(work, one));
  answer.document = Json::object().set("schema", "postern.dr_config/1").set("sites", std::move(sites));
  answer.document.set("servers", std::move(servers));
  answer.rows_key = work.order().servers ? "servers" : "sites";
  answer.markdown_title = "Settings of disaster recovery";
  if (!work.order().servers) {
    answer.columns.push_back(id_column("ACCOUNT", 0, "account_id"));
    answer.columns.push_back(member_column("NAME", 1, "name"));
    answer.columns.push_back(id_column("REGION", 0, "region"));
    answer.columns.push_back(member_column("STATUS", 0, "status"));
  } else {
    answer.columns.push_back(member_column("ACCOUNT", 2, "account"));
    answer.columns.push_back(id_column("REGION", 3, "region"));
    answer.columns.push_back(id_column("SERVER", 0, "source_server_id"));
    answer.columns.push_back(member_column("HOST", 1, "hostname"));
    answer.columns.push_back(member_column("STATUS", 0, "status"));
  }
  if (work.order().servers && !work.order().compare) {
    answer.columns.push_back(setting_column("SUBNET", 4, "replication", "subnet"));
    answer.columns.push_back(setting_column("ROUTING", 5, "replication", "routing"));
    answer.columns.push_back(setting_column("ENCRYPTION", 5, "replication", "encryption"));
    answer.columns.push_back(setting_column("LAUNCH", 2, "launch", "disposition"));
    answer.columns.push_back(setting_column("SIZING", 3, "launch", "right_sizing"));
    answer.columns.push_back(setting_column("TYPE", 3, "ec2_launch_template", "instance_type"));
  }
  if (work.order().servers) answer.columns.push_back(member_column("REASON", 1, "reason"));
  if (!work.order().compare) answer.table_footer = templates_text(work);
  return answer;
}

int config_exit_code(const ConfigWork& work) {
  using namespace dr_config_show;
  bool failed = false;
  bool unread = false;
  bool unknown = false;
  bool differs = false;
  bool unreached = !work.sites().empty();
  const auto take = [&](const auto& one) {
    unread = unread || one.problem.has_value();
    differs = differs || (!one.problem && !one.result && !one.change.empty());
    failed = failed || (one.result && one.result->outcome == ApplyOutcome::failed);
    unknown = unknown || (one.result && one.result->outcome == ApplyOutcome::unknown);
  };
  for (const ConfigSite& one : work.sites()) {
    take(one);
    differs = differs || is_missing(work, one) || lacks_template(work, one);
    unreached = unreached && one.problem.has_value();
  }
  for (const ConfigServer& one : work.servers()) take(one);
  if (unreached) return exit_code_of(*work.sites().front().problem);
  if (differs) return kExitGate;
  if (unread || unknown) return kExitUnknown;
  return failed ? kExitTargetFailed : kExitOk;
}

}  // namespace postern::cli
