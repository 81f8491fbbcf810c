#include "sim/cloud.hpp"

#include <algorithm>
#include <array>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace postern::sim {
namespace {

constexpr std::size_t kSessionsMax = 20'000;
constexpr std::size_t kTokenBytes = 240;
constexpr std::size_t kSecretBytes = 30;
constexpr std::size_t kIdLetters = 16;

std::string random_letters(rt::Random& random, std::size_t count) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text.push_back(kAlphabet[random.below(kAlphabet.size())]);
  return text;
}

std::string random_base64(rt::Random& random, std::size_t bytes) {
  std::vector<std::uint8_t> buffer(bytes);
  random.fill(buffer);
  return to_base64(std::string_view(reinterpret_cast<const char*>(buffer.data()), buffer.size()));
}

RoleConfig organization_role(const std::string& hub) {
  TrustStatement trust;
  trust.principals.push_back("arn:aws:iam::" + hub + ":root");
  RoleConfig role;
  role.name = "OrganizationAccountAccessRole";
  role.trust.push_back(std::move(trust));
  role.permissions.allow.emplace_back("*");
  return role;
}

}  // namespace

std::string role_arn(const AccountConfig& account, const RoleConfig& role) {
  return "arn:aws:iam::" + account.id + ":role" + role.path + role.name;
}

std::string role_id(const CloudConfig& config, std::string_view role_arn) {
  return "AROA" + to_upper(derived_hex(config.seed, "role/" + std::string(role_arn), 17));
}

Result<std::unique_ptr<Cloud>> Cloud::create(CloudConfig config, WallTime now) {
  TRY_VOID(check_config(config));
  if (config.regions.empty()) config.regions = default_regions();
  for (AccountConfig& account : config.accounts) {
    if (account.id == config.hub_account || config.hub_account.empty()) continue;
    if (account.organization_role == OrganizationRole::absent) continue;
    account.roles.push_back(organization_role(config.hub_account));
  }
  std::unique_ptr<Cloud> cloud(new Cloud(std::move(config), now));
  for (std::size_t i = 0; i < cloud->config_.accounts.size(); ++i) {
    cloud->accounts_.emplace(cloud->config_.accounts[i].id, i);
    TRY_VOID(cloud->add_account(cloud->config_.accounts[i]));
  }
  return cloud;
}

Result<void> Cloud::add_account(AccountConfig& account) {
  for (const UserConfig& user : account.users) {
    auto identity = std::make_shared<Identity>();
    identity->principal.account_id = account.id;
    identity->principal.arn = "arn:aws:iam::" + account.id + ":user/" + user.name;
    identity->user_id = "AIDA" + to_upper(derived_hex(config_.seed, "user/" + account.id + user.name, 17));
    identity->permissions = user.permissions;
    Key key;
    key.known.secret_access_key = user.secret_access_key;
    key.known.session_token = user.session_token;
    key.known.expires = user.expires;
    key.identity = std::move(identity);
    keys_.emplace(user.access_key_id, std::move(key));
  }
  for (const NetworkConfig& network : account.networks) {
    if (!has_region(network.region)) {
      return fail(ErrorKind::usage, "a network of account " + account.id + " is in Region '" + network.region +
                                        "', which is not enabled");
    }
    TRY_VOID(fleet_.describe_network(account.id, network, begin_));
  }
  for (std::size_t i = 0; i < account.instances.size(); ++i) {
    const InstanceConfig& one = account.instances[i];
    TRY_VOID(fleet_.add(account, i, one.id.empty() ? derived_instance_id(config_, account, i) : one.id, begin_));
  }
  // The fleet has all of it, in less memory.
  account.instances.clear();
  account.instances.shrink_to_fit();
  return {};
}

bool Cloud::has_region(std::string_view region) const {
  return std::find(config_.regions.begin(), config_.regions.end(), region) != config_.regions.end();
}

const AccountConfig* Cloud::find_account(std::string_view id) const {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : &config_.accounts[found->second];
}

const RoleConfig* Cloud::find_role(std::string_view arn) const {
  const auto parts = split(arn, ':');
  if (parts.size() != 6) return nullptr;
  const AccountConfig* account = find_account(parts[4]);
  if (account == nullptr) return nullptr;
  for (const RoleConfig& role : account->roles) {
    if (role_arn(*account, role) == arn) return &role;
  }
  return nullptr;
}

const std::list<Instance>& Cloud::instances(const std::string& account, const std::string& region) const {
  static const std::list<Instance> none;
  const ec2::Site* site = fleet_.find_site(account, region);
  return site == nullptr ? none : site->instances;
}

const Instance* Cloud::find_instance(const std::string& account, const std::string& region, std::string_view id) const {
  const Instance* found = fleet_.find(id);
  return found != nullptr && found->account_id() == account && found->region() == region ? found : nullptr;
}

std::optional<aws::KnownKey> Cloud::find_key(std::string_view access_key_id) const {
  const auto found = keys_.find(access_key_id);
  if (found == keys_.end()) return std::nullopt;
  return found->second.known;
}

std::shared_ptr<const Identity> Cloud::identity_of(std::string_view access_key_id) const {
  const auto found = keys_.find(access_key_id);
  return found == keys_.end() ? nullptr : found->second.identity;
}

IssuedKey Cloud::issue(std::shared_ptr<const Identity> identity, WallTime expires, rt::Random& random) {
  if (issued_ >= kSessionsMax) drop_oldest_session();
  IssuedKey issued;
  issued.access_key_id = "ASIA" + random_letters(random, kIdLetters);
  issued.secret_access_key = Secret<>(random_base64(random, kSecretBytes));
  issued.session_token = Secret<>("IQoJb3JpZ2luX2Vj" + random_base64(random, kTokenBytes));
  issued.expires = expires;
  Key key;
  key.known.secret_access_key = issued.secret_access_key;
  key.known.session_token = issued.session_token;
  key.known.expires = expires;
  key.identity = std::move(identity);
  key.issued = true;
  keys_.insert_or_assign(issued.access_key_id, std::move(key));
  ++issued_;
  ++truth_.sessions;
  return issued;
}

void Cloud::drop_oldest_session() {
  auto oldest = keys_.end();
  for (auto key = keys_.begin(); key != keys_.end(); ++key) {
    if (!key->second.issued) continue;
    if (oldest == keys_.end() || key->second.known.expires < oldest->second.known.expires) oldest = key;
  }
  if (oldest == keys_.end()) return;
  keys_.erase(oldest);
  --issued_;
}

bool Cloud::expire_key(std::string_view access_key_id, WallTime at) {
  const auto found = keys_.find(access_key_id);
  if (found == keys_.end()) return false;
  found->second.known.expires = at;
  return true;
}

}  // namespace postern::sim
