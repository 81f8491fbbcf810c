#pragma once

#include "adapters/aws_session.hpp"
#include "adapters/whole_output.hpp"
#include "flow/command_port.hpp"
#include "flow/secrets.hpp"

namespace postern::adapters {

/// flow::CommandPort on SSM Run Command. The session outlives it.
class SsmCommands final : public flow::CommandPort {
 public:
  explicit SsmCommands(AwsSession& session) : SsmCommands(session, flow::CommandSpec()) {}
  /// For the commands of one run: where their whole output is, and which alarm may stop them.
  SsmCommands(AwsSession& session, const flow::CommandSpec& spec)
      : session_(session), whole_(session, spec.output), alarm_(spec.alarm.name) {}
  rt::Task<Result<std::string>> send(rt::CallContext ctx, fleet::Batch batch, flow::CommandSpec spec, flow::Shell shell,
                                     std::string comment) override;
  rt::Task<Result<std::vector<flow::Invocation>>> invocations(rt::CallContext ctx, fleet::ScopePtr scope,
                                                              std::string command_id) override;
  rt::Task<Result<std::vector<flow::CommandCount>>> counts(rt::CallContext ctx, fleet::ScopePtr scope,
                                                           WallTime not_before) override;
  rt::Task<Result<std::optional<std::string>>> find(rt::CallContext ctx, fleet::ScopePtr scope,
                                                    flow::LostSend lost) override;
  rt::Task<Result<void>> cancel(rt::CallContext ctx, fleet::ScopePtr scope, std::string command_id) override;
  rt::Task<Result<flow::Output>> output(rt::CallContext ctx, fleet::ScopePtr scope, std::string command_id,
                                        fleet::InstanceId instance) override;
  /// What is put into commands when they are sent, and taken out of what they print.
  void use_secrets(flow::SecretValues secrets) { secrets_ = std::move(secrets); }

 private:
  rt::Task<Result<void>> name_alarm(rt::CallContext ctx, fleet::ScopePtr scope, std::string command_id,
                                    std::vector<flow::Invocation>& invocations);
  rt::Task<void> complete(rt::CallContext ctx, fleet::ScopePtr scope, OutputStream stream, std::string* text,
                          flow::Output* output);

  AwsSession& session_;
  WholeOutput whole_;
  std::string alarm_;
  flow::SecretValues secrets_;
};

/// StatusDetails as the documentation writes it, "Delivery Timed Out": the API has been seen to answer with
/// "DeliveryTimedOut" too.
std::string spaced_details(std::string_view details);

/// The instance ids in AWS's text "Instances [[i-1, i-2]] not in a valid state for account ...", in order.
std::vector<std::string> instance_ids_in(std::string_view text);

}  // namespace postern::adapters
