#pragma once

/// What the session commands share: the way to AWS, the one node, the ledger; and one live session, from the record
/// that it was asked for to the record of its end.

#include <memory>
#include <optional>
#include <string>

#include "adapters/session_service.hpp"
#include "cli/aws_command.hpp"
#include "cli/session_record.hpp"
#include "cli/session_target.hpp"

namespace postern::cli {

/// Where a session goes.
struct SessionPlace {
  SessionPlace() = default;
  fleet::ScopePtr scope;
  std::string id;    ///< of the node
  std::string name;  ///< empty: it has none, or nobody asked
  fleet::Platform platform = fleet::Platform::unknown;
  /// "web-01 (i-0123456789abcdef0)".
  std::string label() const;
};

/// --wait, --wait-for.
struct WaitRule {
  WaitRule() = default;
  bool wait = false;
  std::chrono::seconds limit = std::chrono::minutes(15);
};
Result<WaitRule> chosen_wait(const Invocation& invocation);

/// Opened once per command; the caller closes aws.session.
struct SessionSetup {
  SessionSetup() = default;
  AwsWork aws;
  OpenLedger ledger;
  SessionPlace place;
  WaitRule wait;
};

/// The session with AWS, the ledger, and the node that the word means: a word that is an id in a single scope is taken
/// as it is; for others the lists are asked. With --wait it waits for one that is not in reach yet. Asks at a terminal
/// when several match.
rt::Task<Result<std::unique_ptr<SessionSetup>>> open_session_setup(const Command& command, std::string word);
/// The same without a node: for commands with several.
rt::Task<Result<std::unique_ptr<SessionSetup>>> open_session_aws(const Command& command);
rt::Task<Result<SessionPlace>> find_place(const Command& command, SessionSetup& setup, std::string word);

/// What is asked of StartSession, and how the client treats it.
struct SessionAsk {
  SessionAsk() = default;
  std::string verb;
  std::string document;
  std::map<std::string, std::vector<std::string>> parameters;
  std::string reason;
  std::optional<session::SessionType> expected;
  Json kept_parameters;  ///< of the ledger
};

/// --reason, checked as Systems Manager does. Usage beyond 256 characters.
Result<std::string> chosen_reason(const Invocation& invocation);
/// --param NAME=VALUE, repeated for lists.
Result<std::map<std::string, std::vector<std::string>>> chosen_parameters(const Invocation& invocation);

/// One session. Made by start(); close() must have ended before it goes.
class LiveSession {
 public:
  /// Notes in the ledger that it is asked for, starts it, notes its id. With --wait a node that is not connected is
  /// tried again; without, the error names the broken link.
  static rt::Task<Result<std::unique_ptr<LiveSession>>> start(const Command& command, SessionSetup& setup,
                                                              SessionPlace place, SessionAsk ask);
  session::DataChannel& channel() noexcept { return *channel_; }
  const SessionPlace& place() const noexcept { return place_; }
  /// Of one that has ended as if by itself: whether its node has gone with it. Looked at for two seconds, for a node
  /// that goes down says goodbye first.
  rt::Task<bool> has_lost_its_node();
  /// Asks the service to end it, for at most five seconds, also when the command was interrupted.
  rt::Task<void> terminate();
  /// Notes the end. What the ledger does not take is a warning: the session is over anyway.
  rt::Task<void> close(SessionClose end);

 private:
  LiveSession(const Command& command, SessionSetup& setup, SessionPlace place, SessionAsk ask);
  rt::Task<Result<void>> begin();
  rt::Task<Result<session::Started>> start_when_connected();
  rt::Task<Error> explained(Error error);

  const Command& command_;
  SessionSetup& setup_;
  SessionPlace place_;
  SessionAsk ask_;
  std::unique_ptr<adapters::AwsSessions> service_;
  std::unique_ptr<SessionRecord> record_;
  std::unique_ptr<session::DataChannel> channel_;
};

/// DataChannel::run() as a task of its own. stop() must have ended before it goes.
class ChannelRun {
 public:
  ChannelRun(rt::Executor executor, session::DataChannel& channel);
  rt::Task<void> stop();
  /// Why it could not go on; absent: it has ended, goes on, or was stopped.
  const std::optional<Error>& error() const noexcept { return error_; }

 private:
  rt::Task<void> carry();

  session::DataChannel& channel_;
  std::optional<Error> error_;
  rt::TaskGroup group_;
};

/// "[postern: connection lost (reset by peer); resuming in 2 s]"; empty when there is nothing to say. Printable.
std::string news_text(const session::ConnectionNews& news);

}  // namespace postern::cli
