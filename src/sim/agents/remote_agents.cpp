#include "sim/agents/remote_agents.hpp"

#include <algorithm>
#include <array>

#include "base/ids.hpp"
#include "rt/combine.hpp"

namespace postern::sim {
namespace remote_agents {

constexpr std::chrono::seconds kRefusedPause{2};
/// Replies of one document may overtake each other by milliseconds.
constexpr std::chrono::seconds kStragglers{1};

rt::Task<Result<bool>> woken(rt::WaitQueue* queue) {
  const bool chosen = co_await queue->wait();
  if (!chosen) co_return fail(ErrorKind::cancelled, "cancelled while waiting for work");
  co_return true;
}

}  // namespace remote_agents

RemoteAgents::~RemoteAgents() {
  for (const auto& [node, box] : boxes_) {
    for (const Job& job : box->jobs) ctx_.clock().unschedule(job.ending);
  }
}

void RemoteAgents::announce(const std::string& node_id) {
  if (told_) told_(node_id);
}

Reach RemoteAgents::reach(const Instance& instance) const {
  if (instance.traits->agent.profile != AgentProfile::remote) return inner_.reach(instance);
  const ManagedNode* node = cloud_.managed().find(instance.id);
  const bool online = node != nullptr && is_online(*node, cloud_.now(ctx_.clock()));
  return online && instance.state == InstanceState::running ? Reach::connected : Reach::lost;
}

RemoteAgents::Mailbox& RemoteAgents::mailbox(const std::string& node_id) {
  std::unique_ptr<Mailbox>& box = boxes_[node_id];
  if (box == nullptr) box = std::make_unique<Mailbox>();
  return *box;
}

RemoteAgents::Mailbox* RemoteAgents::find(const std::string& node_id) {
  const auto found = boxes_.find(node_id);
  return found == boxes_.end() ? nullptr : found->second.get();
}

RemoteAgents::Job* RemoteAgents::find_job(Mailbox& box, std::string_view id) {
  const auto found =
      std::find_if(box.jobs.begin(), box.jobs.end(), [&](const Job& job) { return job.message.id == id; });
  return found == box.jobs.end() ? nullptr : &*found;
}

std::string RemoteAgents::new_uuid() {
  std::array<std::uint8_t, 16> bytes{};
  ctx_.random().fill(bytes);
  return make_uuid(bytes);
}

void RemoteAgents::deliver(Work work, WorkListener& listener) {
  if (work.profile != AgentProfile::remote) {
    inner_.deliver(std::move(work), listener);
    return;
  }
  Mailbox& box = mailbox(work.key.instance_id);
  if (box.jobs.size() >= kJobsMax) return;  // never picked up: it ends when its delivery time is over
  Job& job = box.jobs.emplace_back();
  job.message.id = job_id(work.key.command_id, work.key.instance_id);
  job.message.topic = kSendTopic;
  job.message.content = command_content(work);
  job.message.created = cloud_.now(ctx_.clock());
  job.steps = std::move(work.steps);
  job.key = std::move(work.key);
  job.listener = &listener;
  job.visible_at = ctx_.now();
  box.changed.wake_all();
}

void RemoteAgents::cancel(const WorkKey& key) {
  Mailbox* box = find(key.instance_id);
  const std::string id = job_id(key.command_id, key.instance_id);
  const Job* job = box == nullptr ? nullptr : find_job(*box, id);
  if (job == nullptr) {
    inner_.cancel(key);
    return;
  }
  if (!job->handed_out) {
    std::erase_if(box->jobs, [&](const Job& one) { return one.message.id == id; });
    return;
  }
  Job& end = box->jobs.emplace_back();
  end.message.id = job_id(new_uuid(), key.instance_id);
  end.message.topic = kCancelTopic;
  end.message.content = cancel_content(id);
  end.message.created = cloud_.now(ctx_.clock());
  end.visible_at = ctx_.now();
  box->changed.wake_all();
}

std::uint64_t RemoteAgents::open_channel(const std::string& node_id) {
  Mailbox& box = mailbox(node_id);
  box.channel = ++channels_;
  for (Job& job : box.jobs) {
    if (!job.acknowledged) job.visible_at = ctx_.now();
  }
  if (ManagedNode* node = cloud_.managed().find(node_id)) node->connected = true;
  box.changed.wake_all();
  announce(node_id);
  return mailbox(node_id).channel;
}

void RemoteAgents::close_channel(const std::string& node_id, std::uint64_t channel) {
  Mailbox& box = mailbox(node_id);
  if (box.channel != channel) return;
  box.channel = 0;
  if (ManagedNode* node = cloud_.managed().find(node_id)) node->connected = false;
}

std::optional<AgentJob> RemoteAgents::take(Mailbox& box, Duration hide_for) {
  for (std::size_t i = 0; i < box.jobs.size();) {
    Job& job = box.jobs[i];
    if (job.acknowledged || job.visible_at > ctx_.now()) {
      ++i;
      continue;
    }
    if (!job.handed_out && job.listener != nullptr && !job.listener->picked_up(job.key)) {
      box.jobs.erase(box.jobs.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    job.handed_out = true;
    job.visible_at = ctx_.now() + hide_for;
    return job.message;
  }
  return std::nullopt;
}

rt::Task<Result<std::optional<AgentJob>>> RemoteAgents::next(rt::CallContext ctx, std::string node_id,
                                                             std::uint64_t channel, Duration hide_for) {
  Mailbox& box = mailbox(node_id);
  for (;;) {
    if (channel != 0 && box.channel != channel) {
      co_return fail(ErrorKind::conflict, "another control channel took this one's place");
    }
    std::optional<AgentJob> job = take(box, hide_for);
    if (job || ctx.deadline().passed(ctx.clock())) co_return job;
    rt::Deadline until = ctx.deadline();
    for (const Job& waiting : box.jobs) {
      if (!waiting.acknowledged) until = until.sooner(rt::Deadline(waiting.visible_at));
    }
    const rt::CallContext wait_ctx(ctx.clock(), ctx.random(), ctx.explainer(), until);
    const Result<bool> changed = co_await rt::with_deadline(wait_ctx, remote_agents::woken(&box.changed));
    if (!changed && changed.error().kind() == ErrorKind::cancelled) co_return fail(changed.error());
  }
}

void RemoteAgents::acknowledge(const std::string& node_id, std::string_view job) {
  Mailbox& box = mailbox(node_id);
  Job* found = find_job(box, job);
  if (found == nullptr) return;
  found->acknowledged = true;
  if (found->listener != nullptr) return;
  // An order to cancel has done its duty.
  std::erase_if(box.jobs, [&](const Job& one) { return one.message.id == job; });
}

void RemoteAgents::refuse_for_now(const std::string& node_id, std::string_view job) {
  Mailbox& box = mailbox(node_id);
  Job* found = find_job(box, job);
  if (found == nullptr) return;
  found->visible_at = ctx_.now() + remote_agents::kRefusedPause;
  box.changed.wake_all();
}

void RemoteAgents::finish(Mailbox& box, const std::string& id, WorkOutcome outcome) {
  Job* found = find_job(box, id);
  if (found == nullptr) return;
  ctx_.clock().unschedule(found->ending);
  const WorkKey key = found->key;
  WorkListener* listener = found->listener;
  std::erase_if(box.jobs, [&](const Job& one) { return one.message.id == id; });
  if (listener != nullptr) listener->finished(key, std::move(outcome));
}

void RemoteAgents::finish_reported(const std::string& node_id, const std::string& id) {
  Mailbox& box = mailbox(node_id);
  const Job* found = find_job(box, id);
  if (found == nullptr) return;
  finish(box, id, outcome_of(*found->steps, found->merged));
}

void RemoteAgents::reject(const std::string& node_id, std::string_view job, std::string reason) {
  Mailbox& box = mailbox(node_id);
  Job* found = find_job(box, job);
  if (found == nullptr || !found->handed_out) return;
  if (found->listener == nullptr) return acknowledge(node_id, job);
  found->merged.status = "Failed";
  found->merged.trace = std::move(reason);
  finish_reported(node_id, std::string(job));
}

void RemoteAgents::report(const std::string& node_id, std::string_view job, const JobReply& reply) {
  Mailbox& box = mailbox(node_id);
  Job* found = find_job(box, job);
  if (found == nullptr || !found->handed_out || found->listener == nullptr) return;
  found->acknowledged = true;
  for (const auto& [name, step] : reply.steps) {
    const bool named = std::any_of(found->steps->begin(), found->steps->end(),
                                   [&, key = std::string_view(name)](const WorkStep& one) { return one.name == key; });
    if (!named) continue;
    // A step that has ended stays ended.
    StepReply& known = found->merged.steps[name];
    if (step.has_ended() || !known.has_ended()) known = step;
  }
  if (!reply.trace.empty()) found->merged.trace = reply.trace;
  if (!found->merged.is_final()) found->merged.status = reply.status;
  const std::vector<StepOutcome> ended = ended_steps(*found->steps, found->merged);
  const bool complete = ended.size() == found->steps->size();
  if (!found->merged.is_final()) {
    if (!ended.empty() && !complete) found->listener->progressed(found->key, ended);
    return;
  }
  const std::string id(job);
  if (complete) return finish_reported(node_id, id);
  if (found->ending != 0) return;
  found->ending = ctx_.clock().schedule(ctx_.now() + remote_agents::kStragglers,
                                        [this, node_id, id] { finish_reported(node_id, id); });
}

void RemoteAgents::forget(const std::string& node_id) {
  Mailbox* box = find(node_id);
  if (box == nullptr) return;
  box->channel = 0;
  std::erase_if(box->jobs, [](const Job& job) { return !job.handed_out; });
  box->changed.wake_all();
}

}  // namespace postern::sim
