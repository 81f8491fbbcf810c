#pragma once

/// StackEngine: a stack's way through its operations, one resource after the other, driven by timers.

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "sim/cloudformation/intrinsics.hpp"
#include "sim/cloudformation/resource_types.hpp"
#include "sim/cloudformation/stack.hpp"

namespace postern::sim::stacks {

enum class OnFailure : std::uint8_t { rollback, nothing, remove };

/// How an operation is carried out.
struct WorkOptions {
  WorkOptions() = default;
  OnFailure on_failure = OnFailure::rollback;
  std::string token;
  std::set<std::string> retained;     ///< logical ids that a deletion leaves alone
  std::function<void(Stack&)> ended;  ///< called once, when the operation has ended in any way
};

struct StackTask;

/// Owns all stacks of a cloud; deleted ones are kept, the oldest go when there are too many. Operations of one stack
/// never overlap: the caller checks Stack::work. Loop thread only; stays at one address; what it is given outlives it.
class StackEngine {
 public:
  /// AWS takes seconds per resource; nothing here depends on how long it is.
  static constexpr Duration kStep = std::chrono::milliseconds(100);
  static constexpr std::size_t kStacksMax = 2'000;   ///< per account and Region, as AWS's quota
  static constexpr std::size_t kDeletedMax = 1'000;  ///< deleted ones in the cloud; AWS shows them for 90 days
  static constexpr std::size_t kEventsMax = 10'000;  ///< of a stack

  StackEngine(Cloud& cloud, ServiceCalls& calls, rt::CallContext ctx) : cloud_(cloud), calls_(calls), ctx_(ctx) {}
  ~StackEngine();

  ServiceCalls& calls() noexcept { return calls_; }
  WallTime now() const { return cloud_.now(ctx_.clock()); }
  std::string uuid();

  /// By name (of one that is not deleted) or ARN; null when there is none.
  Stack* find(std::string_view account, std::string_view region, std::string_view name_or_id);
  /// Oldest first, deleted ones included.
  std::vector<Stack*> list(std::string_view account, std::string_view region);
  Stack& add(std::string account, std::string region, std::string name);
  /// Forgets a stack that only a change set made.
  void forget(Stack& stack);

  /// `as` is whose permissions are used. The model becomes the stack's.
  void create(Stack& stack, StackModel model, const Info& as, WorkOptions options);
  void update(Stack& stack, StackModel model, const Info& as, WorkOptions options);
  void remove(Stack& stack, const Info& as, WorkOptions options);
  /// Leaves a creation that is under way where it stands: the deletion of the stack follows.
  void abandon(Stack& stack);
  /// Turns an update that is under way back.
  void cancel_update(Stack& stack);

  /// What would change; empty when nothing would. Errors: ValidationError, of functions that cannot be worked out.
  Result<std::vector<ResourceChange>> changes(const Stack& stack, const StackModel& model) const;
  /// Values of exports by name, with the stack that has them.
  std::map<std::string, std::pair<const Stack*, std::string>> exports(std::string_view account,
                                                                      std::string_view region) const;
  /// Whether an operation would change nothing at all: no resource, no output, no tag. Errors as changes().
  Result<bool> changes_nothing(const Stack& stack, const StackModel& model) const;

  /// Calls `then` after one step; later() only when the stack is still there.
  void after(std::function<void()> then);
  void later(const std::string& stack_id, std::function<void(Stack&)> then);

 private:
  /// The names of the model in the stack as it is. `imports` takes the names of exports that are used.
  Meaning meaning(const Stack& stack, const StackModel& model, std::set<std::string>* imports) const;
  Result<std::vector<std::string>> order(const Stack& stack, const StackModel& model) const;
  /// As they will be: "{{changeSet:KNOWN_AFTER_APPLY}}" for what is not known before.
  Meaning meaning_after(const Stack& stack, const StackModel& model, const std::set<std::string>& unknown) const;
  Result<std::vector<StackOutput>> outputs_of(const StackModel& model, const Meaning& meaning) const;

  void event(Stack& stack, const StackResource& resource, std::string status, std::string reason = std::string());
  void stack_event(Stack& stack, std::string status, std::string reason = std::string());
  void start(Stack& stack, const Info& as, WorkOptions options);
  void schedule(Stack& stack);
  void tick(Stack& stack);
  bool begin(Stack& stack, StackTask& task);
  bool begin_create(Stack& stack, StackTask& task);
  bool begin_update(Stack& stack, StackTask& task);
  bool begin_remove(Stack& stack, StackTask& task);
  void finish(Stack& stack, StackTask task);
  void finish_create(Stack& stack, StackTask& task);
  void finish_update(Stack& stack, StackTask& task);
  void finish_revert(Stack& stack, StackTask& task);
  void finish_remove(Stack& stack, StackTask& task);
  void end_phase(Stack& stack);
  void plan(Stack& stack);
  void plan_removal(Stack& stack);
  Result<void> make(Stack& stack, StackResource& resource, const Json& properties);
  Result<Json> wanted_properties(Stack& stack, const ResourceDecl& decl);
  ResourceWork work_on(Stack& stack, const StackResource& resource);
  Result<void> publish_outputs(Stack& stack);
  void fail_forward(Stack& stack, const std::string& why);
  void roll_back_update(Stack& stack, const std::string& why);
  void end(Stack& stack, std::string status, std::string reason = std::string());

  Cloud& cloud_;
  ServiceCalls& calls_;
  rt::CallContext ctx_;
  std::list<Stack> stacks_;
  std::map<std::uint64_t, rt::Clock::TimerId> pending_;  // of after()
  std::uint64_t next_pending_ = 1;
};

}  // namespace postern::sim::stacks
