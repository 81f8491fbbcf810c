#include "recovery/rollout.hpp"

#include <gtest/gtest.h>

#include "recovery/testing/fake_servers.hpp"

namespace postern::recovery {
namespace rollout_test {

const char* const kAccount = "111122223333";
const char* const kHealthyProbe =
    "postern-drs-probe 1\narch=x86_64\nkernel=6.1.0-13-amd64\nroot_free_kb=9000000\ntmp_free_kb=900000\n"
    "tmp_noexec=no\nmemory_kb=900000\npython=yes\nheaders=yes\ngcc=yes\nsecure_boot=unknown\nagent=no\nnet_s3=yes\n"
    "net_drs=yes\n";

class Rollout : public ::testing::Test {
 protected:
  Rollout() {
    sweep.at = WallTime(std::chrono::hours(500'000));
    sites.push_back(testing::site_of(kAccount, "us-west-2"));
  }
  fleet::Instance& add(int number) {
    const std::string digits = std::to_string(number);
    fleet::Instance& instance = instances.emplace_back();
    instance.ref = fleet::TargetRef(testing::site_of(kAccount, "us-east-1"),
                                    *fleet::InstanceId::parse("i-" + std::string(17 - digits.size(), '0') + digits));
    instance.state = fleet::InstanceState::running;
    instance.platform = fleet::Platform::linux_os;
    instance.instance_profile_arn = "arn:aws:iam::111122223333:instance-profile/Node";
    instance.ssm.status = fleet::SsmStatus::online;
    instance.ssm.platform_name = "Amazon Linux";
    return instance;
  }
  SourceServer& add_server(const fleet::Instance& instance, const char* region, const char* state) {
    SourceServer server;
    server.id = "s-" + std::to_string(sweep.servers.size());
    server.site = testing::site_of(kAccount, region);
    server.instance_id = instance.ref.id().text();
    server.origin_account = kAccount;
    server.state = parse_replication_state(state);
    server.last_seen = sweep.at;
    sweep.servers.push_back(std::move(server));
    sweep.points.emplace_back();
    return sweep.servers.back();
  }
  std::vector<RolloutTarget> plan() { return plan_rollout(instances, sites, sweep, HealthPolicy(), preflight); }
  static flow::TargetResult result_of(flow::Outcome outcome) {
    flow::TargetResult result;
    result.outcome = outcome;
    result.exit_code = outcome == flow::Outcome::succeeded ? 0 : 1;
    return result;
  }
  std::vector<fleet::Instance> instances;
  std::vector<fleet::ScopePtr> sites;
  Sweep sweep;
  Preflight preflight;
};

TEST_F(Rollout, BlocksWhatCannotWorkBeforeAnythingIsSent) {
  instances.reserve(8);
  add(0);
  add(1).ssm.status = fleet::SsmStatus::connection_lost;
  add(2).instance_profile_arn = SharedText();
  add(3).state = fleet::InstanceState::stopped;
  add_server(add(4), "us-west-2", "CONTINUOUS");
  add_server(add(5), "eu-west-1", "CONTINUOUS");
  add_server(add(6), "us-west-2", "CONTINUOUS");
  add_server(instances[6], "us-west-2", "STALLED");
  add(7).tags.emplace(std::string(kExcludeTag), "appliance");
  std::string got;
  for (const RolloutTarget& target : plan()) {
    got += std::string(to_string(target.state)) + (target.code.empty() ? "" : ":" + target.code) + " ";
  }
  EXPECT_EQ(got,
            "ready blocked:SSM_OFFLINE blocked:NO_INSTANCE_PROFILE blocked:INSTANCE_STOPPED enrolled "
            "blocked:OTHER_SITE blocked:DUPLICATE_REGISTRATION excluded ");
}

TEST_F(Rollout, ReplicatesIntoAnotherAccountWhereThatIsAsked) {
  instances.reserve(3);
  add(0);
  SourceServer& there = add_server(add(1), "us-west-2", "CONTINUOUS");
  there.site = testing::site_of("999900001111", "us-west-2");
  add_server(add(2), "us-west-2", "CONTINUOUS");
  preflight.staging.emplace(kAccount, testing::site_of("999900001111", "us-west-2"));
  preflight.order = [](const fleet::Instance&) {
    return Blocker("DOCUMENT_MISSING", "there is no such document", "postern deploy documents");
  };
  preflight.waived = {"DOCUMENT_MISSING"};
  const std::vector<RolloutTarget> targets = plan();
  EXPECT_EQ(targets[0].code, "DOCUMENT_MISSING") << "never waived";
  EXPECT_EQ(targets[0].site->account.text(), "999900001111");
  EXPECT_EQ(targets[1].state, RolloutState::enrolled);
  EXPECT_EQ(targets[2].code, "OTHER_SITE");
}

TEST_F(Rollout, KnowsSitesThatAreNotReady) {
  instances.reserve(1);
  add(0);
  sweep.uninitialized.push_back(sites[0]);
  EXPECT_EQ(plan()[0].code, "TARGET_NOT_INITIALIZED");
  sweep.uninitialized.clear();
  sweep.problems.emplace_back(sites[0], Error(ErrorKind::denied, "no"));
  EXPECT_EQ(plan()[0].code, "SITE_UNKNOWN");
  sweep.problems.clear();
  sites.clear();
  EXPECT_EQ(plan()[0].code, "NO_SITE");
}

TEST_F(Rollout, AsksForTheRightsOfTheRole) {
  instances.reserve(1);
  add(0);
  preflight.rights = [](const fleet::Instance&) {
    return std::optional<Blocker>(std::in_place, "PROFILE_LACKS_DRS_POLICY", "why", "fix");
  };
  EXPECT_EQ(plan()[0].code, "PROFILE_LACKS_DRS_POLICY");
  preflight.waived = {"PROFILE_LACKS_DRS_POLICY"};
  const std::vector<RolloutTarget> waived = plan();
  EXPECT_EQ(waived[0].state, RolloutState::ready);
  EXPECT_TRUE(waived[0].waived);
  EXPECT_EQ(waived[0].notes.size(), 1U);
}

TEST_F(Rollout, DoesWithoutALookThatIsNotAllowed) {
  instances.reserve(1);
  add(0);
  std::vector<RolloutTarget> targets = plan();
  flow::TargetResult denied = result_of(flow::Outcome::failed);
  denied.refusal = ErrorKind::denied;
  denied.reason = "is not authorized to perform: ssm:SendCommand";
  take_probe(targets[0], denied, "", {});
  EXPECT_EQ(targets[0].state, RolloutState::ready);
  ASSERT_EQ(targets[0].notes.size(), 1U);
  EXPECT_EQ(targets[0].notes[0].code, "PROBE_REFUSED");
  EXPECT_NE(targets[0].notes[0].fix.find("--node-tag dr:enabled=true"), std::string::npos);
  take_probe(targets[0], result_of(flow::Outcome::failed), "", {});
  EXPECT_EQ(targets[0].code, "PROBE_FAILED") << "a script that fails on the server is something else";
}

TEST_F(Rollout, TakesTheProbesWord) {
  instances.reserve(1);
  add(0);
  const auto probed = [&](std::string output) {
    std::vector<RolloutTarget> targets = plan();
    take_probe(targets[0], result_of(flow::Outcome::succeeded), output, {});
    return targets[0].state == RolloutState::ready ? "ready" : targets[0].code;
  };
  const auto with = [](std::string_view from, std::string_view to) {
    std::string text = kHealthyProbe;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  EXPECT_EQ(probed(kHealthyProbe), "ready");
  EXPECT_EQ(probed(with("6.1.0-13-amd64", "2.6.18-398.el5")), "KERNEL_UNSUPPORTED");
  EXPECT_EQ(probed(with("kernel=6.1.0-13-amd64", "kernel=4")), "ready") << "what cannot be read is not held against it";
  EXPECT_EQ(probed(with("root_free_kb=9000000", "root_free_kb=100")), "DISK_SPACE");
  EXPECT_EQ(probed(with("memory_kb=900000", "memory_kb=1000")), "RAM_LOW");
  EXPECT_EQ(probed(with("python=yes", "python=no")), "PYTHON_MISSING");
  EXPECT_EQ(probed(with("tmp_noexec=no", "tmp_noexec=yes")), "TMP_NOEXEC");
  EXPECT_EQ(probed(with("x86_64", "aarch64")), "ARCH_UNSUPPORTED");
  EXPECT_EQ(probed(with("net_s3=yes", "net_s3=no")), "NET_S3");
  EXPECT_EQ(probed(with("net_drs=yes", "net_drs=no")), "NET_DRS_API");
  EXPECT_EQ(probed(with("headers=yes", "headers=no")), "ready") << "the installer fetches them";
  EXPECT_EQ(probed("motd\n"), "PROBE_UNREADABLE");
  EXPECT_EQ(probed(std::string("\xff\xfe\0=x", 5)), "PROBE_UNREADABLE");
}

TEST_F(Rollout, BelievesDrsAndNotTheInstaller) {
  instances.reserve(4);
  for (int i = 0; i < 4; ++i) add(i);
  std::vector<RolloutTarget> targets = plan();
  take_installation(targets[0], result_of(flow::Outcome::succeeded), "");
  take_installation(targets[1], result_of(flow::Outcome::succeeded), "");
  take_installation(targets[2], result_of(flow::Outcome::failed), "Installation failed.");
  take_installation(targets[3], result_of(flow::Outcome::failed), "Error: gcc was not found on this machine");
  add_server(instances[0], "us-west-2", "CONTINUOUS");
  add_server(instances[2], "us-west-2", "INITIAL_SYNC");
  take_servers(targets, sweep, HealthPolicy(), false);
  EXPECT_EQ(targets[0].state, RolloutState::protected_now);
  EXPECT_EQ(targets[1].state, RolloutState::installed);
  EXPECT_TRUE(awaits_server(targets[1]));
  EXPECT_EQ(targets[2].state, RolloutState::registered) << "it failed, and is registered all the same";
  EXPECT_EQ(targets[3].code, "GCC_MISSING");
  take_servers(targets, sweep, HealthPolicy(), true);
  EXPECT_EQ(targets[1].state, RolloutState::phantom);
  EXPECT_EQ(totals_of(targets).all, 4U);
}

TEST_F(Rollout, AnswersPerAccountAsTheLambdaDid) {
  RolloutTarget good;
  good.state = RolloutState::protected_now;
  RolloutTarget waits;
  waits.state = RolloutState::registered;
  RolloutTarget bad;
  bad.state = RolloutState::phantom;
  EXPECT_EQ(account_status({}), "no_instances");
  EXPECT_EQ(account_status({&good}), "success");
  EXPECT_EQ(account_status({&good, &waits}), "pending");
  EXPECT_EQ(account_status({&good, &bad}), "partial");
  EXPECT_EQ(account_status({&bad}), "error");
}

TEST(OsFamily, IsWhatFailsTogether) {
  fleet::Instance instance;
  const auto family = [&](const char* name) {
    instance.ssm.platform_name = name;
    return os_family(instance);
  };
  EXPECT_EQ(family("Amazon Linux AMI"), "Amazon Linux");
  EXPECT_EQ(family("Microsoft Windows Server 2022 Datacenter"), "Windows Server");
  EXPECT_EQ(family("Red Hat Enterprise Linux Server"), "Red Hat Enterprise Linux");
  EXPECT_EQ(family("Flatcar"), "Flatcar");
  EXPECT_EQ(family(""), "Linux");
}

TEST(InstallationFailures, AreClassified) {
  EXPECT_EQ(classify_installation("").code, "SILENT");
  EXPECT_EQ(classify_installation("something odd").code, "UNKNOWN");
  EXPECT_EQ(classify_installation("No package kernel-devel available. kernel headers do not match").code,
            "KERNEL_HEADERS");
  EXPECT_EQ(classify_installation("An error occurred (AccessDeniedException) when calling").code, "NOT_PERMITTED");
  EXPECT_EQ(classify_installation("An error occurred (AccessDenied) when calling the AssumeRole operation").code,
            "CROSS_ACCOUNT_ROLE");
  EXPECT_EQ(classify_installation("postern: no such disk: /dev/xvdz").code, "DEVICE_UNKNOWN");
  EXPECT_EQ(classify_installation("postern: the hash that AWS published could not be read: nothing was run").code,
            "HASH_UNREADABLE");
  EXPECT_EQ(classify_installation("postern: the installer's hash is not what AWS published: nothing was run").code,
            "HASH_MISMATCH");
  EXPECT_TRUE(classify_installation("<urlopen error [Errno 110] Connection timed out>").transient);
  EXPECT_EQ(registered_server("The following is the source server ID: s-0123456789abcdef0.\n"), "s-0123456789abcdef0");
  EXPECT_EQ(registered_server("The following is the source server ID: s-0.\n"), "");
}

}  // namespace rollout_test
}  // namespace postern::recovery
