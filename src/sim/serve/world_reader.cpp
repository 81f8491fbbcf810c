#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "sim/serve/faults_file.hpp"
#include "sim/serve/world.hpp"
#include "sim/serve/world_parts.hpp"

namespace postern::sim {
namespace world_reader {

using world_parts::texts;
using yaml::MapReader;
using yaml::Node;
using yaml::Problems;

constexpr std::size_t kPemMax = 64U << 10U;
constexpr std::size_t kInstancesMax = 200'000;

class Reader {
 public:
  Result<World> read(const Node& root) {
    if (root.is_null()) return fail(root.error("the world file is empty: `postern sim init` prints one"));
    const MapReader top(root, "the world file",
                        {"version", "name", "seed", "hub", "regions", "clock_skew", "list_lag", "tls", "faults",
                         "accounts", "templates", "organization", "launched_agent", "cloudtrail", "session_faults"},
                        problems_);
    if (root.is_map()) read_top(top, root);
    if (!problems_.none()) return fail(problems_.error());
    if (Result<void> sound = check_config(world_.config); !sound) return fail(root.error(sound.error().message()));
    return std::move(world_);
  }

 private:
  void read_top(const MapReader& top, const Node& root) {
    const Node* version = top.get("version");
    if (version == nullptr || version->text != "1") {
      problems_.add(version == nullptr ? root : *version, "version must be 1: the first line should be `version: 1`");
    }
    CloudConfig& config = world_.config;
    config.name = top.text("name", 64);
    if (config.name.empty()) problems_.add(root, "the world has no name");
    config.seed = world_parts::whole_number(top, "seed", 1);
    config.hub_account = top.text("hub", 12);
    if (const Node* regions = top.get("regions")) config.regions = texts(*regions, "regions", problems_);
    config.clock_skew = read_span(top.get("clock_skew"), "clock_skew", problems_).value_or(Duration::zero());
    config.list_lag = read_span(top.get("list_lag"), "list_lag", problems_).value_or(config.list_lag);
    if (const Node* organization = top.get("organization")) {
      config.organization = world_parts::read_organization(*organization, problems_);
    }
    world_parts::read_agent(top.get("launched_agent"), config.launched_agent, problems_);
    config.trail = world_parts::read_trail(top.get("cloudtrail"), problems_);
    read_tls(top.get("tls"));
    world_.faults = read_fault_rules(top.get("faults"), problems_);
    world_.session_faults = read_session_fault_rules(top.get("session_faults"), problems_);
    read_accounts(top.get("accounts"), root);
  }

  void read_tls(const Node* node) {
    if (node == nullptr) return;
    const MapReader map(*node, "tls", {"certificate", "key"}, problems_);
    net::CertifiedKey authority;
    authority.certificate_pem = map.text("certificate", kPemMax);
    authority.key_pem = Secret<>(map.text("key", kPemMax));
    if (authority.certificate_pem.empty() || authority.key_pem.reveal().empty()) {
      problems_.add(*node, "tls needs the certificate and the key of a certificate authority, both as PEM");
      return;
    }
    world_.authority = std::move(authority);
  }

  void read_accounts(const Node* node, const Node& root) {
    if (node == nullptr || !node->is_sequence()) {
      problems_.add(node == nullptr ? root : *node, "accounts must be a list of accounts");
      return;
    }
    std::size_t instances = 0;
    for (const Node& item : node->items) {
      world_.config.accounts.push_back(world_parts::read_account(item, problems_));
      instances += world_.config.accounts.back().instances.size();
      if (instances <= kInstancesMax) continue;
      problems_.add(item, "a world has at most " + std::to_string(kInstancesMax) + " instances");
      return;
    }
  }

  World world_;
  Problems problems_;
};

}  // namespace world_reader

Result<World> parse_world(std::string_view text, std::string name) {
  TRY(const yaml::Node root, yaml::parse(text, std::move(name)));
  world_reader::Reader reader;
  return reader.read(root);
}

}  // namespace postern::sim
