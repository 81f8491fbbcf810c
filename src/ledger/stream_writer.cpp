#include "ledger/stream_writer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.hpp"
#include "rt/uncancelled.hpp"
#include "rt/waiter.hpp"

namespace postern::ledger {
namespace {

std::size_t size_of(const NewRecord& record) {
  return record.type.size() + record.body.size();
}

rt::Task<void> append_into(Store* store, rt::CallContext ctx, Append append, Result<void>* into) {
  *into = co_await store->append(ctx, std::move(append));
}

}  // namespace

/// A call of append(), until what it handed over is durable.
struct StreamWriter::Waiting {
  Waiting(std::vector<NewRecord> r, std::optional<std::string> s, WallTime when, rt::Deadline limit)
      : records(std::move(r)), summary(std::move(s)), at(when), deadline(limit) {}

  bool is_taken() const { return taken == records.size(); }
  bool fits(std::size_t count, std::size_t bytes) const {
    for (std::size_t i = taken; i < records.size(); ++i) bytes += size_of(records[i]);
    return count + records.size() - taken <= kAppendMax && bytes <= kAppendBytesMax;
  }

  std::vector<NewRecord> records;
  std::optional<std::string> summary;
  WallTime at;
  rt::Deadline deadline;
  std::size_t taken = 0;  // records that are in a commit already
  bool commits = false;   // the tasks before it have returned: this one makes the next commit
  std::optional<Result<void>> outcome;
  rt::Waiter waiter;
};

/// What one commit writes, and whose calls it ends.
struct StreamWriter::Group {
  Group() = default;
  Append append;
  std::size_t bytes = 0;
  std::size_t ended = 0;  // calls at the front of the queue
  rt::Deadline deadline{MonoTime::min()};
};

StreamWriter::StreamWriter(Store& store, StreamWriterOptions options, std::uint64_t version, Digest head)
    : store_(store), options_(std::move(options)), version_(version), head_(head) {
  CHECK(version > 0 || head == chain_start(options_.world, options_.stream));
}

StreamWriter::~StreamWriter() {
  CHECK(queue_.empty());
}

rt::Task<Result<void>> StreamWriter::append(rt::CallContext ctx, std::vector<NewRecord> records) {
  return hand_over(ctx, std::move(records), std::nullopt);
}

rt::Task<Result<void>> StreamWriter::append(rt::CallContext ctx, std::vector<NewRecord> records, std::string summary) {
  return hand_over(ctx, std::move(records), std::move(summary));
}

rt::Task<Result<void>> StreamWriter::hand_over(rt::CallContext ctx, std::vector<NewRecord> records,
                                               std::optional<std::string> summary) {
  for (const NewRecord& record : records) {
    CHECK(record.body.size() <= kBodyMax);
    CHECK(size_of(record) <= kAppendBytesMax);
  }
  CHECK(!summary || summary->size() <= kSummaryMax);
  if (broken_) co_return fail(*broken_);
  Waiting self(std::move(records), std::move(summary), ctx.clock().wall_now(), ctx.deadline());
  self.commits = queue_.empty();
  queue_.push_back(&self);
  // Not cancelled: what is in the queue is written, and somebody must be there to be told.
  while (!self.commits && !self.outcome) co_await self.waiter.wait_always();
  if (self.outcome) co_return std::move(*self.outcome);
  while (!self.outcome) co_await commit(ctx);
  // Each task commits once at most, so that nobody is kept by the records of others.
  if (!queue_.empty()) {
    queue_.front()->commits = true;
    queue_.front()->waiter.wake();
  }
  co_return std::move(*self.outcome);
}

rt::Task<void> StreamWriter::commit(rt::CallContext ctx) {
  Group group = take_group();
  Result<void> outcome;
  const bool anything = !group.append.records.empty() || group.append.summary.has_value();
  if (anything) {
    const rt::CallContext own(ctx.clock(), ctx.random(), ctx.explainer(), group.deadline);
    const std::uint64_t version = version_ + group.append.records.size();
    const Digest head = group.append.records.empty() ? head_ : group.append.records.back().hash;
    rt::Task<void> work = append_into(&store_, own, std::move(group.append), &outcome);
    co_await rt::uncancelled(std::move(work));
    if (outcome) {
      version_ = version;
      head_ = head;
      ++commits_;
    }
  }
  finish(std::move(group), outcome);
}

StreamWriter::Group StreamWriter::take_group() {
  Group group;
  group.append.stream = options_.stream;
  group.append.expected_version = version_;
  group.append.fence = options_.fence;
  Digest head = head_;
  for (Waiting* waiting : queue_) {
    std::vector<Record>& records = group.append.records;
    // A call is divided only when it fits into no commit at all.
    if (!waiting->fits(records.size(), group.bytes) && !records.empty()) break;
    group.deadline = rt::Deadline(std::max(group.deadline.at(), waiting->deadline.at()));
    while (!waiting->is_taken()) {
      NewRecord& next = waiting->records[waiting->taken];
      if (records.size() == kAppendMax || group.bytes + size_of(next) > kAppendBytesMax) return group;
      group.bytes += size_of(next);
      ++waiting->taken;
      Record record;
      record.seq = version_ + records.size() + 1;
      record.at = waiting->at;
      record.type = std::move(next.type);
      record.body = std::move(next.body);
      record.hash = head = chain_next(head, record);
      records.push_back(std::move(record));
      std::move(next.blobs.begin(), next.blobs.end(), std::back_inserter(group.append.blobs));
    }
    if (waiting->summary) group.append.summary = std::move(waiting->summary);
    ++group.ended;
  }
  return group;
}

void StreamWriter::finish(Group group, const Result<void>& outcome) {
  if (!outcome) broken_ = outcome.error();
  std::size_t ended = outcome ? group.ended : queue_.size();
  for (; ended > 0; --ended) {
    Waiting* waiting = queue_.front();
    queue_.pop_front();
    waiting->outcome = outcome;
    waiting->waiter.wake();
  }
}

}  // namespace postern::ledger
