#include "sim/agents/live_node.hpp"

#include <span>

namespace postern::sim {

LiveNodeName::LiveNodeName(const Instance& instance)
    : id(instance.id),
      host(instance.name.empty() ? instance.id : instance.name),
      region(instance.region()),
      platform(instance.traits->platform_name),
      platform_version(instance.traits->platform_version) {}

Result<void> write_whole_file(os::Files& files, const std::string& path, std::string_view text, std::uint32_t mode) {
  TRY(std::unique_ptr<os::File> file, files.open(path, os::OpenMode::create, mode));
  TRY_VOID(file->truncate(0));
  return file->write_at(0, std::as_bytes(std::span<const char>(text.data(), text.size())));
}

Result<LiveNode> prepare_live_node(os::Files& files, const std::string& root, const LiveNodeName& name,
                                   const std::map<std::string, std::string>& programs) {
  LiveNode node;
  node.folder = os::join_path(root, name.id);
  node.home = os::join_path(node.folder, "home");
  const std::string bin = os::join_path(node.folder, "bin");
  TRY_VOID(files.make_dirs(node.home));
  TRY_VOID(files.make_dirs(bin));
  for (const auto& [program, script] : programs) {
    const std::string path = os::join_path(bin, program);
    if (!files.exists(path)) TRY_VOID(write_whole_file(files, path, script, 0700));
  }
  auto& environment = node.environment;
  environment.emplace_back("PATH", bin + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  environment.emplace_back("HOME", node.home);
  environment.emplace_back("LANG", "C.UTF-8");
  environment.emplace_back("HOSTNAME", name.host);
  environment.emplace_back("AWS_SSM_INSTANCE_ID", name.id);
  environment.emplace_back("AWS_SSM_REGION_NAME", name.region);
  environment.emplace_back("AWS_SSM_PLATFORM_NAME", name.platform);
  environment.emplace_back("AWS_SSM_PLATFORM_VERSION", name.platform_version);
  environment.emplace_back("POSTERN_SIM_HOSTNAME", name.host);
  if (const std::string trust = os::join_path(root, kLiveTrustFile); files.exists(trust)) {
    environment.emplace_back("CURL_CA_BUNDLE", trust);
    environment.emplace_back("SSL_CERT_FILE", trust);
  }
  return node;
}

}  // namespace postern::sim
