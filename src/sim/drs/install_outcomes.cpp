#include "sim/drs/install_outcomes.hpp"

#include <algorithm>

namespace postern::sim::drs {
namespace install_outcomes {

/// What a class prints at its end. "{detail}" and "{region}" are put in.
struct Failure {
  std::string_view name;
  std::string_view text;
  bool early;
};

constexpr Failure kFailures[] = {
    {"agent_role",
     "Error: The role AWSElasticDisasterRecoveryAgentRole does not exist in the account. Initialize the service in "
     "{region} again.",
     false},
    {"certificate", "<urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:727)>", true},
    {"credentials",
     "Failed to validate AWS credentials: the security token included in the request is invalid. {detail}", false},
    {"cross_account", "An error occurred (AccessDenied) when calling the AssumeRole operation: {detail}", false},
    {"device", "Error: no such disk: {detail}", true},
    {"disk_space", "Error: insufficient disk space: at least 2 GB are needed on /. No space left on device", true},
    {"gcc", "Error: gcc was not found on this machine. make: gcc: Command not found", false},
    {"hash_mismatch", "postern: the installer's hash is not what AWS published: nothing was run", true},
    {"headers",
     "Error: could not install the Linux headers of the running kernel: No package kernel-devel available. Your Linux "
     "kernel version and the kernel headers do not match.",
     false},
    {"kernel", "Error: Your Linux kernel version is not supported by the AWS Replication Agent.", false},
    {"memory", "Error: not enough free memory: 300 MB are needed to run the installer.", true},
    {"network",
     "Failed to download the installer from https://aws-elastic-disaster-recovery-{region}.s3.{region}.amazonaws.com: "
     "<urlopen error [Errno 110] Connection timed out> {detail}",
     true},
    {"no_credentials", "Error: Unable to locate AWS credentials: no instance profile is attached. {detail}", false},
    {"noexec", "./aws-replication-installer-init: Permission denied: /tmp is mounted with noexec", true},
    {"not_initialized",
     "An error occurred (UninitializedAccountException) when calling the GetAgentInstallationAssetsForDrs operation: "
     "the account has not been initialized for Elastic Disaster Recovery in {region}",
     false},
    {"not_permitted",
     "An error occurred (AccessDeniedException) when calling the GetAgentInstallationAssetsForDrs operation: {detail}",
     false},
    {"not_restarted",
     "Error: the source server has not been restarted since agent uninstallation. Restart it and install again.",
     false},
    {"other_region",
     "Error: the AWS Replication Agent was previously installed to replicate into another region or account {detail}",
     false},
    {"python", "Error: python was not found: Python 2.4 or later, or Python 3, is needed to run the installer.", true},
    {"quota",
     "An error occurred (ServiceQuotaExceededException) when calling the CreateSourceServerForDrs operation: 300 "
     "servers are replicating into {region}",
     false},
    {"secure_boot", "insmod: ERROR: could not insert module aws-replication-driver.ko: Required key not available",
     false},
};

constexpr std::string_view kBegin =
    "The installation of the AWS Replication Agent has started.\n"
    "Identifying volumes for replication.\n"
    "All volumes for replication were successfully identified.\n"
    "Downloading the AWS Replication Agent onto the source server... Finished.\n";
constexpr std::string_view kInstalled =
    "Installing the AWS Replication Agent onto the source server... Finished.\n"
    "Syncing the source server with the Elastic Disaster Recovery Console... Finished.\n";

std::string filled(std::string text, std::string_view mark, std::string_view with) {
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + with.size())) {
    text.replace(at, mark.size(), with);
  }
  return text;
}

std::string success(const std::string& server_id) {
  return std::string(kBegin) + std::string(kInstalled) + "The following is the source server ID: " + server_id +
         ".\nThe AWS Replication Agent was successfully installed.\n";
}

}  // namespace install_outcomes

std::vector<std::string> install_classes() {
  std::vector<std::string> all = {"phantom", "registers_but_fails", "silent"};
  for (const auto& failure : install_outcomes::kFailures) all.emplace_back(failure.name);
  std::sort(all.begin(), all.end());
  return all;
}

InstallOutcome install_outcome(std::string_view name, Platform platform, const std::string& server_id,
                               std::string_view region, const std::string& detail) {
  using namespace install_outcomes;
  InstallOutcome made;
  const bool windows = platform == Platform::windows;
  const std::string log = windows ? "C:\\Program Files (x86)\\AWS Replication Agent\\agent.log.0"
                                  : "/var/lib/aws-replication-agent/agent.log.0";
  if (name.empty() || name == "phantom") {
    // A wrapper that loses the installer's exit code prints nothing of a server.
    made.output = name.empty() ? success(server_id) : std::string(kBegin);
    made.registers = name.empty();
    return made;
  }
  made.exit_code = 1;
  if (name == "silent") return made;
  if (name == "registers_but_fails") {
    made.output = std::string(kBegin) + std::string(kInstalled);
    made.errors = "Error: Failed to start the AWS Replication Agent. Installation failed.\nSee " + log + "\n";
    made.registers = true;
    return made;
  }
  for (const Failure& failure : kFailures) {
    if (failure.name != name) continue;
    made.early = failure.early;
    if (!failure.early) made.output = kBegin;
    const std::string said = filled(filled(std::string(failure.text), "{region}", region), "{detail}", detail);
    made.errors = said + "\nInstallation failed. See " + log + "\n";
  }
  return made;
}

}  // namespace postern::sim::drs
