#include "aws/core/service_router.hpp"

#include <algorithm>

#include "aws/core/form_value.hpp"
#include "aws/core/json_codec.hpp"
#include "aws/core/rpc_cbor_codec.hpp"
#include "base/text.hpp"

namespace postern::aws::server {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kCredential = "Credential=";
/// Names are quoted in answers: a hostile one is cut.
constexpr std::size_t kQuotedNameMax = 128;

constexpr ServiceSpec nameless_service(Protocol protocol) {
  ServiceSpec spec{};
  spec.protocol = protocol;
  spec.json_version = "1.1";
  return spec;
}
constexpr ServiceSpec kNamelessJson = nameless_service(Protocol::json);
constexpr ServiceSpec kNamelessQuery = nameless_service(Protocol::query);

std::optional<ClaimedScope> parse_credential(std::string_view credential) {
  // The access key id itself never holds a slash; scope is date/region/service/aws4_request.
  const std::vector<std::string_view> parts = split(credential, '/');
  if (parts.size() != 5 || parts[0].empty() || parts[4] != "aws4_request") return std::nullopt;
  ClaimedScope scope;
  scope.access_key_id = parts[0];
  scope.region = parts[2];
  scope.service = parts[3];
  return scope;
}

const Entry* find_entry(const Binding& binding, std::string_view operation) {
  const auto found =
      std::lower_bound(binding.entries.begin(), binding.entries.end(), operation,
                       [](const Entry& entry, std::string_view name) { return entry.operation->name < name; });
  return found != binding.entries.end() && found->operation->name == operation ? &*found : nullptr;
}

bool speaks_forms(const ServiceSpec& service) {
  return service.protocol == Protocol::query || service.protocol == Protocol::ec2;
}

/// A service of the query protocol that has a name for awsJson and RPC v2 CBOR as well.
bool speaks_rpc(const ServiceSpec& service) {
  return service.protocol == Protocol::query && !service.target_prefix.empty();
}

const Codec& json_codec() {
  static const JsonCodec codec;
  return codec;
}

bool speaks_rest(const ServiceSpec& service) {
  return service.protocol == Protocol::rest_json || service.protocol == Protocol::rest_xml;
}

}  // namespace

std::optional<ClaimedScope> claimed_scope(const http::Request& request) {
  const std::string_view header = request.headers.get("Authorization");
  if (header.empty()) return parse_credential(form_field(request.query(), "X-Amz-Credential"));
  if (!header.starts_with(kAlgorithm)) return std::nullopt;
  const std::size_t at = header.find(kCredential);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = header.substr(at + kCredential.size());
  return parse_credential(rest.substr(0, rest.find_first_of(", ")));
}

bool stands_for_post(const http::Request& request) noexcept {
  return request.method == "GET" && !request.query().empty() && request.body.empty();
}

http::Request as_post(http::Request request) {
  if (!stands_for_post(request)) return request;
  std::string body;
  for (const std::string_view pair : split(request.query(), '&')) {
    if (starts_with_ignore_case(pair, "X-Amz-")) continue;
    if (!body.empty()) body += '&';
    body += pair;
  }
  request.method = "POST";
  request.target = std::string(request.path());
  request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = std::move(body);
  return request;
}

ServiceRouter::ServiceRouter(std::vector<Binding> bindings) : bindings_(std::move(bindings)) {
  for (std::size_t i = 0; i < bindings_.size(); ++i) {
    if (speaks_rest(*bindings_[i].service)) rest_.emplace_back(i, RestRouter(bindings_[i].entries));
  }
}

bool ServiceRouter::is_rest(const http::Request& request, const std::optional<ClaimedScope>& scope) const {
  if (rest_.empty()) return false;
  if (scope) {
    return std::any_of(rest_.begin(), rest_.end(),
                       [&](const auto& rest) { return bindings_[rest.first].service->signing_name == scope->service; });
  }
  if (request.headers.find("X-Amz-Target") != nullptr) return false;
  const bool form = starts_with_ignore_case(request.headers.get("Content-Type"), "application/x-www-form-urlencoded");
  return !form && form_field(request.query(), "Action").empty();
}

bool ServiceRouter::has_buckets(const std::optional<ClaimedScope>& scope) const {
  return std::any_of(rest_.begin(), rest_.end(), [&](const auto& rest) {
    const ServiceSpec& service = *bindings_[rest.first].service;
    return service.s3_rules && (!scope || service.signing_name == scope->service);
  });
}

