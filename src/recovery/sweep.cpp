#include "recovery/sweep.hpp"

#include <algorithm>

#include "rt/combine.hpp"
#include "rt/waiter.hpp"

namespace postern::recovery {
namespace {

using Listed = Result<std::vector<SourceServer>>;

/// One site's servers into its place.
struct ListOne {
  ListOne(rt::CallContext c, ServerSource* s, const std::vector<fleet::ScopePtr>* w,
          std::vector<std::optional<Listed>>* l)
      : ctx(c), source(s), sites(w), lists(l) {}
  rt::Task<void> operator()(std::size_t index) const {
    Listed list = co_await source->list_servers(ctx, (*sites)[index], std::vector<std::string>());
    (*lists)[index] = std::move(list);
  }
  rt::CallContext ctx;
  ServerSource* source;
  const std::vector<fleet::ScopePtr>* sites;
  std::vector<std::optional<Listed>>* lists;
};

struct ReadOne {
  ReadOne(rt::CallContext c, ServerSource* s, Sweep* w, const std::vector<std::size_t>* a)
      : ctx(c), source(s), sweep(w), asked(a) {}
  rt::Task<void> operator()(std::size_t index) const {
    const std::size_t at = (*asked)[index];
    const SourceServer& server = sweep->servers[at];
    const auto point = co_await source->newest_point(ctx, server.site, server.id);
    PointsRead& read = sweep->points[at];
    read.asked = true;
    read.failed = !point.has_value();
    if (point) read.newest = *point;
  }
  rt::CallContext ctx;
  ServerSource* source;
  Sweep* sweep;
  const std::vector<std::size_t>* asked;
};

void take(Sweep& sweep, const fleet::ScopePtr& site, Listed list) {
  if (!list) {
    if (is_uninitialized(list.error())) {
      sweep.uninitialized.push_back(site);
    } else {
      sweep.problems.emplace_back(site, std::move(list).error());
    }
    return;
  }
  std::sort(list->begin(), list->end(), [](const SourceServer& a, const SourceServer& b) { return a.id < b.id; });
  for (SourceServer& server : *list) sweep.servers.push_back(std::move(server));
}

}  // namespace

rt::Task<Result<Sweep>> sweep_sites(rt::CallContext ctx, ServerSource& source, std::vector<fleet::ScopePtr> sites,
                                    SweepOptions options) {
  Sweep sweep;
  sweep.sites_asked = sites.size();
  std::vector<std::optional<Listed>> lists(sites.size());
  const ListOne list(ctx, &source, &sites, &lists);
  co_await rt::for_each_bounded(sites.size(), options.concurrency, list);
  if (co_await rt::is_cancelled()) co_return fail(ErrorKind::cancelled, "interrupted");
  for (std::size_t i = 0; i < sites.size(); ++i) {
    if (lists[i]) take(sweep, sites[i], std::move(*lists[i]));
  }
  sweep.at = ctx.clock().wall_now();
  sweep.points.resize(sweep.servers.size());
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < sweep.servers.size(); ++i) {
    const SourceServer& server = sweep.servers[i];
    // A server that is gone from the service has no points to ask for.
    const bool wanted = options.points == ReadPoints::of_all || (options.points == ReadPoints::of_the_troubled &&
                                                                 needs_points(server, sweep.at, options.policy));
    if (wanted && server.state != ReplicationState::disconnected) asked.push_back(i);
  }
  const ReadOne read(ctx, &source, &sweep, &asked);
  co_await rt::for_each_bounded(asked.size(), options.concurrency, read);
  if (co_await rt::is_cancelled()) co_return fail(ErrorKind::cancelled, "interrupted");
  co_return sweep;
}

}  // namespace postern::recovery
