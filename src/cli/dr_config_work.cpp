#include "cli/dr_config_work.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "rt/combine.hpp"

namespace postern::cli {
namespace dr_config_work {

constexpr std::size_t kSettingsMax = 1 << 20;

bool means(const std::string& word, const recovery::SourceServer& server) {
  return server.id == word || server.instance_id == word || glob_match(word, server.hostname);
}

}  // namespace dr_config_work

Result<ConfigOrder> config_order(const Command& command, bool compare) {
  const Invocation& invocation = command.invocation();
  ConfigOrder order;
  order.compare = compare;
  order.words = invocation.words;
  order.servers = !invocation.has("--templates");
  if (!order.servers && (!order.words.empty() || invocation.has("--select"))) {
    return fail(ErrorKind::usage, "--templates leaves source servers out: name none");
  }
  if (!compare) return order;
  if (const auto path = invocation.value("--file")) {
    if (invocation.has("--against")) return fail(ErrorKind::usage, "--file and --against both say what is wanted");
    order.source = ConfigSource::file;
    TRY(const std::string text, command.host().files->read(*path, dr_config_work::kSettingsMax));
    TRY(order.given, fleet::parse_dr_settings(text, *path));
    return order;
  }
  if (invocation.value("--against").value_or("fleet") == "template") order.source = ConfigSource::site_template;
  return order;
}

ConfigWork::ConfigWork(const Command& command, DrWork& work, ConfigOrder order)
    : command_(command), work_(work), order_(std::move(order)), port_(*work.aws.session), list_(*work.aws.session) {
  for (const fleet::ScopePtr& site : work.sites) {
    sites_.emplace_back();
    sites_.back().site = site;
    sites_.back().wanted =
        order_.source == ConfigSource::fleet_file ? wanted_settings(work.aws, *site, order_.given) : order_.given;
  }
}

rt::Task<Result<void>> ConfigWork::each(std::size_t count, std::size_t concurrency,
                                        rt::Task<Result<void>> (ConfigWork::*step)(std::size_t)) {
  struct One {
    One(ConfigWork* w, rt::Task<Result<void>> (ConfigWork::*s)(std::size_t)) : work(w), run(s) {}
    rt::Task<void> operator()(std::size_t index) const {
      // What went wrong stands with the site or server that it is about.
      (void)co_await (work->*run)(index);
    }
    ConfigWork* work;
    rt::Task<Result<void>> (ConfigWork::*run)(std::size_t);
  };
  const One one(this, step);
  co_await rt::for_each_bounded(count, concurrency, one);
  const bool stopped = co_await rt::is_cancelled();
  if (stopped) co_return fail(ErrorKind::cancelled, "interrupted");
  co_return Result<void>();
}

rt::Task<Result<void>> ConfigWork::site_step(std::size_t index) {
  ConfigSite& one = sites_[index];
  Result<void> done = co_await look_at_site(one);
  if (!done) one.problem = std::move(done).error();
  co_return Result<void>();
}

rt::Task<Result<void>> ConfigWork::server_step(std::size_t index) {
  ConfigServer& one = servers_[index];
  Result<void> done = co_await look_at_server(one);
  if (!done) one.problem = std::move(done).error();
  co_return Result<void>();
}

rt::Task<Result<void>> ConfigWork::apply_site_step(std::size_t index) {
  ConfigSite& one = sites_[index];
  if (one.problem || one.change.empty()) co_return Result<void>();
  Result<void> done = co_await apply_site(one);
  if (!done) one.problem = std::move(done).error();
  co_return Result<void>();
}

rt::Task<Result<void>> ConfigWork::apply_server_step(std::size_t index) {
  ConfigServer& one = servers_[index];
  if (one.problem || one.change.empty()) co_return Result<void>();
  Result<void> done = co_await apply_server(one);
  if (!done) one.problem = std::move(done).error();
  co_return Result<void>();
}

rt::Task<Result<void>> ConfigWork::look_at_site(ConfigSite& one) {
  CO_TRY(std::optional<std::vector<recovery::Settings>> templates,
         co_await port_.replication_templates(command_.ctx(), one.site));
  one.state.initialized = templates.has_value();
  if (!templates) co_return Result<void>();
  one.state.replication = std::move(*templates);
  CO_TRY(one.state.launch, co_await port_.launch_templates(command_.ctx(), one.site));
  if (order_.compare && order_.source != ConfigSource::site_template) {
    one.change = recovery::compare_templates(one.state, one.wanted);
  }
  if (!order_.servers) co_return Result<void>();
  CO_TRY(one.servers, co_await list_.list_servers(command_.ctx(), one.site, std::vector<std::string>()));
  co_return Result<void>();
}

fleet::DrSettings ConfigWork::wanted_of_server(const ConfigSite& site) const {
  if (order_.source != ConfigSource::site_template) return site.wanted;
  fleet::DrSettings out;
  if (!site.state.replication.empty()) out.replication = site.state.replication.front().values;
  if (!site.state.launch.empty()) out.launch = site.state.launch.front().values;
  return out;
}

rt::Task<Result<void>> ConfigWork::look_at_server(ConfigServer& one) {
  const ConfigSite& site = sites_[one.site];
  const auto part = one.server.is_extended() ? recovery::ReplicationPart::elsewhere : recovery::ReplicationPart::here;
  const auto ec2 = order_.compare ? recovery::LaunchTemplatePart::left : recovery::LaunchTemplatePart::read;
  CO_TRY(one.settings,
         co_await recovery::read_server_settings(command_.ctx(), port_, site.site, one.server.id, part, ec2));
  if (order_.compare) one.change = recovery::compare_settings(one.settings, wanted_of_server(site));
  co_return Result<void>();
}

rt::Task<Result<void>> ConfigWork::choose_servers(std::size_t concurrency) {
  std::set<std::pair<std::string, std::string>> instances;
  const bool selected = command_.invocation().has("--select");
  if (selected) {
    CO_TRY(const fleet::Selector selector, chosen_selector(command_, work_.aws.fleet));
    adapters::AwsInventory inventory(*work_.aws.session);
    fleet::DiscoverOptions options;
    options.concurrency = concurrency;
    CO_TRY(const fleet::Discovery found,
           co_await fleet::discover(command_.ctx(), inventory, work_.aws.scopes, selector, options));
    for (const fleet::Instance& each : found.instances) {
      instances.emplace(each.ref.scope().account.text(), each.ref.id().text());
    }
    command_.err(summarize_problems(found));
  }
  std::vector<bool> used(order_.words.size(), false);
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    for (recovery::SourceServer& server : sites_[i].servers) {
      bool wanted = order_.words.empty();
      for (std::size_t w = 0; w < order_.words.size(); ++w) {
        if (!dr_config_work::means(order_.words[w], server)) continue;
        used[w] = true;
        wanted = true;
      }
      // Disconnected servers have no settings any more; who names one is answered all the same.
      if (order_.words.empty() && server.state == recovery::ReplicationState::disconnected) wanted = false;
      if (selected && !instances.contains(std::pair(server.origin_account, server.instance_id))) wanted = false;
      if (!wanted) continue;
      servers_.emplace_back();
      servers_.back().site = i;
      servers_.back().server = std::move(server);
    }
    sites_[i].servers.clear();
  }
  const bool all_asked = std::none_of(sites_.begin(), sites_.end(), [](const ConfigSite& one) { return one.problem; });
  for (std::size_t w = 0; all_asked && w < used.size(); ++w) {
    if (!used[w]) {
      co_return fail(ErrorKind::usage, "no source server is called '" + printable(order_.words[w], 80) +
                                           "': an id (s-...), an instance's id or a host name");
    }
  }
  co_return Result<void>();
}

