#pragma once

/// A site of values.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "recovery/site_config.hpp"
#include "recovery/site_plan.hpp"

namespace postern::recovery::testing {

class FakeSite final : public SiteConfig {
 public:
  bool initialized = false;
  std::vector<Settings> replication;
  std::vector<Settings> launch;
  std::vector<std::string> roles;
  std::map<std::string, Settings> server_replications;  ///< by id
  std::map<std::string, Settings> server_launches;
  StagingNetwork network;
  StagingChoices choices;
  std::map<std::string, std::vector<Error>> failing;  ///< by call: of the next calls, the last first
  std::vector<std::string> calls;                     ///< changes only
  bool lose_reply = false;                            ///< the next change is made, and its answer lost
  int looks_until_shown = 0;                          ///< that templates lag behind changes
  bool makes_roles = true;

  rt::Task<Result<std::optional<std::vector<Settings>>>> replication_templates(rt::CallContext,
                                                                               fleet::ScopePtr) override {
    if (auto error = take_error("replication_templates")) co_return fail(std::move(*error));
    if (!initialized) co_return std::optional<std::vector<Settings>>();
    if (looks_until_shown > 0) {
      --looks_until_shown;
      co_return std::optional<std::vector<Settings>>(before_);
    }
    co_return std::optional<std::vector<Settings>>(replication);
  }
  rt::Task<Result<std::vector<Settings>>> launch_templates(rt::CallContext, fleet::ScopePtr) override {
    if (auto error = take_error("launch_templates")) co_return fail(std::move(*error));
    co_return launch;
  }
  rt::Task<Result<void>> initialize(rt::CallContext, fleet::ScopePtr) override {
    calls.emplace_back("initialize");
    if (auto error = take_error("initialize")) co_return fail(std::move(*error));
    initialized = true;
    if (makes_roles) roles = service_role_names();
    co_return answered();
  }
  rt::Task<Result<void>> put_replication_template(rt::CallContext, fleet::ScopePtr, Settings settings) override {
    before_ = replication;
    co_return put("replication", replication, "rct-1", std::move(settings));
  }
  rt::Task<Result<void>> put_launch_template(rt::CallContext, fleet::ScopePtr, Settings settings) override {
    co_return put("launch", launch, "lct-1", std::move(settings));
  }
  rt::Task<Result<Settings>> server_replication(rt::CallContext, fleet::ScopePtr, std::string id) override {
    if (auto error = take_error("server_replication")) co_return fail(std::move(*error));
    co_return server_replications.at(id);
  }
  rt::Task<Result<Settings>> server_launch(rt::CallContext, fleet::ScopePtr, std::string id) override {
    if (auto error = take_error("server_launch")) co_return fail(std::move(*error));
    co_return server_launches.at(id);
  }
  rt::Task<Result<LaunchTemplate>> launch_template(rt::CallContext, fleet::ScopePtr, std::string id) override {
    LaunchTemplate out;
    out.id = std::move(id);
    out.version = 3;
    co_return out;
  }
  rt::Task<Result<void>> put_server_replication(rt::CallContext, fleet::ScopePtr, Settings settings) override {
    co_return put_server("replication", server_replications, std::move(settings));
  }
  rt::Task<Result<void>> put_server_launch(rt::CallContext, fleet::ScopePtr, Settings settings) override {
    co_return put_server("launch", server_launches, std::move(settings));
  }
  rt::Task<Result<bool>> has_role(rt::CallContext, fleet::ScopePtr, std::string name) override {
    if (auto error = take_error("has_role")) co_return fail(std::move(*error));
    for (const std::string& each : roles) {
      if (each == name) co_return true;
    }
    co_return false;
  }
  rt::Task<Result<StagingNetwork>> staging_network(rt::CallContext, fleet::ScopePtr, std::string,
                                                   std::vector<std::string>) override {
    co_return network;
  }

  rt::Task<Result<StagingChoices>> staging_choices(rt::CallContext, fleet::ScopePtr) override {
    if (auto error = take_error("staging_choices")) co_return fail(std::move(*error));
    co_return choices;
  }

 private:
  std::optional<Error> take_error(const std::string& call) {
    std::vector<Error>& errors = failing[call];
    if (errors.empty()) return std::nullopt;
    std::optional<Error> error = std::move(errors.back());
    errors.pop_back();
    return error;
  }
  Result<void> answered() {
    if (!std::exchange(lose_reply, false)) return {};
    return fail(Error(ErrorKind::unavailable, "connection reset").delivered(Delivery::sent));
  }
  Result<void> put(const std::string& what, std::vector<Settings>& in, std::string id, Settings settings) {
    calls.push_back((settings.id.empty() ? "create " : "update ") + what + " " + settings.values.dump());
    if (auto error = take_error(what)) return fail(std::move(*error));
    if (settings.id.empty()) {
      settings.id = std::move(id);
      in.push_back(std::move(settings));
    } else {
      for (const Json::Member& member : settings.values.members()) in.front().values.set(member.key, member.value);
    }
    return answered();
  }
  Result<void> put_server(const std::string& what, std::map<std::string, Settings>& in, Settings settings) {
    calls.push_back("server " + what + " " + settings.id + " " + settings.values.dump());
    if (auto error = take_error(what)) return fail(std::move(*error));
    Settings& kept = in.at(settings.id);
    for (const Json::Member& member : settings.values.members()) kept.values.set(member.key, member.value);
    return answered();
  }

  std::vector<Settings> before_;
};

}  // namespace postern::recovery::testing
