#pragma once

/// The places that a live node has on this host: its home, its programs, its environment. Shared by its commands and
/// its sessions.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "os/files.hpp"
#include "sim/cloud.hpp"

namespace postern::sim {

/// In the root: whom nodes trust, when the cloud is served over TLS with a certificate of its own.
inline constexpr std::string_view kLiveTrustFile = "ca.pem";

struct LiveNode {
  LiveNode() = default;
  std::string folder;
  std::string home;
  /// Clean: PATH with the node's programs first, HOME, LANG, HOSTNAME, and what the real agent sets; curl and
  /// OpenSSL's programs trust the cloud that serves the node.
  std::vector<std::pair<std::string, std::string>> environment;
};

/// Who a node is, as its commands see it.
struct LiveNodeName {
  LiveNodeName() = default;
  explicit LiveNodeName(const Instance& instance);
  std::string id;
  std::string host;
  std::string region;
  std::string platform;
  std::string platform_version;
};

/// Makes home and programs below `root` when they are not there yet. Fails as Files do.
Result<LiveNode> prepare_live_node(os::Files& files, const std::string& root, const LiveNodeName& name,
                                   const std::map<std::string, std::string>& programs);
/// Replaces what is in the file.
Result<void> write_whole_file(os::Files& files, const std::string& path, std::string_view text, std::uint32_t mode);

}  // namespace postern::sim
