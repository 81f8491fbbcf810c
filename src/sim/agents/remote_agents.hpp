#pragma once

/// RemoteAgents: routes work to nodes whose agent speaks to the cloud over the network, and hands everything else on.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rt/context.hpp"
#include "rt/sync.hpp"
#include "sim/agents.hpp"
#include "sim/agents/agent_documents.hpp"
#include "sim/agents/managed_nodes.hpp"

namespace postern::sim {

/// A message for an agent, whichever way it takes.
struct AgentJob {
  AgentJob() = default;
  std::string id;  ///< "aws.ssm.<command>.<node>"
  std::string topic;
  std::string content;  ///< JSON
  WallTime created;
};

/// One mailbox per node: jobs wait in it until the agent fetches them (ec2messages) or its control channel takes them.
/// A job that was handed out and not acknowledged is handed out again after a while; agents refuse duplicates. A
/// command counts as picked up when it is handed out for the first time. Loop thread only; cloud and inner outlive it.
class RemoteAgents final : public Agents {
 public:
  static constexpr std::size_t kJobsMax = 1'000;  ///< per node; further commands end as failed

  RemoteAgents(Cloud& cloud, Agents& inner, rt::CallContext ctx) : cloud_(cloud), inner_(inner), ctx_(ctx) {}

  ~RemoteAgents() override;
  RemoteAgents(const RemoteAgents&) = delete;
  RemoteAgents& operator=(const RemoteAgents&) = delete;

  /// Who is told that a node's agent is there (again): the engine, which then hands over what waits for it.
  void when_connected(std::function<void(const std::string& node_id)> told) { told_ = std::move(told); }
  void announce(const std::string& node_id);

  Reach reach(const Instance& instance) const override;
  void deliver(Work work, WorkListener& listener) override;
  void cancel(const WorkKey& key) override;

  /// A control channel opens: earlier ones of the node end. Jobs not acknowledged are handed out anew.
  std::uint64_t open_channel(const std::string& node_id);
  void close_channel(const std::string& node_id, std::uint64_t channel);
  /// The next job, hidden from others for `hide_for`. Waits until ctx's deadline: an empty optional. `channel` 0 is a
  /// poll, else the number of the channel: refused (conflict) once another took its place. Fails with cancelled.
  rt::Task<Result<std::optional<AgentJob>>> next(rt::CallContext ctx, std::string node_id, std::uint64_t channel,
                                                 Duration hide_for);
  /// The agent has the job. Unknown ones are ignored.
  void acknowledge(const std::string& node_id, std::string_view job);
  /// The agent has no room now: the job is handed out again after a pause.
  void refuse_for_now(const std::string& node_id, std::string_view job);
  /// The agent will never run it.
  void reject(const std::string& node_id, std::string_view job, std::string reason);
  /// Takes a report about a job in; steps add up, and the first final status ends it. Late ones are ignored.
  void report(const std::string& node_id, std::string_view job, const JobReply& reply);
  /// The node is gone: its channel ends, its work stays where it is.
  void forget(const std::string& node_id);

 private:
  struct Job {
    Job() = default;
    AgentJob message;
    WorkKey key;
    WorkListener* listener = nullptr;  ///< null: a cancel job
    std::shared_ptr<const std::vector<WorkStep>> steps;
    JobReply merged;
    rt::Clock::TimerId ending = 0;  ///< the document has ended, but not every step has been told of
    MonoTime visible_at;
    bool handed_out = false;
    bool acknowledged = false;
  };
  struct Mailbox {
    Mailbox() = default;
    std::deque<Job> jobs;  ///< oldest first
    std::uint64_t channel = 0;
    rt::WaitQueue changed;
  };

  Mailbox& mailbox(const std::string& node_id);
  Mailbox* find(const std::string& node_id);
  static Job* find_job(Mailbox& box, std::string_view id);
  void finish(Mailbox& box, const std::string& id, WorkOutcome outcome);
  void finish_reported(const std::string& node_id, const std::string& id);
  std::optional<AgentJob> take(Mailbox& box, Duration hide_for);
  std::string new_uuid();

  Cloud& cloud_;
  Agents& inner_;
  rt::CallContext ctx_;
  std::function<void(const std::string&)> told_;
  std::uint64_t channels_ = 0;
  std::map<std::string, std::unique_ptr<Mailbox>> boxes_;  ///< never shrinks: waiters hold on to theirs
};

}  // namespace postern::sim
