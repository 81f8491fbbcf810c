#include "sim/cloudformation/service_calls.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "aws/core/dynamic.hpp"
#include "aws/core/validate.hpp"
#include "base/check.hpp"
#include "base/ids.hpp"
#include "rt/task_group.hpp"
#include "sim/access.hpp"
#include "sim/agents/node_roles.hpp"

namespace postern::sim::stacks {
namespace service_calls {

constexpr std::string_view kSelf = "cloudformation.amazonaws.com";

class JsonExchange final : public aws::server::Exchange {
 public:
  JsonExchange(const aws::OperationSpec& operation, const Json& request) : operation_(operation), request_(request) {}
  Result<void> decode(void* request) override {
    const Json body = coerced(request_, *operation_.input);
    TRY_VOID(aws::from_json(body, aws::Erased(*operation_.input, request), aws::BlobText::raw));
    return aws::validate_input(operation_, request);
  }
  void encode(const void* response) override { reply_ = aws::to_json(aws::ConstErased(*operation_.output, response)); }
  Json take() { return std::move(reply_); }

 private:
  const aws::OperationSpec& operation_;
  const Json& request_;
  Json reply_;
};

rt::Task<void> keep(rt::Task<Result<void>> task, std::optional<Result<void>>* into) {
  into->emplace(co_await std::move(task));
}

const aws::server::Entry* find_entry(const std::vector<aws::server::Binding>& services, std::string_view service,
                                     std::string_view operation, void*& handler) {
  for (const aws::server::Binding& binding : services) {
    if (binding.service->id != service) continue;
    handler = binding.handler;
    for (const aws::server::Entry& entry : binding.entries) {
      if (entry.operation->name == operation) return &entry;
    }
  }
  return nullptr;
}

std::shared_ptr<CallerSession> session_copy(const Info& info) {
  return std::make_shared<CallerSession>(*static_cast<const CallerSession*>(info.caller.session.get()));
}

Json number_of(const std::string& text) {
  std::int64_t whole = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, whole);
  if (read.ec == std::errc() && read.ptr == end) return Json(whole);
  double number = 0;
  const auto real = std::from_chars(text.data(), end, number);
  if (real.ec == std::errc() && real.ptr == end) return Json(number);
  return Json(text);
}

}  // namespace service_calls

Json coerced(const Json& value, const aws::Shape& shape) {
  switch (shape.kind) {
    case aws::Kind::structure: {
      if (!value.is_object()) return value;
      Json out = Json::object();
      for (const auto& [name, item] : value.members()) {
        const auto found = std::find_if(shape.members.begin(), shape.members.end(),
                                        [&](const aws::Member& member) { return member.name == name; });
        out.set(name, found == shape.members.end() ? item : coerced(item, *found->shape));
      }
      return out;
    }
    case aws::Kind::list: {
      Json out = Json::array();
      if (!value.is_array()) return value;
      for (const Json& item : value.items()) out.push_back(coerced(item, *shape.element));
      return out;
    }
    case aws::Kind::map: {
      if (!value.is_object()) return value;
      Json out = Json::object();
      for (const auto& [name, item] : value.members()) out.set(name, coerced(item, *shape.element));
      return out;
    }
    case aws::Kind::string:
      if (value.is_object() || value.is_array() || value.is_number()) return Json(value.dump());
      return value.is_bool() ? Json(value.as_bool() ? "true" : "false") : value;
    case aws::Kind::boolean:
      if (value.is_string() && value.as_string() == "true") return Json(true);
      if (value.is_string() && value.as_string() == "false") return Json(false);
      return value;
    case aws::Kind::int32:
    case aws::Kind::int64:
    case aws::Kind::float32:
    case aws::Kind::float64:
      return value.is_string() ? service_calls::number_of(value.as_string()) : value;
    default:
      return value;
  }
}

Info ServiceCalls::acting_for(const Info& caller) const {
  Info as = caller;
  as.ctx = ctx_;  // the request's own ends before the stack does
  auto session = service_calls::session_copy(caller);
  session->via.emplace_back(service_calls::kSelf);
  session->endpoint.reset();
  session->vpc_source_ip.clear();
  session->user_agent = service_calls::kSelf;
  as.caller.session = std::move(session);
  as.remote = service_calls::kSelf;
  return as;
}

Result<Info> ServiceCalls::acting_as(const Info& caller, std::string_view role_arn, std::string_view service,
                                     std::string_view session_name) const {
  const std::shared_ptr<Role> role = cloud_.directory().find_role(role_arn);
  const bool trusted = role != nullptr && (service.empty() || trusts_service(cloud_.directory(), *role, service));
  if (!trusted) {
    return fail(aws::server::fault(ErrorKind::usage, "ValidationError",
                                   "Role " + std::string(role_arn) + " is invalid or cannot be assumed"));
  }
  Info as = acting_for(caller);
  auto session = service_calls::session_copy(as);
  session->via.clear();
  SessionOptions options;
  options.name = std::string(session_name);
  session->identity = cloud_.directory().role_identity(role, std::move(options), cloud_.now(ctx_.clock()));
  as.caller.account_id = session->identity->account_id();
  as.caller.arn = session->identity->arn();
  as.caller.user_id = session->identity->user_id;
  as.caller.access_key_id.clear();
  as.caller.session = std::move(session);
  return as;
}

Result<Json> ServiceCalls::call(const Info& as, std::string_view service, std::string_view operation,
                                const Json& request) {
  void* handler = nullptr;
  const aws::server::Entry* entry = service_calls::find_entry(services_, service, operation, handler);
  CHECK(entry != nullptr);
  const std::string_view id = entry->operation->service->id;
  if (changing_ && entry->operation->effect != aws::Effect::read && (id == "iam" || id == "ec2")) changing_();
  Info info = as;
  info.operation = entry->operation;
  std::array<std::uint8_t, 16> bytes{};
  ctx_.random().fill(bytes);
  info.request_id = make_uuid(bytes);
  service_calls::JsonExchange exchange(*entry->operation, request);
  aws::server::CallObserver* const observer =
      observer_ != nullptr && observer_->wants(*entry->operation) ? observer_ : nullptr;
  aws::server::ObservedExchange observed(exchange, *entry->operation, observer);
  const Info told = info;
  std::optional<Result<void>> done;
  {
    rt::TaskGroup group(turn_.get_executor());
    group.spawn(service_calls::keep(entry->invoke(handler, std::move(info), observed), &done));
    turn_.restart();
    turn_.poll();
  }
  CHECK(done.has_value());
  if (observer != nullptr) observer->answered(told, observed.take(), *done ? nullptr : &done->error());
  if (!*done) return fail(std::move(*done).error());
  return exchange.take();
}

}  // namespace postern::sim::stacks
