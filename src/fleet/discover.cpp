#include "fleet/discover.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "base/check.hpp"
#include "base/encoding.hpp"
#include "rt/combine.hpp"

namespace postern::fleet {
namespace {

constexpr std::size_t kRepeatsTold = 20;

/// What is to be said of one scope, filled by its task.
struct Found {
  Found() = default;
  std::vector<std::string> oddities;
  std::optional<Error> failure;
  std::optional<Error> ssm_failure;
  bool asked = false;
  /// Its instances that are meant, in order, among those of all scopes.
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

using Ec2Answer = Result<std::vector<Ec2Record>>;
using SsmAnswer = Result<std::vector<SsmRecord>>;

rt::Task<void> ask_ec2(rt::CallContext ctx, InventorySource* source, ScopePtr scope, Ec2Filters filters,
                       std::optional<Ec2Answer>* into) {
  into->emplace(co_await source->list_instances(ctx, std::move(scope), std::move(filters)));
}

rt::Task<void> ask_ssm(rt::CallContext ctx, InventorySource* source, ScopePtr scope, std::optional<SsmAnswer>* into) {
  into->emplace(co_await source->list_managed(ctx, std::move(scope)));
}

/// Never empty: join_inventory() takes an empty text for an answer.
std::string why_unknown(const Error& error) {
  return error.message().empty() ? "Systems Manager did not answer" : error.message();
}

bool is_gone(const Instance& instance) {
  return instance.state == InstanceState::terminated || instance.state == InstanceState::shutting_down;
}

/// What all tasks of one discovery share. They run on one executor: no lock.
struct Asking {
  Asking(const std::vector<ScopePtr>& s, const Selector& w, const DiscoverOptions& o)
      : scopes(&s), selector(&w), options(&o), found(s.size()) {}

  /// Puts what is meant behind what others found, at once: a scope's lists need not be kept until the last has
  /// answered.
  void take(Found& from, std::vector<Instance> instances) {
    std::vector<Instance>& all = discovery.instances;
    ++answered;
    discovery.instances_seen += instances.size();
    make_room(instances.size());
    from.first = static_cast<std::uint32_t>(all.size());
    for (Instance& instance : instances) {
      if (!options->terminated_too && is_gone(instance)) continue;
      if (selector->matches(instance)) all.push_back(std::move(instance));
    }
    from.count = static_cast<std::uint32_t>(all.size()) - from.first;
  }

  /// For as many as there will be if the other scopes have as many as those that answered: growing by halves would hold
  /// all of them twice, time and again. What is not used of it takes no memory.
  void make_room(std::size_t more) {
    std::vector<Instance>& all = discovery.instances;
    const std::size_t needed = all.size() + more;
    if (needed <= all.capacity()) return;
    if (options->before_room) options->before_room();
    all.reserve(std::max(needed / answered * scopes->size(), needed + needed / 2));
  }

  const std::vector<ScopePtr>* scopes;
  const Selector* selector;
  const DiscoverOptions* options;
  std::vector<Found> found;
  std::size_t answered = 0;
  Discovery discovery;
};

class ScopeAsker {
 public:
  ScopeAsker(rt::CallContext ctx, InventorySource& source, Asking& asking)
      : ctx_(ctx), source_(&source), asking_(&asking) {}

  rt::Task<void> operator()(std::size_t index) const {
    const ScopePtr scope = (*asking_->scopes)[index];
    Found& found = asking_->found[index];
    const Selector& selector = *asking_->selector;
    if (!selector.could_match(*scope)) co_return;
    found.asked = true;
    std::optional<Ec2Answer> ec2;
    std::optional<SsmAnswer> ssm;
    const Ec2Filters filters = pushdown(selector, *scope);
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    if (filters.nothing) {
      ec2.emplace(std::vector<Ec2Record>());
    } else {
      group.spawn(ask_ec2(ctx_, source_, scope, filters, &ec2));
    }
    group.spawn(ask_ssm(ctx_, source_, scope, &ssm));
    co_await group.join();
    if (!*ec2) {
      found.failure.emplace(std::move(*ec2).error());
      co_return;
    }
    const std::vector<SsmRecord> none;
    const std::string reason = *ssm ? std::string() : why_unknown(ssm->error());
    Joined joined = join_inventory(scope, std::move(**ec2), *ssm ? **ssm : none, reason);
    found.oddities = std::move(joined.oddities);
    asking_->take(found, std::move(joined.instances));
    if (*ssm) co_return;
    // Without EC2 (the selector means hybrid nodes) SSM's list was all there is.
    std::optional<Error>& failure = filters.nothing ? found.failure : found.ssm_failure;
    failure.emplace(std::move(*ssm).error());
  }

