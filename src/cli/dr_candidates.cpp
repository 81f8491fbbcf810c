#include "cli/dr_candidates.hpp"

#include <algorithm>

#include "adapters/inventory_source.hpp"
#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/failure.hpp"
#include "rt/combine.hpp"

namespace postern::cli {
namespace dr_candidates {

using recovery::ChosenLaunch;
using recovery::SourceServer;

constexpr std::size_t kNamedMax = 10;     // unknown words in a message
constexpr std::size_t kDoubtMax = 300;    // bytes of an error in a line
constexpr std::size_t kPointsAtOnce = 8;  // calls for points in time under way

template <class Value>
struct Asked {
  Asked() = default;
  std::optional<Result<Value>> answer;
};

/// Lists the servers of every site.
class ServerLister {
 public:
  ServerLister(rt::CallContext ctx, adapters::DrsServers& source, const std::vector<fleet::ScopePtr>& sites,
               std::vector<Asked<std::vector<SourceServer>>>* into)
      : ctx_(ctx), source_(&source), sites_(&sites), into_(into) {}
  rt::Task<void> operator()(std::size_t index) const {
    (*into_)[index].answer.emplace(co_await source_->list_servers(ctx_, (*sites_)[index], std::vector<std::string>()));
  }

 private:
  rt::CallContext ctx_;
  adapters::DrsServers* source_;
  const std::vector<fleet::ScopePtr>* sites_;
  std::vector<Asked<std::vector<SourceServer>>>* into_;
};

/// Lists the instances of every scope: their names and tags.
class InstanceLister {
 public:
  InstanceLister(rt::CallContext ctx, adapters::AwsInventory& source, const std::vector<fleet::ScopePtr>& scopes,
                 std::vector<Asked<std::vector<fleet::Ec2Record>>>* into)
      : ctx_(ctx), source_(&source), scopes_(&scopes), into_(into) {}
  rt::Task<void> operator()(std::size_t index) const {
    (*into_)[index].answer.emplace(co_await source_->list_instances(ctx_, (*scopes_)[index], fleet::Ec2Filters()));
  }

 private:
  rt::CallContext ctx_;
  adapters::AwsInventory* source_;
  const std::vector<fleet::ScopePtr>* scopes_;
  std::vector<Asked<std::vector<fleet::Ec2Record>>>* into_;
};

/// Reads the newest points of the servers that need them.
class PointReader {
 public:
  PointReader(rt::CallContext ctx, adapters::DrsServers& source, std::vector<ChosenLaunch>& chosen,
              std::vector<std::size_t> which)
      : ctx_(ctx), source_(&source), chosen_(&chosen), which_(std::move(which)) {}
  std::size_t count() const { return which_.size(); }
  rt::Task<void> operator()(std::size_t index) const {
    recovery::LaunchCandidate& one = (*chosen_)[which_[index]].candidate;
    Result<std::optional<recovery::RecoveryPoint>> point =
        co_await source_->newest_point(ctx_, one.server.site, one.server.id);
    one.point_read = point.has_value();
    if (point) one.point = std::move(*point);
    if (!point) one.point_error = described_message(point.error(), kDoubtMax);
  }

 private:
  rt::CallContext ctx_;
  adapters::DrsServers* source_;
  std::vector<ChosenLaunch>* chosen_;
  std::vector<std::size_t> which_;
};

/// A server as a selector and the rails see it.
fleet::Instance view_of(const SourceServer& server, const fleet::Ec2Record* ec2) {
  fleet::Instance out;
  Result<fleet::InstanceId> id = fleet::InstanceId::parse(server.instance_id);
  out.ref = fleet::TargetRef(server.site, id ? std::move(*id) : fleet::InstanceId());
  out.tags = server.tags;
  if (ec2 != nullptr) {
    for (const auto& [key, value] : ec2->tags) out.tags[key] = value;
  }
  const auto name = out.tags.find("Name");
  out.name = name != out.tags.end() && !name->second.empty() ? name->second : server.hostname;
  if (out.name.empty()) out.name = server.instance_id.empty() ? server.id : server.instance_id;
  const std::string os = to_lower(server.os);
  if (!os.empty()) {
    out.platform = os.find("windows") != std::string::npos ? fleet::Platform::windows : fleet::Platform::linux_os;
  }
  if (ec2 != nullptr) out.state = fleet::parse_state(ec2->state).value_or(fleet::InstanceState::none);
  return out;
}

/// One command's way through it.
class Loader {
 public:
  Loader(const Command& command, DrWork& work, LaunchWanted wanted)
      : ctx_(command.ctx()),
        work_(work),
        wanted_(std::move(wanted)),
        servers_(*work.aws.session),
        jobs_(*work.aws.session) {}

