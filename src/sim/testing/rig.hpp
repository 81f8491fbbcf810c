#pragma once

/// A cloud in memory and in virtual time for the tests of this module: scripted agents, typed calls through the real
/// client, no bytes on a network.

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "aws/core/call.hpp"
#include "aws/core/invoker.hpp"
#include "aws/ec2/ops.hpp"
#include "aws/ssm/ops.hpp"
#include "aws/sts/ops.hpp"
#include "base/check.hpp"
#include "http/server.hpp"
#include "rt/testing/manual_loop.hpp"
#include "sim/agents/scripted_agents.hpp"
#include "sim/cloud_services.hpp"

namespace postern::sim::testing {

/// SplitMix64 from a fixed seed.
class SeededRandom final : public rt::Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> bytes) override {
    for (std::uint8_t& byte : bytes) {
      state_ += 0x9E3779B97F4A7C15ULL;
      std::uint64_t mixed = (state_ ^ (state_ >> 30U)) * 0xBF58476D1CE4E5B9ULL;
      mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBULL;
      byte = static_cast<std::uint8_t>(mixed >> 56U);
    }
  }

 private:
  std::uint64_t state_;
};

class FixedCredentials final : public aws::CredentialsProvider {
 public:
  explicit FixedCredentials(aws::Credentials credentials) : credentials_(std::move(credentials)) {}
  rt::Task<Result<aws::Credentials>> resolve(rt::CallContext) override { co_return credentials_; }
  std::string describe() const override { return "fixed"; }

 private:
  aws::Credentials credentials_;
};

/// Lets requests come through a VPC endpoint, as the simulated network does.
class EndpointDoor final : public http::Service {
 public:
  explicit EndpointDoor(http::Service& inner) : inner_(inner) {}
  void through(std::string endpoint) { endpoint_ = std::move(endpoint); }
  rt::Task<Result<http::Response>> serve(rt::CallContext ctx, http::PeerInfo peer, http::Request request) override {
    if (!endpoint_.empty()) request.headers.set(std::string(kEndpointHeader), endpoint_);
    co_return co_await inner_.serve(ctx, std::move(peer), std::move(request));
  }

 private:
  http::Service& inner_;
  std::string endpoint_;
};

/// One hub with the user "operator" (key AKIARIGOPERATOR00001), one account 444455556666 with role Operator
/// (ExternalId x-1) and live nodes node-1 .. node-N in us-east-1.
inline CloudConfig rig_config(std::size_t nodes) {
  UserConfig user;
  user.name = "operator";
  user.access_key_id = "AKIARIGOPERATOR00001";
  user.secret_access_key = Secret<>(std::string("secret"));
  user.permissions.allow.emplace_back("*");
  AccountConfig hub;
  hub.id = "111122223333";
  hub.users.push_back(std::move(user));
  TrustStatement trust;
  trust.principals.emplace_back("arn:aws:iam::111122223333:root");
  trust.external_ids.emplace_back("x-1");
  RoleConfig role;
  role.name = "Operator";
  role.trust.push_back(std::move(trust));
  role.permissions.allow.emplace_back("*");
  AccountConfig target;
  target.id = "444455556666";
  target.roles.push_back(std::move(role));
  for (std::size_t i = 1; i <= nodes; ++i) {
    InstanceConfig node;
    node.name = "node-" + std::to_string(i);
    node.region = "us-east-1";
    node.agent.profile = AgentProfile::live;
    target.instances.push_back(std::move(node));
  }
  CloudConfig config;
  config.hub_account = hub.id;
  config.accounts.push_back(std::move(hub));
  config.accounts.push_back(std::move(target));
  return config;
}

/// The cloud of a config that the test means to be right.
inline std::unique_ptr<Cloud> made_cloud(CloudConfig config, WallTime now) {
  Result<std::unique_ptr<Cloud>> made = Cloud::create(std::move(config), now);
  if (!made) std::fprintf(stderr, "the test's cloud: %s\n", made.error().to_text().c_str());
  CHECK(made.has_value());
  return std::move(*made);
}

