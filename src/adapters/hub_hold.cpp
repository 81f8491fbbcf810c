#include "adapters/hub_hold.hpp"

#include "aws/ssm/ops.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "flow/verdict.hpp"

namespace postern::adapters {
namespace {

constexpr Duration kReadTime = std::chrono::seconds(10);
constexpr std::size_t kWhoMax = 200;
constexpr std::string_view kHoldSchema = "postern.hold/1";

bool is_fault(const Error& error, std::string_view code) {
  return error.aws() != nullptr && error.aws()->code == code;
}

}  // namespace

std::string hold_text(const HoldNote& note) {
  Json json = Json::object().set("schema", kHoldSchema).set("who", note.who).set("why", note.why);
  if (note.since) json.set("since", format_rfc3339(*note.since));
  return json.dump();
}

HoldNote parse_hold(std::string_view text) {
  HoldNote note;
  const Result<Json> json = Json::parse(text);
  if (!json || !json->is_object()) {
    note.who = "somebody";
    note.why = scrub_utf8(text);
    return note;
  }
  note.who = std::string((*json)["who"].to_string().value_or("somebody"));
  note.why = std::string((*json)["why"].to_string().value_or(""));
  note.since = parse_rfc3339((*json)["since"].to_string().value_or(""));
  return note;
}

std::string describe_hold(const HoldNote& note) {
  std::string out = "held by " + printable(note.who, kWhoMax);
  if (note.since) out += " since " + format_rfc3339(*note.since);
  return note.why.empty() ? out : out + ": " + printable(note.why, kHoldReasonMax);
}

rt::Task<Result<std::optional<HoldNote>>> HubHold::look(rt::CallContext ctx) {
  aws::ssm::GetParameterRequest request;
  request.name = std::string(kHoldParameter);
  const Result<aws::ssm::GetParameterResponse> response =
      co_await aws::call<aws::ssm::GetParameter>(ctx, invoker_, hub_, std::move(request));
  if (!response) {
    if (is_fault(response.error(), "ParameterNotFound")) co_return std::optional<HoldNote>();
    co_return fail(response.error());
  }
  const bool valued = response->parameter && response->parameter->value;
  if (!valued) co_return fail(ErrorKind::malformed, "GetParameter's answer has no value");
  co_return parse_hold(response->parameter->value->reveal());
}

rt::Task<Result<std::optional<HoldNote>>> HubHold::hold(rt::CallContext ctx, HoldNote note) {
  aws::ssm::PutParameterRequest request;
  request.name = std::string(kHoldParameter);
  request.description = "postern: while this is here, no run of the fleet sends anything. postern release --all";
  request.type.emplace("String");
  request.value.emplace(hold_text(note));
  request.overwrite = false;  // two who hold must not take each other's reason away
  const Result<aws::ssm::PutParameterResponse> response =
      co_await aws::call<aws::ssm::PutParameter>(ctx, invoker_, hub_, std::move(request));
  if (response) co_return std::optional<HoldNote>();
  const Error& error = response.error();
  if (!is_fault(error, "ParameterAlreadyExists") && !flow::is_ambiguous(error)) co_return fail(error);
  // There already, or the answer was lost: what stands there tells.
  CO_TRY(const std::optional<HoldNote> found, co_await look(ctx));
  if (!found) co_return fail(error);
  if (*found == parse_hold(hold_text(note))) co_return std::optional<HoldNote>();
  co_return found;
}

rt::Task<Result<std::optional<HoldNote>>> HubHold::release(rt::CallContext ctx) {
  CO_TRY(const std::optional<HoldNote> found, co_await look(ctx));
  if (!found) co_return found;
  aws::ssm::DeleteParameterRequest request;
  request.name = std::string(kHoldParameter);
  const Result<aws::ssm::DeleteParameterResponse> response =
      co_await aws::call<aws::ssm::DeleteParameter>(ctx, invoker_, hub_, std::move(request));
  // Somebody else was faster: it is released.
  if (response || is_fault(response.error(), "ParameterNotFound")) co_return found;
  co_return fail(response.error());
}

rt::Task<Result<std::optional<std::string>>> HubHold::read(rt::CallContext ctx) {
  const rt::CallContext brief = ctx.within(kReadTime);
  const Result<std::optional<HoldNote>> looked = co_await look(brief);
  // Where no hub is named and nobody is signed in, nobody can have set a flag: every account has its own way in.
  const bool no_hub = !looked && looked.error().kind() == ErrorKind::credentials && hub_.account_id.empty();
  if (!looked && !no_hub) co_return fail(looked.error());
  if (no_hub || !*looked) co_return std::optional<std::string>();
  co_return "the fleet is " + describe_hold(**looked) + " (postern release --all lets go)";
}

}  // namespace postern::adapters