  rt::Task<Result<Candidates>> run() {
    if (wanted_.parent) keep_scopes_of(*wanted_.parent, work_.sites);
    co_await list();
    if (wanted_.selector || rails_see_tags()) co_await ask_ec2();
    CO_TRY_VOID(choose());
    for (const fleet::ScopePtr& site : work_.sites) CO_TRY_VOID(co_await read_instances(site));
    co_await read_points();
    if (co_await rt::is_cancelled()) co_return fail(ErrorKind::cancelled, "interrupted");
    decide();
    co_return std::move(out_);
  }

 private:
  /// Protected targets and freeze windows may be told by tags of instances, also of servers that are named by id.
  bool rails_see_tags() const {
    const std::optional<fleet::FleetFile>& fleet = work_.aws.fleet;
    return fleet && (!(fleet->protect == fleet::Selector::none()) || !fleet->freeze.empty());
  }

  rt::Task<void> list() {
    std::vector<Asked<std::vector<SourceServer>>> asked(work_.sites.size());
    const ServerLister lister(ctx_, servers_, work_.sites, &asked);
    co_await rt::for_each_bounded(work_.sites.size(), wanted_.concurrency, lister);
    out_.asked.scopes_asked = work_.sites.size();
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (!asked[i].answer) continue;  // cancelled
      Result<std::vector<SourceServer>>& answer = *asked[i].answer;
      if (answer) {
        for (SourceServer& server : *answer) take(std::move(server));
      } else if (recovery::is_uninitialized(answer.error())) {
        out_.doubts.push_back("Elastic Disaster Recovery was never set up in " + work_.sites[i]->label() +
                              ": there are no servers");
      } else {
        out_.asked.problems.emplace_back(work_.sites[i], std::move(answer).error());
      }
    }
    out_.asked.instances_seen = all_.size();
  }

  void take(SourceServer server) {
    const Result<fleet::InstanceId> id = fleet::InstanceId::parse(server.id);
    if (id && fleet::is_source_server(*id)) {
      all_.push_back(std::move(server));
    } else {
      out_.doubts.push_back("a source server in " + server.site->label() +
                            " has an id that makes no sense: " + printable(server.id, 60));
    }
  }

  /// Names and tags as EC2 has them now. In the Region that is recovered from nobody may answer.
  rt::Task<void> ask_ec2() {
    adapters::AwsInventory inventory(*work_.aws.session);
    std::vector<Asked<std::vector<fleet::Ec2Record>>> asked(work_.aws.scopes.size());
    const InstanceLister lister(ctx_, inventory, work_.aws.scopes, &asked);
    co_await rt::for_each_bounded(work_.aws.scopes.size(), wanted_.concurrency, lister);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (!asked[i].answer) continue;
      const fleet::Scope& scope = *work_.aws.scopes[i];
      if (!*asked[i].answer) {
        out_.doubts.push_back("the tags of the instances in " + scope.label() + " could not be read (" +
                              described_message(asked[i].answer->error(), kDoubtMax) +
                              "): there the selector, protected targets and freeze windows see those of the source "
                              "servers alone");
        continue;
      }
      for (fleet::Ec2Record& record : **asked[i].answer) {
        std::string id = record.instance_id.text();
        ec2_.emplace(std::pair(scope.account.text(), std::move(id)), std::move(record));
      }
    }
  }

  const fleet::Ec2Record* ec2_of(const SourceServer& server) const {
    const auto found = ec2_.find(std::pair(server.origin_account, server.instance_id));
    return found == ec2_.end() ? nullptr : &found->second;
  }

  Result<void> choose() {
    std::set<std::string> unmatched(wanted_.words.begin(), wanted_.words.end());
    for (const SourceServer& server : all_) {
      const fleet::Instance view = view_of(server, ec2_of(server));
      if (!is_wanted(server, view, &unmatched)) continue;
      ChosenLaunch& one = out_.chosen.emplace_back();
      one.candidate.server = server;
      one.candidate.name = view.name;
      one.candidate.tags = view.tags;
      out_.instances.push_back(view);
      out_.instances.back().ref = one.ref();
    }
    if (!unmatched.empty() && out_.asked.problems.empty()) {
      std::vector<std::string> some(unmatched.begin(), unmatched.end());
      const std::size_t more = some.size() > kNamedMax ? some.size() - kNamedMax : 0;
      some.resize(some.size() - more);
      return fail(ErrorKind::usage, "no source server in " + plural(work_.sites.size(), "site") + " is " +
                                        printable(join(some, ", "), 600) +
                                        (more > 0 ? " and " + std::to_string(more) + " more" : ""));
    }
    mark_duplicates();
    return Result<void>();
  }