class Rig {
 public:
  explicit Rig(CloudConfig config, std::function<Behaviour(const Work&)> decide = nullptr)
      : random_(7),
        ctx_(loop_.clock(), random_, explainer_),
        cloud_(made_cloud(std::move(config), loop_.clock().wall_now())),
        agents_(
            ctx_, decide ? std::move(decide) : [](const Work&) { return Behaviour(); }),
        services_(*cloud_, agents_, ctx_),
        door_(services_.service()),
        client_(door_) {
    aws::InvokerOptions options;
    options.retry.attempts_max = 1;
    invoker_ = aws::make_invoker(aws::InvokerParts(client_, aws::EndpointConfig()), options);
    aws::Credentials hub;
    hub.access_key_id = "AKIARIGOPERATOR00001";
    hub.secret_access_key = Secret<>(std::string("secret"));
    use(std::move(hub));
  }

  /// Calls are made with these from now on.
  void use(aws::Credentials credentials) {
    scope_.region = "us-east-1";
    credentials_ = credentials;
    scope_.credentials = std::make_shared<FixedCredentials>(std::move(credentials));
  }
  const aws::Credentials& credentials() const { return credentials_; }
  /// Until the next use().
  void in_region(std::string region) { scope_.region = std::move(region); }

  template <class Op>
  Result<typename Op::Response> call(typename Op::Request request) {
    return loop_.run(aws::call<Op>(ctx_, *invoker_, scope_, std::move(request)));
  }

  /// Assumes role Operator and uses its session.
  Result<aws::sts::AssumeRoleResponse> become_operator(std::string policy = std::string()) {
    aws::sts::AssumeRoleRequest request;
    request.role_arn = "arn:aws:iam::444455556666:role/Operator";
    request.role_session_name = "rig";
    request.external_id = "x-1";
    if (!policy.empty()) request.policy = std::move(policy);
    TRY(aws::sts::AssumeRoleResponse response, call<aws::sts::AssumeRole>(std::move(request)));
    aws::Credentials credentials;
    credentials.access_key_id = *response.credentials->access_key_id;
    credentials.secret_access_key = *response.credentials->secret_access_key;
    credentials.session_token = *response.credentials->session_token;
    use(std::move(credentials));
    return response;
  }

  /// The first `count` nodes' ids.
  std::vector<std::string> ids(std::size_t count) const {
    std::vector<std::string> found;
    for (const Instance& one : cloud_->instances("444455556666", "us-east-1")) {
      if (found.size() < count) found.push_back(one.id);
    }
    return found;
  }

  static aws::ssm::SendCommandRequest shell(std::vector<std::string> ids) {
    aws::ssm::SendCommandRequest request;
    request.document_name = "AWS-RunShellScript";
    request.instance_ids = std::move(ids);
    request.parameters["commands"].emplace_back("true");
    return request;
  }

  Result<aws::ssm::Command> command(const std::string& id) {
    aws::ssm::ListCommandsRequest request;
    request.command_id = id;
    TRY(aws::ssm::ListCommandsResponse response, call<aws::ssm::ListCommands>(std::move(request)));
    if (response.commands.size() != 1) return fail(ErrorKind::not_found, "not listed");
    return std::move(response.commands.front());
  }

  rt::testing::ManualLoop& loop() { return loop_; }
  Cloud& cloud() { return *cloud_; }
  ScriptedAgents& agents() { return agents_; }
  http::Service& service() { return services_.service(); }
  EndpointDoor& door() { return door_; }
  FaultyService& faults() { return services_.faults(); }
  CloudServices& services() { return services_; }

 private:
  rt::testing::ManualLoop loop_;
  SeededRandom random_;
  rt::testing::SilentExplainer explainer_;
  rt::CallContext ctx_;
  std::unique_ptr<Cloud> cloud_;
  ScriptedAgents agents_;
  CloudServices services_;
  EndpointDoor door_;
  http::ServiceClient client_;
  std::unique_ptr<aws::Invoker> invoker_;
  aws::CallScope scope_;
  aws::Credentials credentials_;
};

}  // namespace postern::sim::testing
