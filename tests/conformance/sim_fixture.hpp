#pragma once

/// The cloud that the conformance drivers know by heart (sim_harness.py names the same things).

#include "sim/serve/demo_cloud.hpp"

namespace postern::conformance {

inline sim::UserConfig user(std::string name, std::string key, std::string secret, std::vector<std::string> allow) {
  sim::UserConfig made;
  made.name = std::move(name);
  made.access_key_id = std::move(key);
  made.secret_access_key = Secret<>(std::move(secret));
  made.permissions.allow = std::move(allow);
  return made;
}

inline sim::RoleConfig role(std::string name, std::string principal, std::string external_id) {
  sim::TrustStatement trust;
  trust.principals.push_back(std::move(principal));
  if (!external_id.empty()) trust.external_ids.push_back(std::move(external_id));
  sim::RoleConfig made;
  made.name = std::move(name);
  made.trust.push_back(std::move(trust));
  made.permissions.allow.emplace_back("*");
  return made;
}

inline sim::InstanceConfig node(std::string name, std::string region, sim::AgentProfile agent) {
  sim::InstanceConfig made;
  made.name = std::move(name);
  made.region = std::move(region);
  made.tags["env"] = "test";
  made.agent.profile = agent;
  return made;
}

/// A site of Elastic Disaster Recovery in us-west-2, into which these nodes of us-east-1 replicate.
inline sim::DrsSiteConfig fast_site(std::string instances) {
  sim::DrsSiteConfig site;
  site.region = "us-west-2";
  site.pace = 600;
  sim::DrsServersConfig& servers = site.servers.emplace_back();
  servers.instance = std::move(instances);
  servers.region = "us-east-1";
  return site;
}

inline sim::AccountConfig target_account() {
  sim::AccountConfig made;
  made.id = "444455556666";
  made.name = "target";
  made.roles.push_back(role("Operator", "arn:aws:iam::111122223333:root", "x-1"));
  made.roles.back().max_session = std::chrono::hours(2);
  made.roles.push_back(role("Chained", "arn:aws:iam::444455556666:role/Operator", ""));
  made.roles.back().max_session = std::chrono::hours(12);
  made.roles.push_back(role("Narrow", "arn:aws:iam::111122223333:root", ""));
  made.roles.back().permissions.allow = {"ssm:Describe*"};
  auto& nodes = made.instances;
  for (int i = 1; i <= 55; ++i) {
    const std::string number = (i < 10 ? "0" : "") + std::to_string(i);
    nodes.push_back(node("live-" + number, "us-east-1", sim::AgentProfile::live));
    if (i % 5 == 0) nodes.back().tags["fifth"] = "yes";
  }
  nodes.push_back(node("slow-01", "us-east-1", sim::AgentProfile::slow));
  nodes.back().agent.pick_up_delay = std::chrono::seconds(30);
  nodes.push_back(node("offline-01", "us-east-1", sim::AgentProfile::offline));
  nodes.push_back(node("lost-01", "us-east-1", sim::AgentProfile::connection_lost));
  nodes.push_back(node("unmanaged-01", "us-east-1", sim::AgentProfile::none));
  nodes.push_back(node("stopped-01", "us-east-1", sim::AgentProfile::live));
  nodes.back().state = "stopped";
  nodes.push_back(node("windows-01", "us-east-1", sim::AgentProfile::live));
  nodes.back().platform = sim::Platform::windows;
  nodes.back().platform_name = "Microsoft Windows Server 2022 Datacenter";
  nodes.back().platform_version = "10.0.20348";
  for (const char* name : {"west-01", "west-02", "west-03"}) {
    nodes.push_back(node(name, "us-west-2", sim::AgentProfile::live));
  }
  made.drs.push_back(fast_site("live-0?"));
  return made;
}

inline sim::CloudConfig fixture() {
  sim::AccountConfig hub;
  hub.id = "111122223333";
  hub.name = "hub";
  hub.users.push_back(user("operator", "AKIACONFORMANCE00001", "conformance/operator/secret/key/00000001", {"*"}));
  // Its MFA device is arn:aws:iam::111122223333:mfa/ada.
  hub.users.back().mfa_name = "ada";
  hub.users.back().mfa_seed = Secret<>("CONFORMANCEOPERATORMFASEED234567");
  hub.users.push_back(
      user("weak", "AKIACONFORMANCE00002", "conformance/weak/secret/key/000000000002", {"ec2:DescribeInstances"}));
  hub.users.push_back(user("passing", "ASIACONFORMANCE00003", "conformance/passing/secret/key/0000000003", {"*"}));
  hub.users.back().session_token = Secret<>("conformance-session-token");
  hub.roles.push_back(role("HybridNode", "ssm.amazonaws.com", ""));
  hub.roles.back().permissions.allow = {"ssm:*", "ssmmessages:*", "ec2messages:*"};
  sim::CloudConfig config;
  config.name = "conformance";
  config.hub_account = hub.id;
  config.trail = sim::TrailConfig(sim::TrailEvents::all, Duration::zero());
  config.accounts.push_back(std::move(hub));
  config.accounts.push_back(target_account());
  config.accounts.back().unit = "Workloads/Prod";
  // More than a page of accounts without anything in them.
  for (int i = 0; i < 25; ++i) {
    sim::AccountConfig spare;
    spare.id = std::to_string(500000000000LL + i);
    spare.name = "spare";
    spare.unit = "Spare";
    if (i == 24) spare.status = "SUSPENDED";
    if (i == 0) {
      spare.instances.push_back(node("staged-01", "us-east-1", sim::AgentProfile::none));
      spare.drs.push_back(fast_site("staged-01"));
      spare.roles.push_back(role("DRSStagingAccountRole", "arn:aws:iam::444455556666:root", ""));
    }
    config.accounts.push_back(std::move(spare));
  }
  return config;
}

}  // namespace postern::conformance