  bool is_wanted(const SourceServer& server, const fleet::Instance& view, std::set<std::string>* unmatched) const {
    if (wanted_.parent) {
      const auto key = std::tuple(server.site->account.text(), server.site->region.text(), server.id);
      if (!wanted_.parent->wanted.contains(key)) return false;
    }
    if (!wanted_.words.empty()) {
      bool named = false;
      for (const std::string& word : wanted_.words) {
        if (word != server.id && word != server.instance_id) continue;
        // An instance may have left servers behind; by its id the ones in use are meant.
        if (word == server.instance_id && !server.is_live()) continue;
        named = true;
        unmatched->erase(word);
      }
      if (!named) return false;
    }
    return !wanted_.selector || wanted_.selector->matches(view);
  }

  void mark_duplicates() {
    const recovery::ServersByInstance by = recovery::by_instance(all_);
    for (ChosenLaunch& one : out_.chosen) {
      const SourceServer& server = one.candidate.server;
      const auto [first, last] = by.equal_range(std::pair(server.origin_account, server.instance_id));
      const auto others = std::count_if(first, last, [&server](const auto& entry) {
        const SourceServer& other = *entry.second;
        return other.is_live() && other.id != server.id && *other.site == *server.site;
      });
      one.candidate.duplicate = server.is_live() && !server.instance_id.empty() && others > 0;
    }
  }

  /// What the servers' recovery instances are. Unreadable: a drill then does not go.
  rt::Task<Result<void>> read_instances(fleet::ScopePtr site) {
    std::vector<std::string> ids;
    for (const ChosenLaunch& one : out_.chosen) {
      const SourceServer& server = one.candidate.server;
      if (*server.site == *site && !server.recovery_instance_id.empty()) ids.push_back(server.id);
    }
    if (ids.empty()) co_return Result<void>();
    Result<std::vector<recovery::RecoveryInstance>> read = co_await jobs_.instances(ctx_, site, std::move(ids));
    if (!read) {
      if (read.error().kind() == ErrorKind::cancelled) co_return fail(std::move(read).error());
      out_.doubts.push_back("the recovery instances in " + site->label() +
                            " could not be read: " + described_message(read.error(), kDoubtMax));
      co_return Result<void>();
    }
    for (ChosenLaunch& one : out_.chosen) {
      if (*one.candidate.server.site != *site) continue;
      for (const recovery::RecoveryInstance& instance : *read) {
        if (instance.id == one.candidate.server.recovery_instance_id) one.candidate.instance = instance;
      }
    }
    co_return Result<void>();
  }

  rt::Task<void> read_points() {
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < out_.chosen.size(); ++i) {
      if (recovery::needs_point(out_.chosen[i].candidate.server, wanted_.policy)) which.push_back(i);
    }
    const PointReader reader(ctx_, servers_, out_.chosen, std::move(which));
    co_await rt::for_each_bounded(reader.count(), kPointsAtOnce, reader);
  }

  void decide() {
    const WallTime now = ctx_.clock().wall_now();
    for (ChosenLaunch& one : out_.chosen) {
      one.choice = recovery::choose_launch(one.candidate, wanted_.policy, now);
    }
  }

  rt::CallContext ctx_;
  DrWork& work_;
  LaunchWanted wanted_;
  adapters::DrsServers servers_;
  adapters::DrsJobs jobs_;
  std::vector<SourceServer> all_;
  std::map<std::pair<std::string, std::string>, fleet::Ec2Record> ec2_;  ///< by account and id
  Candidates out_;
};

}  // namespace dr_candidates

rt::Task<Result<Candidates>> load_candidates(const Command& command, DrWork& work, LaunchWanted wanted) {
  if (wanted.words.empty() && !wanted.selector && !wanted.parent) {
    co_return fail(ErrorKind::usage,
                   "which servers? Name source servers (s-...) or instances (i-...), or --select them; --select all is "
                   "every server of the sites");
  }
  dr_candidates::Loader loader(command, work, std::move(wanted));
  co_return co_await loader.run();
}

}  // namespace postern::cli
