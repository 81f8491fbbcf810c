#include "iam/evaluate_text.hpp"

#include "base/text.hpp"

namespace postern::iam {
namespace {

using Outcome = LayerResult::Outcome;

constexpr Layer kEveryLayer[] = {Layer::scp,      Layer::rcp,      Layer::endpoint, Layer::resource,
                                 Layer::identity, Layer::boundary, Layer::session};
constexpr std::size_t kShownValues = 8;

DocumentKind kind_of_policy(const Resource* resource) {
  return resource != nullptr && resource->policy != nullptr ? resource->policy->document->kind()
                                                            : DocumentKind::resource;
}

std::string_view article(std::string_view noun) {
  return noun.front() == 'i' ? "an " : "a ";
}

// IAM user guide, "Troubleshoot access denied error messages": "in the role trust policy", "in a ..." for the others.
std::string explicit_reason(const Evaluation& evaluation, DocumentKind resource_kind, DenialStyle style) {
  std::string out = " with an explicit deny in ";
  const std::string_view name = layer_name(evaluation.layer, resource_kind);
  const bool role_trust = resource_kind == DocumentKind::trust && evaluation.layer == Layer::resource;
  out += role_trust ? "the " : article(name);
  out += name;
  const StatementRef by = evaluation.layer_result(evaluation.layer).by;
  if (style == DenialStyle::with_arn && by && !by.policy->arn.empty()) {
    out += ": ";
    out += by.policy->arn;
  }
  return out;
}

std::string implicit_reason(const Evaluation& evaluation, DocumentKind resource_kind) {
  std::string out = " because no ";
  out += layer_name(evaluation.layer, resource_kind);
  return out + " allows the " + evaluation.action + " action";
}

std::string quoted_list(const std::vector<std::string>& values) {
  std::string out;
  for (std::size_t i = 0; i < values.size() && i < kShownValues; ++i) {
    if (i > 0) out += ", ";
    out += '"' + printable(values[i], 120) + '"';
  }
  if (values.size() > kShownValues) out += ", and " + std::to_string(values.size() - kShownValues) + " more";
  return values.empty() ? "nothing" : out;
}

std::string layer_line(Layer layer, const LayerResult& result, DocumentKind resource_kind) {
  std::string out = "  ";
  out += layer_name(layer, resource_kind);
  out += ": ";
  switch (result.outcome) {
    case Outcome::absent:
      out += "not involved";
      break;
    case Outcome::exempt:
      out += "does not apply";
      break;
    case Outcome::allow:
      out += "allows";
      break;
    case Outcome::implicit_deny:
      out += "no statement allows it";
      break;
    case Outcome::explicit_deny:
      out += "denies";
      break;
  }
  if (result.level != nullptr && result.outcome != Outcome::allow) out += " at " + printable(result.level->name, 80);
  if (result.by) out += ": " + result.by.to_text();
  if (!result.note.empty()) out += " (" + std::string(result.note) + ")";
  return out + "\n";
}

std::string near_miss_line(const NearMiss& near, DocumentKind resource_kind) {
  std::string out = "  ";
  out += layer_name(near.layer, resource_kind);
  out += ", " + near.statement.to_text() + ": ";
  out += to_string(near.statement.statement().effect);
  out += " does not match: ";
  switch (near.part) {
    case NearMiss::Part::resource:
      out += "the resource is not covered";
      break;
    case NearMiss::Part::principal:
      out += "the caller is not named";
      break;
    case NearMiss::Part::condition:
      out += near.condition_operator + " " + printable(near.key, 120) + " expects " + quoted_list(near.expected) +
             (near.actual ? ", the request has " + quoted_list(*near.actual)
                          : std::string(", the request has no such key"));
      break;
  }
  return out + "\n";
}

}  // namespace

std::string_view to_string(Decision decision) noexcept {
  switch (decision) {
    case Decision::allow:
      return "allow";
    case Decision::implicit_deny:
      return "implicit_deny";
    case Decision::explicit_deny:
      return "explicit_deny";
  }
  return "";
}

std::string_view layer_name(Layer layer, DocumentKind resource_kind) noexcept {
  switch (layer) {
    case Layer::scp:
      return "service control policy";
    case Layer::rcp:
      return "resource control policy";
    case Layer::endpoint:
      return "VPC endpoint policy";
    case Layer::resource:
      return resource_kind == DocumentKind::trust ? "role trust policy" : "resource-based policy";
    case Layer::identity:
      return "identity-based policy";
    case Layer::boundary:
      return "permissions boundary";
    case Layer::session:
      return "session policy";
  }
  return "";
}

std::string StatementRef::to_text() const {
  std::string out = "policy \"" + printable(policy->name, 160) + "\", statement " + std::to_string(index + 1);
  if (const std::string& sid = statement().sid; !sid.empty()) out += " (\"" + printable(sid, 120) + "\")";
  return out;
}

std::string denial_sentence(const Evaluation& evaluation, const Request& request, const Resource* resource,
                            DenialStyle style) {
  const std::string_view action = evaluation.action;
  const Principal& principal = *request.principal;
  if (principal.kind() == PrincipalKind::identity) return "Not authorized to perform " + std::string(action);
  std::string out = "User: " + principal.arn() + " is not authorized to perform: " + std::string(action);
  if (resource != nullptr) out += " on resource: " + resource->arn;
  const DocumentKind resource_kind = kind_of_policy(resource);
  // STS gives every refusal of AssumeRole the same text, so that nobody learns which roles exist.
  if (style == DenialStyle::service && resource_kind == DocumentKind::trust) return out;
  return out + (evaluation.decision == Decision::explicit_deny ? explicit_reason(evaluation, resource_kind, style)
                                                               : implicit_reason(evaluation, resource_kind));
}

std::string explanation_of(const Evaluation& evaluation, const Request& request, const Resource* resource) {
  const DocumentKind resource_kind = kind_of_policy(resource);
  std::string out = evaluation.allowed() ? "allowed: " : "denied: ";
  out += printable(request.principal->arn(), 300) + " " + printable(evaluation.action, 160);
  if (resource != nullptr) out += " on " + printable(resource->arn, 300);
  if (!evaluation.allowed()) {
    out += evaluation.decision == Decision::explicit_deny ? ", explicitly, by a " : ", for want of an Allow in a ";
    if (evaluation.layer == Layer::identity) out.replace(out.size() - 2, 2, "an ");
    out += layer_name(evaluation.layer, resource_kind);
  }
  out += "\n";
  for (const Layer layer : kEveryLayer) out += layer_line(layer, evaluation.layer_result(layer), resource_kind);
  if (!evaluation.near_misses.empty()) out += "statements about the action that do not match:\n";
  for (const NearMiss& near : evaluation.near_misses) out += near_miss_line(near, resource_kind);
  return out;
}

}  // namespace postern::iam
