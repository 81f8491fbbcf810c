#include "sim/cloudtrail/recorder.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "iam/arn.hpp"
#include "sim/access.hpp"
#include "sim/cloudtrail/event_json.hpp"
#include "sim/cloudtrail/recorded_calls.hpp"

namespace postern::sim::trail {
namespace recorder {

using aws::server::CallInfo;

constexpr std::size_t kUserAgentMax = 256;
constexpr std::size_t kMessageMax = 1'024;

bool assumes_role(const aws::OperationSpec& operation) {
  return operation.service->id == "sts" && operation.name.starts_with("AssumeRole");
}

std::string region_of(const CallInfo& info) {
  const std::string_view service = info.operation->service->id;
  return service == "iam" || service == "organizations" ? "us-east-1" : info.region;
}

/// "127.0.0.1:51234" and "[::1]:51234" without the port; a service's name as it is.
std::string source_of(std::string_view remote) {
  if (remote.empty()) return "127.0.0.1";
  if (remote.starts_with('[')) return std::string(remote.substr(1, remote.find(']') - 1));
  return std::string(remote.substr(0, remote.rfind(':')));
}

/// EC2's codes say whose fault it was.
std::string code_of(const aws::OperationSpec& operation, const Error& failure) {
  const AwsFault* const fault = failure.aws();
  if (fault == nullptr || fault->code.empty()) return "InternalFailure";
  if (operation.service->protocol != aws::Protocol::ec2) return fault->code;
  return (fault->http_status >= 500 ? "Server." : "Client.") + fault->code;
}

void add_caller(const CallInfo& info, CallEvent& event) {
  event.access_key_id = info.caller.access_key_id;
  event.source = source_of(info.remote);
  if (info.caller.session == nullptr) return;
  const auto& session = *static_cast<const CallerSession*>(info.caller.session.get());
  event.identity = session.identity;
  event.user_agent = session.user_agent.substr(0, kUserAgentMax);
  if (!session.via.empty()) event.invoked_by = session.via.back();
  if (session.endpoint == nullptr) return;
  event.endpoint_id = session.endpoint->id;
  if (!session.vpc_source_ip.empty()) event.source = session.vpc_source_ip;
}

}  // namespace recorder

bool CallRecorder::wants(const aws::OperationSpec& operation) const {
  const TrailEvents events = cloud_.config().trail.events;
  if (events == TrailEvents::none) return false;
  const bool read = operation.effect == aws::Effect::read && !recorder::assumes_role(operation);
  return (!read || events == TrailEvents::all) && is_management_event(operation);
}

std::string CallRecorder::request_text(const aws::OperationSpec&, aws::ConstErased request) {
  return call_text(request);
}

std::string CallRecorder::response_text(const aws::OperationSpec& operation, aws::ConstErased response) {
  const bool read = operation.effect == aws::Effect::read && !recorder::assumes_role(operation);
  return read ? std::string() : call_text(response);
}

void CallRecorder::answered(const aws::server::CallInfo& info, aws::server::CallTexts texts, const Error* failure) {
  auto event = std::make_shared<CallEvent>();
  event->time = cloud_.now(info.ctx.clock());
  event->operation = info.operation;
  event->region = recorder::region_of(info);
  event->request_id = info.request_id;
  recorder::add_caller(info, *event);
  event->request = std::move(texts.request);
  event->response = std::move(texts.response);
  if (failure != nullptr) {
    event->error_code = recorder::code_of(*info.operation, *failure);
    event->error_message =
        failure->aws() == nullptr ? std::string() : failure->message().substr(0, recorder::kMessageMax);
  }
  std::string caller = info.caller.account_id;
  std::string owner;
  if (recorder::assumes_role(*info.operation) && !event->request.empty()) {
    const Result<Json> request = Json::parse(event->request);
    if (request && (*request)["roleArn"].is_string()) event->role_arn = (*request)["roleArn"].as_string();
    if (const auto arn = iam::split_arn(event->role_arn)) owner = std::string(arn->account());
    // Who may not assume a role is not told whether its parameters were sound.
    if (event->error_code == "AccessDenied") event->request.clear();
  }
  const bool two = !owner.empty() && owner != caller && cloud_.find_account(owner) != nullptr;
  if (two && !caller.empty()) event->shared_id = derived_uuid(cloud_.config().seed, "shared/" + info.request_id);
  const CallEventPtr kept = std::move(event);
  if (!caller.empty()) history_.add(SiteKey(caller, kept->region), kept);
  if (two) history_.add(SiteKey(owner, kept->region), kept);
}

}  // namespace postern::sim::trail
