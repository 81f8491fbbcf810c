// moto_client URL ACCOUNT INSTANCE...: assumes PosternOperator in the account, sends a command to the instances and
// reads its invocations, all through our client against whatever serves the URL; prints the answers as JSON. A test
// program of its own because moto knows no DescribeInstanceInformation, which `postern run` asks first.

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "aws/auth/assume_role.hpp"
#include "aws/auth/cached_provider.hpp"
#include "aws/core/invoker.hpp"
#include "aws/ssm/ops.hpp"
#include "base/json.hpp"
#include "http/pool.hpp"
#include "net/tcp.hpp"
#include "os/random.hpp"
#include "rt/loop.hpp"

namespace postern::moto {
namespace {

class QuietExplainer final : public rt::Explainer {
 public:
  bool wants(std::string_view) const override { return false; }
  void explain(std::string_view, std::string) override {}
};

class HubKeys final : public aws::CredentialsProvider {
 public:
  rt::Task<Result<aws::Credentials>> resolve(rt::CallContext) override {
    aws::Credentials keys;
    keys.access_key_id = "AKIAE2EMOTOHUB000001";
    keys.secret_access_key = Secret<>("e2e/moto/hub/secret/key/0000000000000001");
    co_return keys;
  }
  std::string describe() const override { return "the test's keys"; }
};

rt::Task<Result<Json>> invocation(rt::CallContext ctx, aws::Invoker& invoker, aws::CallScope scope,
                                  std::string command_id, std::string instance) {
  aws::ssm::GetCommandInvocationRequest request;
  request.command_id = std::move(command_id);
  request.instance_id = std::move(instance);
  CO_TRY(aws::ssm::GetCommandInvocationResponse got,
         co_await aws::call<aws::ssm::GetCommandInvocation>(ctx, invoker, std::move(scope), std::move(request)));
  Json row = Json::object();
  row.set("command_id", got.command_id.value_or("")).set("instance_id", got.instance_id.value_or(""));
  row.set("status", got.status ? std::string(got.status->text()) : std::string());
  row.set("document", got.document_name.value_or("")).set("stdout", got.standard_output_content.value_or(""));
  co_return row;
}

rt::Task<Result<Json>> send_and_read(rt::CallContext ctx, aws::Invoker& invoker, aws::CallScope scope,
                                     std::vector<std::string> instances) {
  aws::ssm::SendCommandRequest request;
  request.instance_ids = instances;
  request.document_name = "AWS-RunShellScript";
  request.comment = "postern op=01E2EMOTO";
  request.parameters["commands"].push_back("uptime");
  request.parameters["commands"].push_back("echo 'täst \"x\" & <y>'");
  CO_TRY(aws::ssm::SendCommandResponse sent,
         co_await aws::call<aws::ssm::SendCommand>(ctx, invoker, scope, std::move(request)));
  if (!sent.command || !sent.command->command_id) co_return fail(ErrorKind::malformed, "no command id");
  const aws::ssm::Command& command = *sent.command;
  Json ids = Json::array();
  for (const std::string& id : command.instance_ids) ids.push_back(id);
  Json rows = Json::array();
  for (const std::string& id : instances) {
    CO_TRY(Json row, co_await invocation(ctx, invoker, scope, *command.command_id, id));
    rows.push_back(std::move(row));
  }
  Json answer = Json::object();
  answer.set("command_id", *command.command_id).set("comment", command.comment.value_or(""));
  answer.set("instance_ids", std::move(ids)).set("invocations", std::move(rows));
  co_return answer;
}

rt::Task<Result<Json>> work(rt::Loop* loop, std::vector<std::string> words) {
  os::KernelRandom random;
  QuietExplainer explainer;
  const rt::CallContext ctx(loop->clock(), random, explainer);
  net::TcpDialer dialer(loop->executor());
  http::ClientPool pool(loop->executor(), loop->clock(), dialer, nullptr);
  aws::EndpointConfig endpoints;
  endpoints.custom.emplace_back("", words[0], "the command line");
  aws::InvokerOptions invoker_options;
  const std::unique_ptr<aws::Invoker> invoker = aws::make_invoker(aws::InvokerParts(pool, endpoints), invoker_options);
  aws::auth::AssumeRoleOptions role;
  role.role_arn = "arn:aws:iam::" + words[1] + ":role/PosternOperator";
  role.external_id = "moto-e2e";
  role.session_name = "moto-client";
  role.region = "us-east-1";
  auto assume = std::make_shared<aws::auth::AssumeRoleProvider>(*invoker, std::make_shared<HubKeys>(), role);
  aws::CallScope scope;
  scope.account_id = words[1];
  scope.region = "us-east-1";
  scope.credentials = std::make_shared<aws::auth::CachedProvider>(std::move(assume));
  std::vector<std::string> instances(words.begin() + 2, words.end());
  Result<Json> answer = co_await send_and_read(ctx, *invoker, std::move(scope), std::move(instances));
  co_await pool.close();
  co_return answer;
}

}  // namespace
}  // namespace postern::moto

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: moto_client URL ACCOUNT INSTANCE...\n");
    return 2;
  }
  postern::rt::Loop loop;
  const postern::Result<postern::Json> answer =
      loop.run(postern::moto::work(&loop, std::vector<std::string>(argv + 1, argv + argc)));
  if (!answer) {
    std::fprintf(stderr, "moto_client: %s\n", answer.error().to_text().c_str());
    return 1;
  }
  std::printf("%s\n", answer->dump().c_str());
  return 0;
}
