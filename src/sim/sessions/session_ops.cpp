// StartSession, ResumeSession, TerminateSession and DescribeSessions.

#include <algorithm>
#include <tuple>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "sim/paging.hpp"
#include "sim/sessions/sessions.hpp"
#include "sim/ssm/shared.hpp"

namespace postern::sim {
namespace session_ops {

using aws::server::fault;
using Info = aws::server::CallInfo;

constexpr std::size_t kPageDefault = 50;
constexpr std::size_t kNameMax = 64;
constexpr std::string_view kDocumentCheck = "ssm:SessionDocumentAccessCheck";

Error not_connected(std::string_view target) {
  return fault(ErrorKind::unavailable, "TargetNotConnected", printable(target, 100) + " is not connected.", 400);
}

Error no_session(std::string_view id) {
  return fault(ErrorKind::not_found, "DoesNotExistException", "Session " + printable(id, 100) + " does not exist.",
               400);
}

std::string arn_of_target(const Info& info, std::string_view id) {
  const bool hybrid = id.starts_with("mi-");
  return std::string(hybrid ? "arn:aws:ssm:" : "arn:aws:ec2:") + info.region + ":" + info.caller.account_id +
         (hybrid ? ":managed-instance/" : ":instance/") + std::string(id);
}

/// A document that is named must be granted. The default one only where the policy's condition asks for the check
/// (aws.md 2.5): then the grant does not hold while the key is false.
Result<void> authorize_start(const Info& info, const OwnedResource& target, const OwnedResource& document, bool named) {
  if (!named) {
    const Access alone = Access().on(target).with(kDocumentCheck, "false");
    if (evaluate_access(info, alone).allowed()) return {};
  }
  return authorize(info, Access().on(target).on(document).with(kDocumentCheck, "true"));
}

/// What a session is called by: the role session's or the user's name.
std::string name_of(const Info& info) {
  const std::string& arn = info.caller.arn;
  const std::size_t cut = arn.find_last_of("/:");
  std::string name;
  for (const char c : arn.substr(cut == std::string::npos ? 0 : cut + 1)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '@' || c == '=' || c == '+' || c == ',';
    if (plain && name.size() < kNameMax) name += c;
  }
  return name;
}

/// Where the session's messages go: beside the address that the caller used.
std::string stream_url(const Info& info, const std::string& id) {
  const bool by_name = info.host.empty() || info.host.find(".amazonaws.com") != std::string::npos;
  const std::string host = by_name ? "ssmmessages." + info.region + ".amazonaws.com" : info.host;
  const std::string_view scheme = by_name || info.tls ? "wss://" : "ws://";
  return std::string(scheme) + host + "/v1/data-channel/" + percent_encode(id) + "?role=publish_subscribe";
}

struct Filter {
  Filter() = default;
  std::string key;
  std::string value;
  std::optional<WallTime> time;
};

Result<std::vector<Filter>> filters_of(const aws::ssm::DescribeSessionsRequest& request) {
  std::vector<Filter> all;
  for (const aws::ssm::SessionFilter& from : request.filters) {
    Filter& made = all.emplace_back();
    made.key = from.key->text();
    made.value = *from.value;
    static constexpr std::string_view kKnown[] = {"InvokedAfter", "InvokedBefore", "Target",    "Owner",
                                                  "Status",       "SessionId",     "AccessType"};
    if (std::find(std::begin(kKnown), std::end(kKnown), made.key) == std::end(kKnown)) {
      return fail(fault(ErrorKind::usage, "InvalidFilterKey",
                        "The filter key " + printable(made.key, 100) + " is not valid", 400));
    }
    if (!made.key.starts_with("Invoked")) continue;
    made.time = parse_rfc3339(made.value);
    if (!made.time) {
      return fail(fault(ErrorKind::usage, "ValidationException",
                        "The value of " + made.key + " is no time such as 2018-08-29T00:00:00Z", 400));
    }
  }
  return all;
}

bool matches(const Session& session, const Filter& filter) {
  if (filter.key == "InvokedAfter") return session.started >= *filter.time;
  if (filter.key == "InvokedBefore") return session.started <= *filter.time;
  if (filter.key == "Target") return session.target == filter.value;
  if (filter.key == "Owner") return session.owner == filter.value;
  if (filter.key == "SessionId") return session.id == filter.value;
  if (filter.key == "AccessType") return filter.value == "Standard";
  return to_string(session.status()) == filter.value;
}

aws::ssm::Session shown(const Session& from) {
  aws::ssm::Session to;
  to.session_id = from.id;
  to.target = from.target;
  to.status.emplace(to_string(from.status()));
  to.start_date = from.started;
  to.end_date = from.ended;
  to.document_name = from.document_name;
  to.owner = from.owner;
  if (!from.reason.empty()) to.reason = from.reason;
  if (!from.output.empty()) to.details = from.output;
  aws::ssm::SessionManagerOutputUrl& url = to.output_url.emplace();
  url.s3_output_url = "";
  url.cloud_watch_output_url = "";
  if (const auto longest = from.plan.preferences.longest) to.max_session_duration = std::to_string(longest->count());
  to.access_type.emplace("Standard");
  return to;
}

}  // namespace session_ops

std::string Sessions::new_id(const Info& info, std::string& suffix) {
  suffix = "-0";
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int i = 0; i < 16; ++i) suffix += kDigits[ctx_.random().below(kDigits.size())];
  return session_ops::name_of(info) + suffix;
}

