#include "recovery/server_settings.hpp"

#include <algorithm>

#include "flow/verdict.hpp"

namespace postern::recovery {
namespace server_settings {

constexpr std::string_view kOutcomes[] = {"applied", "failed", "unknown"};
constexpr int kLooksMax = 5;
constexpr Duration kFirstPause = std::chrono::seconds(1);

/// What is still different.
class Looker {
 public:
  virtual ~Looker() = default;
  virtual rt::Task<Result<SettingsChange>> look() = 0;
};

class ServerLooker final : public Looker {
 public:
  ServerLooker(rt::CallContext c, SiteConfig& p, fleet::ScopePtr s, std::string i, const fleet::DrSettings& w,
               ReplicationPart r)
      : ctx_(c), port_(p), site_(std::move(s)), id_(std::move(i)), wanted_(w), replication_(r) {}
  rt::Task<Result<SettingsChange>> look() override {
    CO_TRY(const ServerSettings now,
           co_await read_server_settings(ctx_, port_, site_, id_, replication_, LaunchTemplatePart::left));
    co_return compare_settings(now, wanted_);
  }

 private:
  rt::CallContext ctx_;
  SiteConfig& port_;
  fleet::ScopePtr site_;
  std::string id_;
  const fleet::DrSettings& wanted_;
  ReplicationPart replication_;
};

class TemplateLooker final : public Looker {
 public:
  TemplateLooker(rt::CallContext c, SiteConfig& p, fleet::ScopePtr s, const fleet::DrSettings& w)
      : ctx_(c), port_(p), site_(std::move(s)), wanted_(w) {}
  rt::Task<Result<SettingsChange>> look() override {
    SiteState now;
    CO_TRY(std::optional<std::vector<Settings>> templates, co_await port_.replication_templates(ctx_, site_));
    if (templates) now.replication = std::move(*templates);
    CO_TRY(now.launch, co_await port_.launch_templates(ctx_, site_));
    co_return compare_templates(now, wanted_);
  }

 private:
  rt::CallContext ctx_;
  SiteConfig& port_;
  fleet::ScopePtr site_;
  const fleet::DrSettings& wanted_;
};

/// What was sent and how it was answered; then looks until nothing is left.
rt::Task<Result<ApplyResult>> settle(rt::CallContext ctx, Looker& looker, SettingsChange change,
                                     std::optional<Error> lost) {
  ApplyResult out;
  out.left = std::move(change);
  Duration pause = kFirstPause;
  for (int look = 1;; ++look) {
    Result<SettingsChange> left = co_await looker.look();
    if (!left && left.error().kind() == ErrorKind::cancelled) co_return fail(std::move(left).error());
    if (left) {
      out.left = std::move(*left);
      if (out.left.empty()) {
        out.outcome = ApplyOutcome::applied;
        co_return out;
      }
    }
    if (look == kLooksMax || ctx.clock().now() + pause >= ctx.deadline().at()) {
      if (!left) {
        out.error = std::move(left).error();
      } else if (lost) {
        out.error = std::move(lost);
      } else {
        out.error = Error(ErrorKind::timeout,
                          "the service took the change and does not show it: look again with "
                          "postern dr config diff");
      }
      co_return out;
    }
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.clock().now() + pause));
    pause *= 2;
  }
}

/// True: goes on (an answer that was lost stands in `lost`). False: `out` says why it failed.
Result<bool> take_answer(Result<void> asked, std::optional<Error>& lost, ApplyResult& out) {
  if (asked) return true;
  if (asked.error().kind() == ErrorKind::cancelled) return fail(std::move(asked).error());
  if (flow::is_ambiguous(asked.error())) {
    lost = std::move(asked).error();
    return true;
  }
  out.outcome = ApplyOutcome::failed;
  out.error = std::move(asked).error();
  return false;
}

}  // namespace server_settings

std::string_view to_string(ApplyOutcome outcome) noexcept {
  return server_settings::kOutcomes[static_cast<std::size_t>(outcome)];
}

