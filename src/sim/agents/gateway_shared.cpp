#include "sim/agents/gateway_shared.hpp"

#include "base/text.hpp"
#include "sim/access.hpp"

namespace postern::sim::gateway {
namespace {

constexpr int kCreated = 201;

constexpr aws::ServiceSpec kService{"ssmmessages",
                                    "ssmmessages",
                                    "Amazon Message Gateway Service",
                                    "2017-10-01",
                                    aws::Protocol::rest_json,
                                    "",
                                    "",
                                    "ssmmessages",
                                    "ssmmessages",
                                    "",
                                    ""};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

http::Response xml(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/xml");
  response.body = std::move(body);
  return response;
}

}  // namespace

aws::OperationSpec operation(std::string_view name) {
  aws::OperationSpec spec{};
  spec.name = name;
  spec.service = &kService;
  return spec;
}

std::string_view last_part(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return path.substr(slash + 1);
}

http::Response refusal(const Error& error) {
  const bool known = error.aws() != nullptr;
  const std::string code = known ? error.aws()->code : "InternalServerException";
  int status = known ? error.aws()->http_status : 500;
  if (error.kind() == ErrorKind::denied) status = 403;
  return xml(status, "<" + code + "><Message>" + escaped(error.message()) + "</Message></" + code + ">");
}

http::Response created(std::string_view root, std::string_view token) {
  const std::string name(root);
  return xml(kCreated, "<" + name + "><MessageSchemaVersion>1.0</MessageSchemaVersion><TokenValue>" +
                           std::string(token) + "</TokenValue></" + name + ">");
}

Error not_own(const aws::server::CallInfo& info, const http::Request& request) {
  return aws::server::fault(ErrorKind::denied, "AccessDeniedException",
                            "User: " + info.caller.arn + " is not authorized to perform: " + action_of(info) +
                                " on resource: " + printable(request.path(), 100),
                            403);
}

rt::Task<void> turn_away(ws::Connection* connection, Error why) {
  if (why.kind() == ErrorKind::cancelled) co_return;
  const Result<void> told = co_await connection->close(ws::kClosePolicy, why.message());
  static_cast<void>(told);
}

}  // namespace postern::sim::gateway
