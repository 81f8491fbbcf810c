#include "access/why_pieces.hpp"

#include <algorithm>
#include <limits>

#include "base/text.hpp"

namespace postern::access {
namespace why_detail {

constexpr std::size_t kValuesShown = 6;
constexpr std::size_t kTextMax = 160;

std::string quoted(const std::vector<std::string>& values) {
  std::string out;
  for (std::size_t i = 0; i < values.size() && i < kValuesShown; ++i) {
    out.append(out.empty() ? "\"" : ", \"").append(printable(values[i], kTextMax)).append("\"");
  }
  if (values.size() > kValuesShown) out += " and " + std::to_string(values.size() - kValuesShown) + " more";
  return values.empty() ? "nothing" : out;
}

std::string listed(const std::vector<std::string>& texts) {
  std::string out;
  for (std::size_t i = 0; i < texts.size() && i < kValuesShown; ++i) {
    out.append(out.empty() ? "" : ", ").append(printable(texts[i], kTextMax));
  }
  if (texts.size() > kValuesShown) out += " and " + std::to_string(texts.size() - kValuesShown) + " more";
  return out;
}

std::string resources_text(const iam::Statement& statement) {
  std::vector<std::string> texts;
  for (const iam::ArnPattern& each : statement.resources) texts.push_back(each.text());
  return (statement.resource_scope == iam::Scope::all_except ? "everything but " : "") + listed(texts);
}

std::string principals_text(const iam::Statement& statement) {
  std::vector<std::string> texts;
  for (const iam::PrincipalEntry& each : statement.principals) texts.push_back(each.text);
  return (statement.principal_scope == iam::Scope::all_except ? "everybody but " : "") + listed(texts);
}

ToldStatement told_statement(const iam::StatementRef& ref, std::string_view layer) {
  ToldStatement out;
  out.layer = layer;
  out.policy = ref.policy->name;
  out.arn = ref.policy->arn;
  out.index = ref.index + std::size_t{1};
  out.sid = ref.statement().sid;
  out.effect = ref.statement().effect == iam::Effect::allow ? "Allow" : "Deny";
  return out;
}

std::string difference_of(const iam::NearMiss& near) {
  const iam::Statement& statement = near.statement.statement();
  switch (near.part) {
    case iam::NearMiss::Part::resource:
      return "it is about " + resources_text(statement);
    case iam::NearMiss::Part::principal:
      return "it names " + principals_text(statement);
    case iam::NearMiss::Part::condition:
      break;
  }
  return near.condition_operator + " " + printable(near.key, kTextMax) + " expects " + quoted(near.expected) +
         (near.actual ? ", the request has " + quoted(*near.actual) : std::string(", the request has no such key"));
}

Part part_of(iam::NearMiss::Part part) {
  if (part == iam::NearMiss::Part::resource) return Part::resource;
  return part == iam::NearMiss::Part::principal ? Part::principal : Part::condition;
}

std::string layer_text(const iam::Evaluation& evaluation, iam::Layer layer) {
  // The only resource policy that is ever judged here is a role's trust.
  (void)evaluation;
  return std::string(iam::layer_name(layer, iam::DocumentKind::trust));
}

/// Statements of the layer that would allow it but for one part, conditions first: they match in all the rest.
std::vector<ToldStatement> near_misses(const iam::Evaluation& evaluation) {
  std::vector<ToldStatement> out;
  for (const iam::NearMiss::Part part :
       {iam::NearMiss::Part::condition, iam::NearMiss::Part::principal, iam::NearMiss::Part::resource}) {
    for (const iam::NearMiss& near : evaluation.near_misses) {
      const bool allows = near.statement.statement().effect == iam::Effect::allow;
      if (near.layer != evaluation.layer || near.part != part || !allows || out.size() >= kNearestMax) continue;
      ToldStatement told = told_statement(near.statement, layer_text(evaluation, near.layer));
      told.part = part_of(near.part);
      told.difference = difference_of(near);
      out.push_back(std::move(told));
    }
  }
  return out;
}

/// Of statements about other actions, that with the action spelt most like the one that was asked, of its service.
std::optional<ToldStatement> nearest_action(const std::string& action, const iam::PolicyList& policies) {
  const std::string folded = to_lower(action);
  const std::string service = folded.substr(0, folded.find(':') + 1);
  std::optional<ToldStatement> best;
  std::size_t distance = std::numeric_limits<std::size_t>::max();
  for (const iam::AttachedPolicy& policy : policies) {
    for (const std::uint32_t index : policy.document->allows()) {
      iam::StatementRef ref;
      ref.policy = &policy;
      ref.index = index;
      for (const std::string& each : ref.statement().actions.texts()) {
        const std::string other = to_lower(each);
        if (!other.starts_with(service) || edit_distance(folded, other) >= distance) continue;
        distance = edit_distance(folded, other);
        best = told_statement(ref, iam::layer_name(iam::Layer::identity));
        best->part = Part::action;
        best->difference = "it allows " + listed(ref.statement().actions.texts());
      }
    }
  }
  return best;
}

std::string place_of(const Explanation& out) {
  return out.at.empty() ? std::string() : " at " + printable(out.at, kTextMax);
}

std::string sentence_of(const Explanation& out) {
  if (out.allowed) {
    return out.decided_by ? "allowed by " + out.decided_by->to_text() : "allowed: it needs no permission";
  }
  if (out.decided_by) return "denied explicitly by " + out.decided_by->to_text() + place_of(out);
  const std::string none = "denied: no " + out.layer + place_of(out) + " allows " + out.action;
  if (out.nearest.empty()) return none;
  return none + "; the nearest statement is " + out.nearest.front().to_text();
}

Explanation told(const iam::Evaluation& evaluation, const iam::PolicyList& identity) {
  Explanation out;
  out.allowed = evaluation.allowed();
  out.decision = to_string(evaluation.decision);
  out.action = evaluation.action;
  out.layer = layer_text(evaluation, evaluation.layer);
  out.aws_text = evaluation.denial_text;
  const iam::LayerResult& layer = evaluation.layer_result(evaluation.layer);
  if (layer.level != nullptr) out.at = layer.level->name;
  if (const iam::StatementRef by = evaluation.decided_by()) out.decided_by = told_statement(by, out.layer);
  if (!out.allowed && !out.decided_by) {
    out.nearest = near_misses(evaluation);
    if (out.nearest.empty() && evaluation.layer == iam::Layer::identity) {
      if (auto near = nearest_action(evaluation.action, identity)) out.nearest.push_back(std::move(*near));
    }
  }
  out.sentence = sentence_of(out);
  if (out.allowed && evaluation.action == "ssm:SendCommand" && out.decided_by) {
    const iam::Statement& by = evaluation.decided_by().statement();
    const bool everything =
        std::ranges::any_of(by.resources, [](const iam::ArnPattern& each) { return each.text() == "*"; });
    if (everything && by.conditions.empty()) {
      out.hints.emplace_back(
          "the statement lets any document be sent to any node, which is an administrator's shell on all of them: "
          "limit "
          "it to documents and tagged nodes, as `postern render roles` does");
    }
  }
  return out;
}

std::string told_trust(const iam::Statement& statement) {
  std::string out = (statement.effect == iam::Effect::allow ? "Allow " : "Deny ") + listed(statement.actions.texts());
  out += " to " + principals_text(statement);
  std::string conditions;
  for (const iam::Condition& each : statement.conditions) {
    conditions += (conditions.empty() ? " if " : " and ") + each.operator_text() + " " +
                  printable(each.key(), kTextMax) + " " + quoted(each.values());
  }
  return out + conditions;
}

// ---- what to do ----

bool misses(const Explanation& out, Part part, std::string_view text) {
  return std::ranges::any_of(out.nearest, [&](const ToldStatement& each) {
    return each.part == part && to_lower(each.difference).find(text) != std::string::npos;
  });
}

void add_layer_hint(Explanation& out) {
  if (out.layer == "permissions boundary") {
    out.hints.emplace_back("a boundary limits whatever policies grant: the action has to be allowed there too");
  } else if (out.layer == "service control policy") {
    out.hints.emplace_back(
        "no policy of the account can lift it: the organisation's administrators change it, at the place named");
  }
}

void add_hints(const WhyQuestion& question, Explanation& out) {
  if (out.allowed) return;
  add_layer_hint(out);
  if (!out.nearest.empty() && out.nearest.front().part == Part::action) {
    out.hints.emplace_back(
        "the policy lacks " + out.action +
        ": `postern permissions COMMAND` prints what a command needs, `postern deploy diff` what the "
        "account's roles lack");
  }
  if (question.resources.empty() && misses(out, Part::resource, "")) {
    out.hints.emplace_back("no --resource was given, which is judged as \"*\": name what it is to be done to");
  }
  if (misses(out, Part::condition, "the request has no such key")) {
    out.hints.emplace_back("--context KEY=VALUE judges it as with that key");
  }
  if (to_lower(out.action) == "ssm:sendcommand" && question.resources.size() < 2) {
    out.hints.emplace_back(
        "ssm:SendCommand is asked of the document and of every node: give --resource for each of them");
  }
}

void add_hints(const AssumeQuestion& question, Explanation& out) {
  if (out.allowed) return;
  add_layer_hint(out);
  if (out.layer == "identity-based policy") {
    out.hints.emplace_back("it is the caller's own policy that lacks it: postern permissions COMMAND --hub");
    return;
  }
  if (misses(out, Part::condition, "sts:externalid")) {
    out.hints.emplace_back(question.external_id
                               ? "another ExternalId is expected: the fleet file's external_id of this account, or "
                                 "--external-id"
                               : "no ExternalId is passed and the role asks for one: the fleet file's external_id of "
                                 "this account, or --external-id");
  }
  if (misses(out, Part::condition, "aws:principalorg")) {
    out.hints.emplace_back(
        question.caller_organization.empty()
            ? "the caller's organisation is not known here: --context aws:PrincipalOrgID=o-... judges "
              "it as with that one"
            : "the caller's account is in another organisation");
  }
  if (misses(out, Part::principal, "")) {
    out.hints.emplace_back("the trust policy names somebody else than " + printable(question.caller_arn, kTextMax) +
                           "; a principal that reads AROA... or AIDA... was deleted, and one made again under its name "
                           "is not meant");
  }
}

}  // namespace why_detail

std::string_view to_string(Part part) noexcept {
  constexpr std::string_view kNames[] = {"action", "resource", "principal", "condition"};
  return kNames[static_cast<std::size_t>(part)];
}

std::string ToldStatement::to_text() const {
  std::string out = layer + " \"" + printable(policy, why_detail::kTextMax) + "\", statement " + std::to_string(index);
  if (!sid.empty()) out += " (" + printable(sid, why_detail::kTextMax) + ")";
  if (part) out += ", whose " + std::string(to_string(*part)) + " differs: " + difference;
  return out;
}

}  // namespace postern::access
