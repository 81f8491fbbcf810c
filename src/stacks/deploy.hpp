#pragma once

/// Changing one stack: look, show, do, and say what became of it.

#include <functional>

#include "stacks/stack_port.hpp"

namespace postern::stacks {

enum class Outlook : std::uint8_t {
  unchanged,  ///< the stack is already so
  changes,    ///< a change set waits for apply() or discard()
  blocked     ///< cannot be changed now: Prepared::why
};

struct Prepared {
  Prepared() = default;
  Outlook outlook = Outlook::blocked;
  std::string why;              ///< blocked: a sentence for people
  std::optional<Stack> before;  ///< the stack as it is; absent: it would be made
  std::string stack;            ///< its name
  std::string change_set;       ///< its name, when there are changes
  std::string token;
  std::vector<ResourceChange> changes;

  bool creates() const { return !before || standing_of(before->status) == Standing::empty; }
};

enum class Outcome : std::uint8_t {
  done,
  rolled_back,  ///< nothing has changed, or everything is as it was
  failed,       ///< neither: a person has to look
  unknown       ///< the deadline passed while it was under way
};

struct Applied {
  Applied() = default;
  Outcome outcome = Outcome::unknown;
  std::optional<Stack> after;         ///< absent: deleted, or not known
  std::vector<std::string> problems;  ///< what failed first, and why: "ObserveRole (AWS::IAM::Role): ..."
};

struct Pauses {
  Pauses() = default;
  Duration first = std::chrono::seconds(1);  ///< between looks; grows by half up to `longest`
  Duration longest = std::chrono::seconds(10);
};

/// Told of every event while it happens. Empty: nobody listens.
using EventSink = std::function<void(const fleet::Scope& scope, const StackEvent& event)>;

/// One deployment's way to CloudFormation. The port outlives it. Fails with what the calls fail with; a deadline of the
/// context that passes while CloudFormation works is Outcome::unknown, not an error.
class Deployer {
 public:
  Deployer(StackPort& port, Pauses pauses = Pauses()) : port_(port), pauses_(pauses) {}

  /// A change set of what `order` would change in the stack that describe() found under its name. Changes nothing.
  rt::Task<Result<Prepared>> prepare(rt::CallContext ctx, fleet::ScopePtr scope, std::optional<Stack> before,
                                     StackOrder order);
  /// Takes the change set away, and the empty stack that it made.
  rt::Task<Result<void>> discard(rt::CallContext ctx, fleet::ScopePtr scope, Prepared prepared);
  /// Executes the change set and follows it to its end.
  rt::Task<Result<Applied>> apply(rt::CallContext ctx, fleet::ScopePtr scope, Prepared prepared, EventSink sink);
  /// Deletes `stack`, which was found by describe(), and follows it to its end.
  rt::Task<Result<Applied>> remove(rt::CallContext ctx, fleet::ScopePtr scope, Stack stack, std::string token,
                                   EventSink sink);

 private:
  struct Follow;
  rt::Task<Result<ChangeSet>> await_change_set(rt::CallContext ctx, fleet::ScopePtr scope, std::string stack,
                                               std::string name);
  rt::Task<Result<bool>> look(rt::CallContext ctx, fleet::ScopePtr scope, Follow& what, EventSink sink);
  rt::Task<Result<Applied>> follow(rt::CallContext ctx, fleet::ScopePtr scope, Follow what, EventSink sink);

  StackPort& port_;
  Pauses pauses_;
};

}  // namespace postern::stacks