 private:
  rt::CallContext ctx_;
  InventorySource* source_;
  Asking* asking_;
};

void note_problems(const ScopePtr& scope, Found& found, Discovery& discovery) {
  ++discovery.scopes_asked;
  if (found.failure) discovery.problems.emplace_back(scope, std::move(*found.failure));
  if (found.ssm_failure) discovery.ssm_problems.emplace_back(scope, std::move(*found.ssm_failure));
  for (const std::string& oddity : found.oddities) discovery.oddities.push_back(scope->label() + ": " + oddity);
}

/// Puts at each index what `place` says comes there; each is moved about once.
void permute(std::vector<Instance>& all, std::vector<std::uint32_t> place) {
  for (std::uint32_t start = 0; start < all.size(); ++start) {
    if (place[start] == start) continue;
    Instance held = std::move(all[start]);
    std::uint32_t at = start;
    for (std::uint32_t from = place[at]; from != start; from = place[at]) {
      all[at] = std::move(all[from]);
      place[at] = at;
      at = from;
    }
    all[at] = std::move(held);
    place[at] = at;
  }
}

/// The lists, each in order, are in order together when they are taken in this one: nothing is left to sort then.
std::vector<std::uint32_t> by_account(const std::vector<ScopePtr>& scopes, const std::vector<Found>& found) {
  std::vector<std::size_t> order(scopes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(scopes[a]->account, scopes[a]->region, a) < std::tie(scopes[b]->account, scopes[b]->region, b);
  });
  std::vector<std::uint32_t> place;
  for (const std::size_t scope : order) {
    for (std::uint32_t i = 0; i < found[scope].count; ++i) place.push_back(found[scope].first + i);
  }
  return place;
}

bool is_same_instance(const Instance& a, const Instance& b) {
  return a.ref.id() == b.ref.id() && a.ref.scope().region == b.ref.scope().region &&
         a.ref.scope().account == b.ref.scope().account;
}

/// Two ways into one account (two profiles, say) list the same instances: a command must not run twice there.
void sort_and_drop_repeated(Discovery& discovery) {
  const auto in_order = [](const Instance& a, const Instance& b) {
    const Scope& x = a.ref.scope();
    const Scope& y = b.ref.scope();
    const auto place_of_a = std::tie(x.account, x.region, a.ref.id());
    const auto place_of_b = std::tie(y.account, y.region, b.ref.id());
    return place_of_a != place_of_b ? place_of_a < place_of_b : scope_before(x, y);
  };
  std::vector<Instance>& all = discovery.instances;
  if (!std::is_sorted(all.begin(), all.end(), in_order)) std::sort(all.begin(), all.end(), in_order);
  std::size_t told = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (!is_same_instance(all[i - 1], all[i]) || told >= kRepeatsTold) continue;
    discovery.oddities.push_back(all[i].ref.label() + " was listed by " + all[i - 1].ref.scope().access.describe() +
                                 " and by " + all[i].ref.scope().access.describe() + ": it is taken once");
    ++told;
  }
  all.erase(std::unique(all.begin(), all.end(), is_same_instance), all.end());
}

}  // namespace

rt::Task<Result<Discovery>> discover(rt::CallContext ctx, InventorySource& source, std::vector<ScopePtr> scopes,
                                     Selector selector, DiscoverOptions options) {
  Asking asking(scopes, selector, options);
  const ScopeAsker ask(ctx, source, asking);
  co_await rt::for_each_bounded(scopes.size(), std::max<std::size_t>(options.concurrency, 1), ask);
  const bool cancelled = co_await rt::is_cancelled();
  if (cancelled) co_return fail(ErrorKind::cancelled, "discovery was interrupted");

  Discovery& discovery = asking.discovery;
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    if (asking.found[i].asked) note_problems(scopes[i], asking.found[i], discovery);
  }
  permute(discovery.instances, by_account(scopes, asking.found));
  sort_and_drop_repeated(discovery);
  co_return std::move(discovery);
}

std::string resolution_digest(const Selector& selector, std::span<const Instance> instances) {
  std::string text = "postern resolution 1\n" + selector.to_text() + "\n";
  for (const Instance& instance : instances) text += instance.ref.label() + "\n";
  std::array<unsigned char, 32> hash{};
  unsigned size = 0;
  CHECK(EVP_Digest(text.data(), text.size(), hash.data(), &size, EVP_sha256(), nullptr) == 1 && size == hash.size());
  return to_hex(std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

}  // namespace postern::fleet
