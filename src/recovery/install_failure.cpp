#include "recovery/install_failure.hpp"

#include <array>

#include "base/text.hpp"

namespace postern::recovery {
namespace install_failure {

struct Known {
  std::string_view code;
  std::string_view fragment;  ///< lower case
  std::string_view cause;
  std::string_view fix;
  bool transient = false;
};

// The first that is found counts: what is more particular stands first.
constexpr std::array kKnown = {
    Known{"NOT_INITIALIZED", "uninitializedaccountexception", "DRS is not initialized in the recovery Region",
          "postern dr init", false},
    Known{"NOT_INITIALIZED", "not been initialized", "DRS is not initialized in the recovery Region", "postern dr init",
          false},
    Known{"NOT_INITIALIZED", "not being initialized", "DRS is not initialized in the recovery Region",
          "postern dr init", false},
    Known{"AGENT_ROLE_MISSING", "awselasticdisasterrecoveryagentrole", "a service role of DRS is missing",
          "postern dr init makes the roles again", false},
    Known{"CROSS_ACCOUNT_ROLE", "assumerole operation",
          "a role by which agents replicate into the other account is missing, or may not be assumed",
          "DRS console > Settings > Trusted accounts, in both accounts: each trusts the other, with the failback and "
          "in-AWS roles",
          false},
    Known{"NOT_PERMITTED", "accessdenied", "the instance's role may not install the agent",
          "postern dr rollout --prepare attaches AWSElasticDisasterRecoveryEc2InstancePolicy", false},
    Known{"REPLICATION_QUOTA", "servicequotaexceeded", "300 servers replicate into the site already",
          "use another staging account, or take servers out", false},
    Known{"NO_CREDENTIALS", "unable to locate", "the instance has no credentials",
          "attach an instance profile; a new one takes a minute to be seen", false},
    Known{"CREDENTIALS", "failed to validate aws credentials", "the instance's credentials are not accepted",
          "look at its role, its clock, and the endpoint that it calls", false},
    Known{"CREDENTIALS", "security token included in the request is", "the instance's credentials are not accepted",
          "look at its role, its clock, and the endpoint that it calls", false},
    Known{"OTHER_SITE", "previously installed to replicate into another",
          "it replicates into another account or Region", "disconnect it there and uninstall the agent first", false},
    Known{"NOT_RESTARTED", "not been restarted since agent uninstallation",
          "an agent was uninstalled and is still loaded", "restart the server, then run the rollout again", false},
    Known{"KERNEL_HEADERS", "headers", "the headers of the running kernel could not be installed",
          "install kernel-devel (linux-headers) of the running kernel, or give the server a package mirror", false},
    Known{"KERNEL_UNSUPPORTED", "kernel version is not supported", "the agent does not support this kernel",
          "upgrade the kernel, or exclude the server", false},
    Known{"GCC_MISSING", "gcc was not found", "gcc and make are not there and could not be installed",
          "install gcc and make, or give the server a package mirror", false},
    Known{"GCC_MISSING", "gcc: command not found", "gcc and make are not there and could not be installed",
          "install gcc and make, or give the server a package mirror", false},
    Known{"SECURE_BOOT", "required key not available", "Secure Boot refuses the agent's kernel module",
          "switch Secure Boot off, or exclude the server", false},
    Known{"SECURE_BOOT", "operation not permitted", "the kernel refuses the agent's module (SELinux or Secure Boot)",
          "let the module be loaded, or exclude the server", false},
    Known{"IMMUTABLE_PASSWD", "getpwnam aws-replication",
          "the agent's user could not be made: /etc/passwd is immutable",
          "chattr -i /etc/passwd /etc/group /etc/shadow, then run the rollout again", false},
    Known{"TMP_NOEXEC", "noexec", "/tmp is mounted with noexec", "mount -o remount,exec /tmp while it is installed",
          false},
    Known{"DISK_SPACE", "no space left", "the disk is full", "2 GB on the system disk and 500 MB in /tmp are needed",
          false},
    Known{"DISK_SPACE", "insufficient disk space", "the disk is full",
          "2 GB on the system disk and 500 MB in /tmp are needed", false},
    Known{"RAM_LOW", "not enough free memory", "too little memory is free", "300 MB are needed", false},
    Known{"PYTHON_MISSING", "python was not found", "the installer needs Python", "install Python 3", false},
    Known{"TLS_INTERCEPTED", "certificate_verify_failed", "the server does not trust the endpoint's certificate",
          "take DRS and S3 out of TLS interception, or renew the server's certificate authorities", false},
    Known{"NETWORK", "errno 110", "S3 or DRS of the recovery Region is not reached on port 443",
          "endpoints, routes and security groups: docs/guide/disaster-recovery.md", true},
    Known{"NETWORK", "timed out", "S3 or DRS of the recovery Region is not reached on port 443",
          "endpoints, routes and security groups: docs/guide/disaster-recovery.md", true},
    Known{"NETWORK", "could not resolve host", "the names of the recovery Region's S3 or DRS do not resolve",
          "DNS: a private hosted zone or a resolver rule for the endpoints", true},
    Known{"NETWORK", "could not download", "the S3 of the recovery Region is not reached, or has no such file",
          "endpoints, routes and security groups: docs/guide/disaster-recovery.md", true},
    Known{"DEVICE_UNKNOWN", "no such disk", "it has no such disk",
          "name its disks with --devices, as lsblk (Windows: Get-Volume) shows them", false},
    Known{"TAGS_EXIST", "already exist", "a source server with other tags exists", "run it again without --tag", false},
    Known{"PRODUCT_CODES", "ec2:describeinstances", "marketplace product codes could not be checked",
          "let the instance's role call ec2:DescribeInstances", false},
    Known{"WINDOWS_INSTALLER", "winerror 145", "files of an earlier installation are in the way",
          "restart the server, then run the rollout again", false},
    Known{"WINDOWS_TLS", "could not create ssl/tls secure channel", "Windows does not speak TLS 1.2",
          "enable TLS 1.2 for .NET", false},
    Known{"HASH_UNREADABLE", "hash that aws published could not be read",
          "AWS's hash of the installer could not be read", "nothing was run; run the rollout again", true},
    Known{"HASH_MISMATCH", "hash", "the installer is not what AWS published",
          "nothing was run; look at what is between "
          "the server and S3",
          false},
};

}  // namespace install_failure

InstallFailure classify_installation(std::string_view text) {
  using install_failure::Known;
  InstallFailure out;
  const std::string lower = to_lower(text);
  if (trim(lower).empty()) {
    out.code = "SILENT";
    out.cause = "the installation failed without a word";
    out.fix =
        "of a server that replicates into another account: the role for trusted accounts may be missing there; else "
        "read the agent's log (/var/lib/aws-replication-agent/agent.log.0)";
    return out;
  }
  for (const Known& known : install_failure::kKnown) {
    if (lower.find(known.fragment) == std::string::npos) continue;
    out.code = known.code;
    out.cause = known.cause;
    out.fix = known.fix;
    out.transient = known.transient;
    return out;
  }
  out.code = "UNKNOWN";
  out.cause = "the installer failed for a reason that is not known here";
  out.fix = "its output (postern runs output) and the agent's log say more";
  return out;
}

std::string registered_server(std::string_view text) {
  constexpr std::string_view kSays = "source server ID: s-";
  const std::size_t at = text.find(kSays);
  if (at == std::string_view::npos) return {};
  std::size_t end = at + kSays.size();
  while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || (text[end] >= 'a' && text[end] <= 'f'))) ++end;
  const std::string_view id = text.substr(at + kSays.size() - 2, end - at - kSays.size() + 2);
  return id.size() == 19 ? std::string(id) : std::string();
}

}  // namespace postern::recovery
