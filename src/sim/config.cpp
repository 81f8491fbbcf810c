#include "sim/config.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "sim/ec2/instance.hpp"

namespace postern::sim {
namespace {

constexpr std::size_t kAccountsMax = 2'000;
constexpr std::size_t kInstancesMax = 200'000;

/// FNV-1a over the label, then SplitMix64: spreads well enough for identifiers, which need no secrecy.
std::uint64_t mix(std::uint64_t state) {
  state += 0x9E3779B97F4A7C15ULL;
  state = (state ^ (state >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  state = (state ^ (state >> 27U)) * 0x94D049BB133111EBULL;
  return state ^ (state >> 31U);
}

std::uint64_t hash_label(std::uint64_t seed, std::string_view label) {
  std::uint64_t hash = 0xCBF29CE484222325ULL ^ mix(seed);
  for (const char c : label) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return mix(hash);
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_instance_id(std::string_view id) {
  if (!id.starts_with("i-") || (id.size() != 10 && id.size() != 19)) return false;
  return std::all_of(id.begin() + 2, id.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<void> check_account(const AccountConfig& account, std::set<std::string>& keys, std::set<std::string>& instances,
                           const std::vector<std::string>& regions) {
  if (account.id.size() != 12 || !all_digits(account.id)) {
    return fail(ErrorKind::usage, "'" + printable(account.id, 40) + "' is not an account id of 12 digits");
  }
  const std::string where = " in account " + account.id;
  for (const UserConfig& user : account.users) {
    if (user.name.empty() || user.access_key_id.size() < 16 || user.secret_access_key.empty()) {
      return fail(ErrorKind::usage,
                  "a user needs a name, an access key id of 16 characters or more and a secret" + where);
    }
    if (!keys.insert(user.access_key_id).second) {
      return fail(ErrorKind::usage, "access key " + user.access_key_id + " is there twice");
    }
  }
  std::set<std::string> roles;
  for (const RoleConfig& role : account.roles) {
    if (role.name.empty() || !roles.insert(role.name).second) {
      return fail(ErrorKind::usage, "role '" + role.name + "' is nameless or there twice" + where);
    }
  }
  for (const InstanceConfig& instance : account.instances) {
    if (std::find(regions.begin(), regions.end(), instance.region) == regions.end()) {
      return fail(ErrorKind::usage, "instance '" + instance.name + "' is in Region '" + instance.region +
                                        "', which is not enabled" + where);
    }
    if (!parse_instance_state(instance.state)) {
      return fail(ErrorKind::usage, "instance '" + instance.name + "' has the unknown state '" +
                                        printable(instance.state, 40) + "'" + where);
    }
    if (!instance.id.empty() && (!is_instance_id(instance.id) || !instances.insert(instance.id).second)) {
      return fail(ErrorKind::usage, "instance id '" + instance.id + "' is malformed or there twice" + where);
    }
  }
  return {};
}

}  // namespace

const std::vector<std::string>& default_regions() {
  static const std::vector<std::string> regions = {
      "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
      "ca-central-1",   "eu-central-1",   "eu-north-1",     "eu-west-1",  "eu-west-2",      "eu-west-3",
      "sa-east-1",      "us-east-1",      "us-east-2",      "us-west-1",  "us-west-2"};
  return regions;
}

Result<void> check_config(const CloudConfig& config) {
  if (config.name.empty()) return fail(ErrorKind::usage, "a simulated cloud needs a name");
  if (config.accounts.empty() || config.accounts.size() > kAccountsMax) {
    return fail(ErrorKind::usage, "a simulated cloud has 1 to " + std::to_string(kAccountsMax) + " accounts");
  }
  const std::vector<std::string>& regions = config.regions.empty() ? default_regions() : config.regions;
  std::set<std::string> accounts;
  std::set<std::string> keys;
  std::set<std::string> instances;
  std::size_t count = 0;
  for (const AccountConfig& account : config.accounts) {
    TRY_VOID(check_account(account, keys, instances, regions));
    if (!accounts.insert(account.id).second) return fail(ErrorKind::usage, "account " + account.id + " is there twice");
    count += account.instances.size();
  }
  if (count > kInstancesMax) {
    return fail(ErrorKind::usage, "more than " + std::to_string(kInstancesMax) + " instances");
  }
  if (!config.hub_account.empty() && !accounts.contains(config.hub_account)) {
    return fail(ErrorKind::usage, "the hub account " + config.hub_account + " is not among the accounts");
  }
  return {};
}

std::string derived_hex(std::uint64_t seed, std::string_view label, std::size_t digits) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  std::uint64_t state = hash_label(seed, label);
  for (std::size_t i = 0; i < digits; ++i) {
    if (i % 16 == 0) state = mix(state + i);
    text.push_back(kHex[(state >> (4 * (i % 16))) & 15U]);
  }
  return text;
}

std::string derived_instance_id(const CloudConfig& config, const AccountConfig& account, std::size_t index) {
  const std::string& region = account.instances[index].region;
  // A real id begins with a 0 since the ids grew to 17 digits.
  return "i-0" + derived_hex(config.seed, "instance/" + account.id + "/" + region + "/" + std::to_string(index), 16);
}

}  // namespace postern::sim
