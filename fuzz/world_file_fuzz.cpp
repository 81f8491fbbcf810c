// Every mistake in a world file and in a faults file is told with its place; a world that is taken is written as a file
// that is read as the same world, and a small one becomes a cloud or is refused with words.
#include <string_view>

#include "base/check.hpp"
#include "sim/cloud.hpp"
#include "sim/serve/faults_file.hpp"
#include "sim/serve/world.hpp"

namespace {

namespace sim = postern::sim;

constexpr std::size_t kInstancesForACloud = 200;

void check_problems(const postern::Error& error) {
  CHECK(error.kind() == postern::ErrorKind::usage);
  CHECK(error.message().starts_with("f.yaml:"));
}

std::size_t instances_of(const sim::CloudConfig& config) {
  std::size_t count = 0;
  for (const sim::AccountConfig& account : config.accounts) count += account.instances.size();
  return count;
}

void check_world(sim::World& world) {
  // A block of text keeps its lines, not its outer blanks.
  world.authority.reset();
  if (instances_of(world.config) > kInstancesForACloud) return;
  const std::string once = sim::write_world(world, "heading");
  const auto again = sim::parse_world(once, "f.yaml");
  CHECK(again.has_value());
  CHECK(sim::write_world(*again, "heading") == once);
  const auto cloud = sim::Cloud::create(std::move(world.config), postern::WallTime());
  if (!cloud) CHECK(!cloud.error().message().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto world = sim::parse_world(text, "f.yaml");
  if (world) {
    check_world(*world);
  } else {
    check_problems(world.error());
  }
  const auto faults = sim::parse_faults(text, "f.yaml");
  if (!faults) check_problems(faults.error());
  return 0;
}
