#include "sim/drs/service_roles.hpp"

#include "base/check.hpp"

namespace postern::sim::drs {
namespace service_roles {

struct ServiceRole {
  std::string_view name;
  std::string_view path;
  std::string_view trusts;
  std::string_view policy;  ///< ARN of AWS's policy that this cloud has; empty: none of those
  bool has_profile;
};

constexpr std::string_view kPolicies = "arn:aws:iam::aws:policy/";

constexpr ServiceRole kRoles[] = {
    {"AWSServiceRoleForElasticDisasterRecovery", "/aws-service-role/drs.amazonaws.com/", "drs.amazonaws.com", "",
     false},
    {"AWSElasticDisasterRecoveryAgentRole", "/service-role/", "drs.amazonaws.com", "", false},
    {"AWSElasticDisasterRecoveryFailbackRole", "/service-role/", "drs.amazonaws.com", "", false},
    {"AWSElasticDisasterRecoveryConversionServerRole", "/service-role/", "ec2.amazonaws.com", "", true},
    {"AWSElasticDisasterRecoveryReplicationServerRole", "/service-role/", "ec2.amazonaws.com", "", true},
    {kRecoveryProfile, "/service-role/", "ec2.amazonaws.com",
     "service-role/AWSElasticDisasterRecoveryRecoveryInstancePolicy", true},
    {kLaunchActionsProfile, "/service-role/", "ec2.amazonaws.com", "AmazonSSMManagedInstanceCore", true},
};

std::string trust_of(std::string_view service) {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":")" + std::string(service) +
         R"("},"Action":"sts:AssumeRole"}]})";
}

void add_role(Directory& directory, AccountIam& iam, const ServiceRole& from, WallTime now) {
  auto role = std::make_shared<Role>();
  role->name = from.name;
  role->path = from.path;
  role->account_id = iam.id;
  role->arn = "arn:aws:iam::" + iam.id + ":role" + role->path + role->name;
  role->id = directory.new_id("AROA", role->arn);
  role->created = now;
  if (!from.policy.empty()) role->attached.push_back(std::string(kPolicies) + std::string(from.policy));
  const Result<void> trusted = directory.set_trust(*role, trust_of(from.trusts), UnknownPrincipals::outside);
  CHECK(trusted.has_value());
  iam.roles.emplace(role->name, std::move(role));
}

void add_profile(Directory& directory, AccountIam& iam, const ServiceRole& from, WallTime now) {
  auto profile = std::make_shared<InstanceProfile>();
  profile->name = from.name;
  profile->path = from.path;
  profile->arn = "arn:aws:iam::" + iam.id + ":instance-profile" + profile->path + profile->name;
  profile->id = directory.new_id("AIPA", profile->arn);
  profile->created = now;
  profile->role = from.name;
  iam.profiles.emplace(profile->name, std::move(profile));
}

}  // namespace service_roles

void add_service_roles(Directory& directory, const std::string& account, WallTime now) {
  using namespace service_roles;
  AccountIam* iam = directory.find_account(account);
  if (iam == nullptr) return;
  for (const ServiceRole& from : kRoles) {
    if (!iam->roles.contains(from.name)) add_role(directory, *iam, from, now);
    if (from.has_profile && !iam->profiles.contains(from.name)) add_profile(directory, *iam, from, now);
  }
  directory.changed();
}

}  // namespace postern::sim::drs