Route ServiceRouter::route_rest(const http::Request& request, const std::optional<ClaimedScope>& scope) const {
  Route route;
  for (const auto& [index, router] : rest_) {
    const Binding* const binding = &bindings_[index];
    if (scope && binding->service->signing_name != scope->service) continue;
    // Of an unsigned request that nobody knows, the first service tells.
    if (route.binding == nullptr) {
      route.binding = binding;
      route.answer_as = binding->service;
    }
    const Entry* const entry = router.find(request);
    if (entry == nullptr) continue;
    route.binding = binding;
    route.answer_as = binding->service;
    route.entry = entry;
    return route;
  }
  if (route.answer_as->s3_rules) {
    route.code = "NotImplemented";
    route.message = "A header you provided implies functionality that is not implemented";
    route.http_status = 501;
  } else {
    route.code = "UnknownOperationException";
    route.message = "No operation has " + printable(request.method, kQuotedNameMax) + " " +
                    printable(request.path(), kQuotedNameMax);
    route.http_status = 404;
  }
  return route;
}

Route ServiceRouter::route(const http::Request& request, const std::optional<ClaimedScope>& scope) const {
  if (is_rest(request, scope)) return route_rest(request, scope);
  if (is_rpc_cbor(request)) return route_rpc(request);
  const std::string* target = request.headers.find("X-Amz-Target");
  return target != nullptr ? route_target(*target) : route_action(request, scope);
}

Route ServiceRouter::route_rpc(const http::Request& request) const {
  Route route;
  route.answer_as = &kNamelessQuery;
  route.codec = &rpc_cbor_codec();
  route.code = "UnknownOperationException";
  const auto path = request.method == "POST" ? rpc_path(request) : std::nullopt;
  for (const Binding& binding : bindings_) {
    if (!path || !speaks_rpc(*binding.service) || binding.service->target_prefix != path->service) continue;
    route.binding = &binding;
    route.answer_as = binding.service;
    route.entry = find_entry(binding, path->operation);
    break;
  }
  if (route.entry == nullptr) {
    route.message = "No operation has " + printable(request.method, kQuotedNameMax) + " " +
                    printable(request.path(), kQuotedNameMax);
    route.http_status = 404;
  }
  return route;
}

Route ServiceRouter::route_target(std::string_view target) const {
  Route route;
  route.answer_as = &kNamelessJson;
  route.code = "UnknownOperationException";
  const std::size_t dot = target.rfind('.');
  const std::string_view prefix = target.substr(0, dot == std::string_view::npos ? target.size() : dot);
  const std::string_view operation = dot == std::string_view::npos ? std::string_view() : target.substr(dot + 1);
  for (const Binding& binding : bindings_) {
    const ServiceSpec& service = *binding.service;
    const bool named = service.protocol == Protocol::json || speaks_rpc(service);
    if (!named || service.target_prefix != prefix) continue;
    route.binding = &binding;
    route.answer_as = &service;
    route.codec = &json_codec();
    route.entry = find_entry(binding, operation);
    break;
  }
  if (route.entry == nullptr) {
    route.message = "The operation " + printable(target, kQuotedNameMax) + " is not known to this server.";
  }
  return route;
}

Route ServiceRouter::route_action(const http::Request& request, const std::optional<ClaimedScope>& scope) const {
  Route route;
  route.answer_as = &kNamelessQuery;
  const std::string action = form_field(request.body, "Action");
  const std::string version = form_field(request.body, "Version");
  for (const Binding& binding : bindings_) {
    const ServiceSpec& service = *binding.service;
    if (!speaks_forms(service) || (!version.empty() && service.api_version != version)) continue;
    const Entry* entry = find_entry(binding, action);
    // A signed request says which service it means; an unsigned one is taken by whoever has the operation.
    if (scope ? service.signing_name != scope->service : entry == nullptr) continue;
    route.binding = &binding;
    route.answer_as = &service;
    route.entry = entry;
    break;
  }
  if (route.entry != nullptr) return route;
  if (action.empty()) {
    route.code = "MissingAction";
    route.message = "The request names no Action.";
  } else {
    route.code = "InvalidAction";
    route.message = "Could not find operation " + printable(action, kQuotedNameMax) + " for version " +
                    (version.empty() ? "NO_VERSION_SPECIFIED" : printable(version, kQuotedNameMax));
  }
  return route;
}

}  // namespace postern::aws::server
