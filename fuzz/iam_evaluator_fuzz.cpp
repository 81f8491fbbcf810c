// Policies and requests of any shape: a document that is taken reads again to the same answers, evaluating never
// crashes, the quick and the full evaluation agree, and a Deny is never lost by adding policies.
//
// Input: lines. The first is "KIND WHO ACTION RESOURCE", then "KEY=VALUE" lines of the request's context up to an empty
// line; the rest is the document.
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "base/text.hpp"
#include "iam/assume_role.hpp"
#include "iam/evaluate.hpp"

namespace {

namespace iam = postern::iam;

struct Input {
  iam::DocumentKind kind = iam::DocumentKind::identity;
  char who = 'r';
  std::string_view action = "s3:GetObject";
  std::string_view resource = "*";
  iam::RequestContext context;
  std::string_view document;
};

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

Input read_input(std::string_view text) {
  Input input;
  const std::vector<std::string_view> words = postern::split(take_line(text), ' ');
  if (!words.empty() && !words[0].empty()) input.kind = static_cast<iam::DocumentKind>(words[0][0] % 8);
  if (words.size() > 1 && !words[1].empty()) input.who = words[1][0];
  if (words.size() > 2) input.action = words[2];
  if (words.size() > 3) input.resource = words[3];
  for (std::string_view line = take_line(text); !line.empty(); line = take_line(text)) {
    const std::size_t equals = line.find('=');
    std::vector<std::string> values;
    if (equals != std::string_view::npos)
      for (const std::string_view value : postern::split(line.substr(equals + 1), ',')) values.emplace_back(value);
    input.context.set_list(line.substr(0, equals), std::move(values));
  }
  input.document = text;
  return input;
}

iam::Principal caller(char who) {
  iam::Principal::Details details;
  details.unique_id = "AROAEXAMPLEEXAMPLE00";
  details.tags.emplace_back("team", "blue");
  switch (who) {
    case 'u':
      return iam::Principal::user("arn:aws:iam::111122223333:user/ops/alice", details);
    case 'o':
      return iam::Principal::root("111122223333", details);
    case 's':
      return iam::Principal::service("ec2.amazonaws.com");
    case 'f':
      return iam::Principal::federated_user("arn:aws:iam::111122223333:user/broker", "carol", details);
    case 'w':
      return iam::Principal::identity("cognito-identity.amazonaws.com");
    case 'a':
      return iam::Principal::anonymous();
    default:
      return iam::Principal::role_session("arn:aws:iam::111122223333:role/ops/Deployer", "run-1", details);
  }
}

// The document in the layer that it is for; every other layer is open.
struct Setting {
  iam::PolicyList open;
  iam::PolicyList mine;
  iam::AttachedPolicy open_endpoint;
  iam::OrganizationPath organization;
  iam::EndpointPolicy endpoint;
  iam::PolicySet policies;
  iam::Resource resource;

  Setting(const Input& input, iam::DocumentPtr document) : resource(std::string(input.resource)) {
    const auto allow = iam::parse_document(iam::DocumentKind::identity,
                                           R"({"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})");
    CHECK(allow);
    open.emplace_back("open", *allow);
    mine.emplace_back("mine", std::move(document));
    policies.identity = open;
    const iam::DocumentKind kind = input.kind;
    if (kind == iam::DocumentKind::identity) policies.identity = mine;
    if (kind == iam::DocumentKind::session) policies.session = mine;
    if (kind == iam::DocumentKind::boundary) policies.boundary = &mine.front();
    if (kind == iam::DocumentKind::endpoint) {
      endpoint.policy = mine.front();
      policies.endpoint = &endpoint;
    }
    if (kind == iam::DocumentKind::resource || kind == iam::DocumentKind::trust) resource.policy = &mine.front();
    auto level = std::make_shared<iam::OrganizationLevel>();
    level->scps = kind == iam::DocumentKind::scp ? mine : open;
    if (kind == iam::DocumentKind::rcp) level->rcps = mine;
    organization.levels.push_back(std::move(level));
    policies.organization = &organization;
    resource.organization = &organization;
  }
};

iam::Evaluation run(const Input& input, const iam::Principal& principal, const Setting& setting, iam::Detail detail) {
  iam::Request request;
  request.principal = &principal;
  request.action = input.action;
  request.context = &input.context;
  request.resources = std::span(&setting.resource, 1);
  iam::EvaluateOptions options;
  options.detail = detail;
  return iam::evaluate(request, setting.policies, options);
}

void check_assume_role(const Input& input, const iam::Principal& principal, const Setting& setting) {
  iam::AssumeRoleRequest request;
  request.caller = &principal;
  request.role_arn = std::string(input.resource);
  request.trust = &setting.mine.front();
  request.context = &input.context;
  request.tags.emplace_back("team", "blue");
  const iam::Evaluation got = iam::evaluate_assume_role(request, setting.policies);
  CHECK(got.allowed() == got.denial_text.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const Input input = read_input(std::string_view(reinterpret_cast<const char*>(data), size));
  const auto document = iam::parse_document(input.kind, input.document);
  if (!document) {
    CHECK(document.error().aws() != nullptr && !document.error().message().empty());
    return 0;
  }
  const iam::Principal principal = caller(input.who);
  Setting setting(input, *document);
  const iam::Evaluation full = run(input, principal, setting, iam::Detail::full);
  const iam::Evaluation quick = run(input, principal, setting, iam::Detail::decision);
  CHECK(full.decision == quick.decision && full.denial_text == quick.denial_text);
  CHECK(full.allowed() == full.denial_text.empty() && !full.explanation.empty());
  CHECK(full.near_misses.size() <= iam::kNearMissesMax);
  for (const char c : full.explanation) CHECK(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  if (const iam::StatementRef by = full.decided_by(); by && full.decision == iam::Decision::explicit_deny)
    CHECK(by.statement().effect == iam::Effect::deny && by.policy->name == "mine");
  // What is denied outright stays denied whatever is added.
  iam::PolicyList more = setting.open;
  more.insert(more.end(), setting.policies.identity.begin(), setting.policies.identity.end());
  setting.policies.identity = more;
  const iam::Evaluation again = run(input, principal, setting, iam::Detail::decision);
  CHECK((full.decision == iam::Decision::explicit_deny) == (again.decision == iam::Decision::explicit_deny));
  if (full.allowed()) CHECK(again.allowed());
  if (input.kind == iam::DocumentKind::trust) check_assume_role(input, principal, setting);
  return 0;
}