rt::Task<Result<void>> ConfigWork::look(std::size_t concurrency) {
  CO_TRY_VOID(co_await each(sites_.size(), concurrency, &ConfigWork::site_step));
  CO_TRY_VOID(co_await choose_servers(concurrency));
  co_return co_await each(servers_.size(), concurrency, &ConfigWork::server_step);
}

rt::Task<Result<void>> ConfigWork::apply_site(ConfigSite& one) {
  CO_TRY(one.result, co_await recovery::apply_template_settings(command_.ctx(), port_, one.site, one.state, one.change,
                                                                one.wanted));
  co_return Result<void>();
}

rt::Task<Result<void>> ConfigWork::apply_server(ConfigServer& one) {
  const ConfigSite& site = sites_[one.site];
  CO_TRY(one.result, co_await recovery::apply_server_settings(command_.ctx(), port_, site.site, one.server.id,
                                                              one.change, wanted_of_server(site)));
  co_return Result<void>();
}

rt::Task<Result<void>> ConfigWork::apply(std::size_t concurrency) {
  CO_TRY_VOID(co_await each(sites_.size(), concurrency, &ConfigWork::apply_site_step));
  co_return co_await each(servers_.size(), concurrency, &ConfigWork::apply_server_step);
}

}  // namespace postern::cli
