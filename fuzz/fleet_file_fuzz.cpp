// Every mistake in a fleet file is told with its place; a file that is taken can be used; what is imported from Cloud
// Custodian is a fleet file.
#include <string_view>

#include "base/check.hpp"
#include "base/text.hpp"
#include "fleet/fleet_file.hpp"

namespace {

namespace fleet = postern::fleet;

void check_usable(const fleet::FleetFile& file) {
  CHECK(file.accounts.size() <= fleet::kAccountsMax);
  for (const fleet::Account& account : file.accounts) {
    CHECK(!account.id.empty() && !account.name.empty());
    CHECK(file.find_account(account.name) == &account);
  }
  for (const auto& [name, selector] : file.selectors) {
    const auto bound = file.bind(selector);
    // Loops and unknown names were refused when the file was read.
    CHECK(bound.has_value() && !bound->has_references());
  }
  CHECK(file.bind(file.protect).has_value());
}

void check_problems(const postern::Error& error) {
  CHECK(error.kind() == postern::ErrorKind::usage);
  CHECK(error.message().starts_with("f.yaml:"));
  const auto lines = postern::split(error.message(), '\n');
  CHECK(lines.size() <= 4 * fleet::kProblemsMax);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto file = fleet::parse_fleet_file(text, "f.yaml");
  if (file) {
    check_usable(*file);
  } else {
    check_problems(file.error());
  }
  const auto imported = fleet::import_c7n_accounts(text, "accounts.yml");
  if (imported) CHECK(fleet::parse_fleet_file(*imported, "f.yaml").has_value());
  return 0;
}