Result<aws::ssm::StartSessionResponse> Sessions::start(const Info& info, const aws::ssm::StartSessionRequest& request,
                                                       const DocumentStore& documents) {
  using namespace session_ops;
  const std::string& account = info.caller.account_id;
  const Instance* node = cloud_.find_node(account, info.region, *request.target);
  OwnedResource target;
  target.arn = node == nullptr ? arn_of_target(info, *request.target) : node->arn();
  if (node != nullptr) target.tags = node->all_tags();

  const std::string name = request.document_name.value_or(std::string(kShellDocument));
  Result<FoundDocument> found = documents.find(account, info.region, name, "");
  const Result<FoundDocument> settings = documents.find(account, info.region, kShellDocument, "");
  const bool by_default = !found && name == kShellDocument;
  OwnedResource document;
  document.account = account;
  document.arn = name.starts_with("arn:") ? name : "arn:aws:ssm:" + info.region + ":" + account + ":document/" + name;
  if (found) {
    document.arn = document_arn(*found->document, info.region);
    if (found->stored != nullptr) document.tags = found->stored->tags;
  }
  TRY_VOID(authorize_start(info, target, document, request.document_name.has_value()));
  if (!found && !by_default) return fail(found.error());

  const Document& chosen = by_default ? default_shell_document() : *found->document;
  DocumentValues values;
  for (const auto& [key, given] : request.parameters) values[key] = given;
  if (chosen.type == "Session") TRY_VOID(check_parameters(chosen, values));
  const bool has_settings = settings.has_value() && settings->document->type == "Session";
  TRY(SessionPlan plan, plan_session(chosen, values, has_settings ? settings->document.get() : nullptr));
  if (node == nullptr || !reaches(*node)) return fail(not_connected(*request.target));
  if (active_ >= kActiveMax) {
    return fail(fault(ErrorKind::throttled, "ThrottlingException", "Too many sessions are open", 400));
  }
  forget_old();

  auto session = std::make_shared<Session>();
  std::string suffix;
  session->id = new_id(info, suffix);
  session->id_of_user = info.caller.user_id + suffix;
  session->account_id = account;
  session->region = info.region;
  session->target = *request.target;
  session->owner = info.caller.arn;
  session->owner_id = info.caller.user_id;
  session->document_name = name;
  session->reason = request.reason.value_or("");
  session->plan = std::move(plan);
  session->started = std::chrono::floor<std::chrono::milliseconds>(cloud_.now(ctx_.clock()));
  const std::string token = new_token();
  session->token = Secret<>(token);
  adopt(session);
  aws::ssm::StartSessionResponse response;
  response.session_id = session->id;
  response.token_value.emplace(token);
  response.stream_url = stream_url(info, session->id);
  return response;
}