rt::Task<Result<ServerSettings>> read_server_settings(rt::CallContext ctx, SiteConfig& port, fleet::ScopePtr site,
                                                      std::string id, ReplicationPart replication,
                                                      LaunchTemplatePart ec2) {
  ServerSettings out;
  if (replication == ReplicationPart::here) {
    CO_TRY(out.replication, co_await port.server_replication(ctx, site, id));
  }
  CO_TRY(out.launch, co_await port.server_launch(ctx, site, id));
  if (ec2 == LaunchTemplatePart::left || out.launch.launch_template.empty()) co_return out;
  Result<LaunchTemplate> found = co_await port.launch_template(ctx, site, out.launch.launch_template);
  if (!found && found.error().kind() == ErrorKind::cancelled) co_return fail(std::move(found).error());
  if (found) {
    out.ec2 = std::move(*found);
  } else {
    out.ec2_unread = found.error().message();
  }
  co_return out;
}

SettingsChange compare_settings(const ServerSettings& is, const fleet::DrSettings& wanted) {
  SettingsChange out;
  if (is.replication) out.replication = differences(wanted.replication, is.replication->values);
  out.launch = differences(wanted.launch, is.launch.values);
  return out;
}

SettingsChange compare_templates(const SiteState& is, const fleet::DrSettings& wanted) {
  SettingsChange out;
  if (!is.replication.empty()) out.replication = differences(wanted.replication, is.replication.front().values);
  if (!is.launch.empty()) out.launch = differences(wanted.launch, is.launch.front().values);
  return out;
}

Json changed_values(const std::vector<FieldChange>& changes, const Json& wanted) {
  Json out = Json::object();
  for (const FieldChange& change : changes) out.set(change.field, change.wanted);
  if (out.contains("encryption") && wanted.contains("key")) out.set("key", wanted["key"]);
  return out;
}

rt::Task<Result<ApplyResult>> apply_server_settings(rt::CallContext ctx, SiteConfig& port, fleet::ScopePtr site,
                                                    std::string id, SettingsChange change, fleet::DrSettings wanted) {
  using namespace server_settings;
  ApplyResult out;
  out.left = change;
  std::optional<Error> lost;
  Settings sent;
  sent.id = id;
  if (!change.replication.empty()) {
    sent.values = changed_values(change.replication, wanted.replication);
    Result<void> asked = co_await port.put_server_replication(ctx, site, sent);
    CO_TRY(const bool on, take_answer(std::move(asked), lost, out));
    if (!on) co_return out;
  }
  if (!change.launch.empty()) {
    sent.values = changed_values(change.launch, wanted.launch);
    Result<void> asked = co_await port.put_server_launch(ctx, site, sent);
    CO_TRY(const bool on, take_answer(std::move(asked), lost, out));
    if (!on) co_return out;
  }
  const ReplicationPart part = change.replication.empty() ? ReplicationPart::elsewhere : ReplicationPart::here;
  ServerLooker looker(ctx, port, site, id, wanted, part);
  co_return co_await settle(ctx, looker, std::move(change), std::move(lost));
}

rt::Task<Result<ApplyResult>> apply_template_settings(rt::CallContext ctx, SiteConfig& port, fleet::ScopePtr site,
                                                      SiteState state, SettingsChange change,
                                                      fleet::DrSettings wanted) {
  using namespace server_settings;
  ApplyResult out;
  out.left = change;
  std::optional<Error> lost;
  Settings sent;
  if (!change.replication.empty()) {
    sent.id = state.replication.front().id;
    sent.values = changed_values(change.replication, wanted.replication);
    Result<void> asked = co_await port.put_replication_template(ctx, site, sent);
    CO_TRY(const bool on, take_answer(std::move(asked), lost, out));
    if (!on) co_return out;
  }
  if (!change.launch.empty()) {
    sent.id = state.launch.front().id;
    sent.values = changed_values(change.launch, wanted.launch);
    Result<void> asked = co_await port.put_launch_template(ctx, site, sent);
    CO_TRY(const bool on, take_answer(std::move(asked), lost, out));
    if (!on) co_return out;
  }
  TemplateLooker looker(ctx, port, site, wanted);
  co_return co_await settle(ctx, looker, std::move(change), std::move(lost));
}

}  // namespace postern::recovery
