#include "fleet/discover.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/check.hpp"
#include "base/encoding.hpp"
#include "rt/combine.hpp"

namespace postern::fleet {
namespace {

/// One scope's answer, filled by its task.
struct Found {
  Found() = default;
  Joined joined;
  std::optional<Error> failure;
  bool asked = false;
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

class ScopeAsker {
 public:
  ScopeAsker(rt::CallContext ctx, InventorySource& source, const std::vector<ScopePtr>& scopes,
             const Selector& selector, std::vector<Found>& found)
      : ctx_(ctx), source_(&source), scopes_(&scopes), selector_(&selector), found_(&found) {}

  rt::Task<void> operator()(std::size_t index) const {
    const ScopePtr scope = (*scopes_)[index];
    Found& found = (*found_)[index];
    if (!selector_->could_match(*scope)) co_return;
    found.asked = true;
    std::optional<Ec2Answer> ec2;
    std::optional<SsmAnswer> ssm;
    const Ec2Filters filters = pushdown(*selector_, *scope);
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
    const std::string reason = *ssm ? std::string() : ssm->error().message();
    found.joined = join_inventory(scope, **ec2, *ssm ? **ssm : none, reason);
  }

 private:
  rt::CallContext ctx_;
  InventorySource* source_;
  const std::vector<ScopePtr>* scopes_;
  const Selector* selector_;
  std::vector<Found>* found_;
};

bool is_gone(const Instance& instance) {
  return instance.state == InstanceState::terminated || instance.state == InstanceState::shutting_down;
}

}  // namespace

rt::Task<Result<Discovery>> discover(rt::CallContext ctx, InventorySource& source, std::vector<ScopePtr> scopes,
                                     Selector selector, DiscoverOptions options) {
  std::vector<Found> found(scopes.size());
  const ScopeAsker ask(ctx, source, scopes, selector, found);
  co_await rt::for_each_bounded(scopes.size(), std::max<std::size_t>(options.concurrency, 1), ask);
  const bool cancelled = co_await rt::is_cancelled();
  if (cancelled) co_return fail(ErrorKind::cancelled, "discovery was interrupted");

  Discovery discovery;
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    if (!found[i].asked) continue;
    ++discovery.scopes_asked;
    if (found[i].failure) discovery.problems.emplace_back(scopes[i], std::move(*found[i].failure));
    for (std::string& oddity : found[i].joined.oddities) discovery.oddities.push_back(std::move(oddity));
    for (Instance& instance : found[i].joined.instances) {
      ++discovery.instances_seen;
      if (!options.terminated_too && is_gone(instance)) continue;
      if (selector.matches(instance)) discovery.instances.push_back(std::move(instance));
    }
  }
  std::sort(discovery.instances.begin(), discovery.instances.end(),
            [](const Instance& a, const Instance& b) { return a.ref < b.ref; });
  co_return discovery;
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
