#include "sim/agents/instance_metadata.hpp"

#include <array>
#include <charconv>
#include <set>
#include <vector>

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "sim/access.hpp"
#include "sim/agents/node_roles.hpp"

namespace postern::sim {
namespace metadata {

constexpr std::string_view kTokenPath = "/latest/api/token";
constexpr std::string_view kTokenHeader = "X-aws-ec2-metadata-token";
constexpr std::string_view kTtlHeader = "X-aws-ec2-metadata-token-ttl-seconds";
constexpr std::string_view kDataPath = "/latest/meta-data/";
constexpr std::string_view kDynamicPath = "/latest/dynamic/instance-identity/";
constexpr std::string_view kRolesPath = "iam/security-credentials/";
constexpr std::string_view kIdentityPath = "identity-credentials/ec2/security-credentials/";
constexpr std::string_view kIdentityRole = "ec2-instance";
constexpr std::size_t kTokensMax = 1'000;
constexpr std::size_t kTokenBytes = 42;
constexpr int kTtlMost = 21'600;
constexpr std::chrono::hours kCredentialLife{6};
constexpr std::chrono::hours kRenewBefore{1};

http::Response page(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.set("Content-Type", "text/plain");
  response.headers.set("Server", "EC2ws");
  response.body = std::move(body);
  return response;
}

/// The paths that have a value, with that value, below /latest/meta-data/. Role credentials are not among them.
std::map<std::string, std::string, std::less<>> values(const Instance& instance, const std::string& role) {
  std::map<std::string, std::string, std::less<>> all;
  const std::string host = "ip-" +
                           [&] {
                             std::string dashed = instance.private_ip();
                             for (char& c : dashed) c = c == '.' ? '-' : c;
                             return dashed;
                           }() +
                           "." + instance.region() + ".compute.internal";
  const std::string mac = "02:" + [&] {
    const std::string digits = instance.id.substr(instance.id.size() - 8);
    return digits.substr(0, 2) + ":" + digits.substr(2, 2) + ":" + digits.substr(4, 2) + ":" + digits.substr(6, 2);
  }() + ":00";
  all["ami-id"] = instance.traits->image_id;
  all["hostname"] = host;
  all["instance-id"] = instance.id;
  all["instance-life-cycle"] = "on-demand";
  all["instance-type"] = instance.traits->instance_type;
  all["local-hostname"] = host;
  all["local-ipv4"] = instance.private_ip();
  all["mac"] = mac;
  all["network/interfaces/macs/" + mac + "/local-ipv4s"] = instance.private_ip();
  all["network/interfaces/macs/" + mac + "/subnet-id"] = instance.placement->subnet_id;
  all["network/interfaces/macs/" + mac + "/vpc-id"] = instance.placement->vpc_id;
  all["placement/availability-zone"] = instance.placement->availability_zone;
  all["placement/region"] = instance.region();
  all["reservation-id"] = instance.reservation_id();
  all["services/domain"] = "amazonaws.com";
  all["services/partition"] = "aws";
  all[std::string(kIdentityPath) + std::string(kIdentityRole)] = std::string();
  if (!role.empty()) {
    all["iam/info"] = std::string();
    all[std::string(kRolesPath) + role] = std::string();
  }
  if (instance.traits->metadata.tags_enabled) {
    for (const auto& [key, value] : instance.all_tags()) all["tags/instance/" + key] = value;
  }
  return all;
}

/// What stands below a folder, one name a line, folders with a slash; nothing when there is no such folder.
std::optional<std::string> list(const std::map<std::string, std::string, std::less<>>& all, std::string_view folder) {
  std::set<std::string> names;
  for (const auto& [path, value] : all) {
    if (!path.starts_with(folder)) continue;
    const std::string rest = path.substr(folder.size());
    const std::size_t slash = rest.find('/');
    names.insert(slash == std::string::npos ? rest : rest.substr(0, slash + 1));
  }
  if (names.empty()) return std::nullopt;
  const std::vector<std::string> lines(names.begin(), names.end());
  return join(lines, "\n");
}

/// Of the instance itself, which is nobody's role: it may do nothing but register.
IdentityPtr instance_identity(const Instance& instance, WallTime now) {
  const std::string arn = "arn:aws:iam::" + instance.account_id() + ":role/aws:ec2-instance";
  auto identity = std::make_shared<Identity>(
      iam::Principal::role_session(arn, instance.id, iam::Principal::Details()));
  identity->kind = Identity::Kind::role_session;
  identity->issued = now;
  return identity;
}

/// The instance's role, when EC2 may assume it.
std::shared_ptr<Role> role_of(const Cloud& cloud, const Instance& instance) {
  std::shared_ptr<Role> role = instance_role(cloud.directory(), instance);
  const bool usable = role != nullptr && trusts_service(cloud.directory(), *role, "ec2.amazonaws.com");
  return usable ? role : nullptr;
}

std::string date_text(WallTime time) {
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

}  // namespace metadata

http::Response InstanceMetadata::make_token(rt::CallContext ctx, const http::Request& request) {
  const std::string_view asked = request.headers.get(metadata::kTtlHeader);
  int ttl = 0;
  const auto [end, error] = std::from_chars(asked.data(), asked.data() + asked.size(), ttl);
  if (error != std::errc() || end != asked.data() + asked.size() || ttl < 1 || ttl > metadata::kTtlMost) {
    return metadata::page(400, "Bad Request");
  }
  const WallTime now = cloud_.now(ctx.clock());
  std::erase_if(tokens_, [&](const auto& one) { return one.second <= now; });
  if (tokens_.size() >= metadata::kTokensMax) return metadata::page(503, "Service Unavailable");
  std::vector<std::uint8_t> bytes(metadata::kTokenBytes);
  ctx.random().fill(bytes);
  std::string token = to_base64(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  for (char& c : token) c = c == '+' ? '-' : c == '/' ? '_' : c;
  tokens_[token] = now + std::chrono::seconds(ttl);
  http::Response response = metadata::page(200, std::move(token));
  response.headers.set(metadata::kTtlHeader, std::to_string(ttl));
  return response;
}

bool InstanceMetadata::knows_token(rt::CallContext ctx, std::string_view token) {
  const auto found = tokens_.find(token);
  return found != tokens_.end() && cloud_.now(ctx.clock()) < found->second;
}

std::optional<std::string> InstanceMetadata::credentials(rt::CallContext ctx, const Instance& instance,
                                                         std::string_view name) {
  const std::shared_ptr<Role> role = name == metadata::kIdentityRole ? nullptr : metadata::role_of(cloud_, instance);
  if (name != metadata::kIdentityRole && (role == nullptr || role->name != name)) return std::nullopt;
  const WallTime now = cloud_.now(ctx.clock());
  Issued& issued = issued_[std::string(name)];
  if (issued.key.access_key_id.empty() || issued.key.expires - now < metadata::kRenewBefore) {
    const WallTime expires = std::chrono::floor<std::chrono::seconds>(now) + metadata::kCredentialLife;
    IdentityPtr identity = role == nullptr ? metadata::instance_identity(instance, now)
                                           : node_session(cloud_.directory(), role, instance, now);
    issued.key = cloud_.issue(std::move(identity), expires, ctx.random());
    issued.updated = now;
  }
  return Json::object()
      .set("Code", "Success")
      .set("LastUpdated", metadata::date_text(issued.updated))
      .set("Type", "AWS-HMAC")
      .set("AccessKeyId", issued.key.access_key_id)
      .set("SecretAccessKey", issued.key.secret_access_key.reveal())
      .set("Token", issued.key.session_token.reveal())
      .set("Expiration", metadata::date_text(issued.key.expires))
      .dump_pretty();
}

std::string InstanceMetadata::identity_document(const Instance& instance) const {
  return Json::object()
      .set("accountId", instance.account_id())
      .set("architecture", "x86_64")
      .set("availabilityZone", instance.placement->availability_zone)
      .set("billingProducts", nullptr)
      .set("devpayProductCodes", nullptr)
      .set("marketplaceProductCodes", nullptr)
      .set("imageId", instance.traits->image_id)
      .set("instanceId", instance.id)
      .set("instanceType", instance.traits->instance_type)
      .set("kernelId", nullptr)
      .set("pendingTime", metadata::date_text(instance.launched))
      .set("privateIp", instance.private_ip())
      .set("ramdiskId", nullptr)
      .set("region", instance.region())
      .set("version", "2017-09-30")
      .dump_pretty();
}

std::optional<std::string> InstanceMetadata::read(rt::CallContext ctx, const Instance& instance,
                                                  std::string_view path) {
  using namespace metadata;
  if (path == "/" || path == "/latest") return "latest";
  if (path == "/latest/") return "dynamic\nmeta-data";
  if (path.starts_with(kDynamicPath) || path == "/latest/dynamic/" || path == "/latest/dynamic") {
    if (path == std::string(kDynamicPath) + "document") return identity_document(instance);
    if (path == kDynamicPath) return "document";
    if (path.starts_with(kDynamicPath)) return std::nullopt;
    return "instance-identity/";
  }
  if (path == kDataPath.substr(0, kDataPath.size() - 1)) path = kDataPath;
  if (!path.starts_with(kDataPath)) return std::nullopt;
  const std::string below(path.substr(kDataPath.size()));
  const std::shared_ptr<Role> role = metadata::role_of(cloud_, instance);
  const auto all = values(instance, role == nullptr ? std::string() : role->name);
  if (below.starts_with(kRolesPath) && below.size() > kRolesPath.size()) {
    return credentials(ctx, instance, std::string_view(below).substr(kRolesPath.size()));
  }
  if (below == std::string(kIdentityPath) + std::string(kIdentityRole)) {
    return credentials(ctx, instance, kIdentityRole);
  }
  if (below == "iam/info" && role != nullptr) {
    return Json::object()
        .set("Code", "Success")
        .set("LastUpdated", date_text(instance.launched))
        .set("InstanceProfileArn", instance.profile_arn())
        .dump_pretty();
  }
  if (const auto found = all.find(below); found != all.end()) return found->second;
  // A folder is listed with and without its slash.
  return list(all, below.empty() || below.ends_with('/') ? below : below + "/");
}

rt::Task<Result<http::Response>> InstanceMetadata::serve(rt::CallContext ctx, http::PeerInfo, http::Request request) {
  const Instance* instance = cloud_.mutable_instance(view_.instance_id);
  if (instance == nullptr || instance->state != InstanceState::running) {
    co_return fail(ErrorKind::cancelled, "the instance does not run");
  }
  const MetadataOptions& allowed = instance->traits->metadata;
  if (allowed.endpoint == MetadataOptions::Endpoint::disabled) co_return metadata::page(403, "Forbidden");
  if (request.path() == metadata::kTokenPath) {
    if (request.method != "PUT") co_return metadata::page(405, "Not Allowed");
    // A request that a proxy passed on gets no token.
    if (request.headers.find("X-Forwarded-For") != nullptr) co_return metadata::page(403, "Forbidden");
    http::Response response = make_token(ctx, request);
    if (view_.hops > allowed.hop_limit) {
      co_return fail(ErrorKind::cancelled, "the answer does not travel that far");
    }
    co_return response;
  }
  if (request.method != "GET" && request.method != "HEAD") co_return metadata::page(405, "Not Allowed");
  const std::string* token = request.headers.find(metadata::kTokenHeader);
  const bool version_1 = token == nullptr && allowed.tokens == MetadataOptions::Tokens::optional;
  const bool known = version_1 || (token != nullptr && knows_token(ctx, *token));
  if (!known) co_return metadata::page(401, "Unauthorized");
  std::optional<std::string> value = read(ctx, *instance, request.path());
  if (!value) co_return metadata::page(404, "Not Found");
  co_return metadata::page(200, std::move(*value));
}

}  // namespace postern::sim