/// A session that the caller may resume or terminate: by its id, by the id that ${aws:userid}-* names, or by its tags.
Result<SessionPtr> Sessions::own(const Info& info, const std::string& id) {
  using namespace session_ops;
  SessionPtr session = find(id);
  const bool known =
      session != nullptr && session->account_id == info.caller.account_id && session->region == info.region;
  const std::string root = "arn:aws:ssm:" + info.region + ":" + info.caller.account_id + ":session/";
  OwnedResource resource;
  resource.arn = root + id;
  if (known) resource.tags = session->tags();
  const iam::Evaluation evaluation = evaluate_access(info, Access().on(resource));
  bool allowed = evaluation.allowed();
  if (!allowed && known && evaluation.decision == iam::Decision::implicit_deny) {
    OwnedResource other = resource;
    other.arn = root + session->id_of_user;
    allowed = evaluate_access(info, Access().on(other)).allowed();
  }
  if (!allowed) return fail(denial_of(info, evaluation));
  if (!known) return fail(no_session(id));
  return session;
}

Result<aws::ssm::ResumeSessionResponse> Sessions::resume(const Info& info,
                                                         const aws::ssm::ResumeSessionRequest& request) {
  TRY(const SessionPtr session, own(info, *request.session_id));
  aws::ssm::ResumeSessionResponse response;
  response.session_id = session->id;
  response.stream_url = session_ops::stream_url(info, session->id);
  if (session->is_over() || faults_.expires(session->target)) {
    // How clients are told that it cannot be resumed any more.
    response.token_value.emplace(std::string());
    return response;
  }
  const std::string token = new_token();
  session->token = Secret<>(token);
  response.token_value.emplace(token);
  return response;
}

Result<aws::ssm::TerminateSessionResponse> Sessions::terminate(const Info& info,
                                                               const aws::ssm::TerminateSessionRequest& request) {
  TRY(const SessionPtr session, own(info, *request.session_id));
  end(*session, Ended::success, std::string());
  aws::ssm::TerminateSessionResponse response;
  response.session_id = session->id;
  return response;
}

Result<aws::ssm::DescribeSessionsResponse> Sessions::describe(const Info& info,
                                                              const aws::ssm::DescribeSessionsRequest& request) {
  using namespace session_ops;
  TRY_VOID(authorize(info));
  TRY(const std::vector<Filter> filters, filters_of(request));
  forget_old();
  const bool active = request.state->text() == "Active";
  std::vector<const Session*> found;
  for (const auto& [id, session] : sessions_) {
    if (session->account_id != info.caller.account_id || session->region != info.region) continue;
    if (session->is_over() == active) continue;
    const Session& one = *session;
    if (std::all_of(filters.begin(), filters.end(), [&](const Filter& filter) { return matches(one, filter); })) {
      found.push_back(&one);
    }
  }
  std::sort(found.begin(), found.end(), [](const Session* a, const Session* b) {
    return std::tie(b->started, b->id) < std::tie(a->started, a->id);
  });
  std::string question = "sessions/" + info.caller.account_id + "/" + info.region + "/" + request.state->text();
  for (const Filter& filter : filters) question += "\n" + filter.key + "=" + filter.value;
  const std::size_t size = request.max_results ? static_cast<std::size_t>(*request.max_results) : kPageDefault;
  TRY(const Page page, page_of(request.next_token.value_or(""), question, found.size(), size,
                               [&](std::size_t i) -> std::string_view { return found[i]->id; }));
  aws::ssm::DescribeSessionsResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) response.sessions.push_back(shown(*found[i]));
  if (!page.next_token.empty()) response.next_token = page.next_token;
  return response;
}

}  // namespace postern::sim
