#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "ledger/stream_writer.hpp"
#include "ledger/testing/rig.hpp"

namespace postern::ledger {
namespace {

using testing::kWorld;
using testing::read_all;
using testing::RealRig;

/// A child that tells its parent things through a pipe. It has its own everything but the path; it is forked while the
/// parent has no thread.
class Child {
 public:
  /// `body` writes bytes to the descriptor that it is given.
  template <class Body>
  explicit Child(Body body) {
    int ends[2];
    CHECK(::pipe(ends) == 0);
    pid_ = ::fork();
    CHECK(pid_ >= 0);
    if (pid_ == 0) {
      ::close(ends[0]);
      body(ends[1]);
      ::_exit(0);
    }
    ::close(ends[1]);
    from_ = ends[0];
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) end(SIGKILL);
    ::close(from_);
  }

  /// Waits for the next byte; 0 when the child has ended.
  char next() const {
    char byte = 0;
    const ssize_t got = ::read(from_, &byte, 1);
    return got == 1 ? byte : '\0';
  }
  void end(int signal) {
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  /// What it still says, and that it ended well.
  std::string rest() {
    std::string out;
    for (char byte = next(); byte != '\0'; byte = next()) out += byte;
    int status = 0;
    CHECK(::waitpid(pid_, &status, 0) == pid_);
    pid_ = -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? out : out + " and died";
  }

 private:
  pid_t pid_ = -1;
  int from_ = -1;
};

/// A rig's path with a World-less loop of one's own: what a child has.
class Process {
 public:
  explicit Process(SqliteOptions options) : options_(std::move(options)) {}

  Result<void> open() {
    TRY(store_, open_sqlite_store(options_, *worker_));
    return {};
  }
  /// Appends to `stream` what the writer numbers; as many records as a commit.
  Result<void> append(const std::string& stream, std::size_t records) {
    if (!writer_) {
      TRY(const std::optional<StreamInfo> info, loop_.run(store_->find(loop_.context(), stream)));
      StreamWriterOptions options;
      options.world = kWorld;
      options.stream = stream;
      writer_ = std::make_unique<StreamWriter>(*store_, options, info ? info->version : 0,
                                               info ? info->head : chain_start(kWorld, stream));
    }
    std::vector<NewRecord> out;
    for (std::size_t i = 0; i < records; ++i) out.emplace_back("test", std::string(300, 'x'));
    return loop_.run(writer_->append(loop_.context(), std::move(out)));
  }
  Result<Lease> acquire(const std::string& holder) {
    AcquireLease wanted;
    wanted.name = "l";
    wanted.holder = holder;
    wanted.until = WallTime(std::chrono::hours(1));
    return loop_.run(store_->acquire(loop_.context(), std::move(wanted)));
  }

 private:
  SqliteOptions options_;
  rt::testing::ManualLoop loop_;
  std::unique_ptr<rt::Worker> worker_ = rt::make_inline_worker();
  std::unique_ptr<Store> store_;
  std::unique_ptr<StreamWriter> writer_;
};

[[noreturn]] void die(const Error& error) {
  std::fprintf(stderr, "a child failed: %s\n", error.to_text().c_str());
  ::_exit(2);
}

/// Says '+' for every durable append, until it is killed or has done `count`.
void append_and_tell(const SqliteOptions& options, const std::string& stream, int count, int pipe) {
  Process process(options);
  if (const Result<void> opened = process.open(); !opened) die(opened.error());
  for (int i = 0; i < count; ++i) {
    if (const Result<void> done = process.append(stream, 3); !done) die(done.error());
    if (::write(pipe, "+", 1) != 1) ::_exit(4);
  }
}

TEST(LedgerProcesses, AKilledWriterHasWrittenWhatItSaid) {
  RealRig rig;
  const SqliteOptions options = rig.options();
  const std::unique_ptr<rt::Worker> here = rt::make_inline_worker();
  std::size_t told = 0;
  for (const int after : {0, 1, 2, 17, 60}) {
    Child child([&](int pipe) { append_and_tell(options, "a", 1'000'000, pipe); });
    for (int i = 0; i < after; ++i) ASSERT_EQ(child.next(), '+');
    child.end(SIGKILL);
    while (child.next() == '+') ++told;
    told += static_cast<std::size_t>(after);
    if (told == 0) continue;
    const std::unique_ptr<Store> store = open_sqlite_store(options, *here).value();
    const std::vector<Record> records = read_all(rig, *store, "a").value();
    EXPECT_GE(records.size(), told * 3);
    EXPECT_EQ(records.size() % 3, 0U);
    EXPECT_TRUE(verify_chain(chain_start(kWorld, "a"), 1, records));
    told = records.size() / 3;
  }
}

TEST(LedgerProcesses, AReaderIsNotStoppedByAWriterOfAnotherProcess) {
  RealRig rig;
  const SqliteOptions options = rig.options();
  Child child([&](int pipe) { append_and_tell(options, "a", 200, pipe); });
  ASSERT_EQ(child.next(), '+');
  const std::unique_ptr<Store> reader = rig.open_read_only().value();
  std::size_t before = 0;
  for (int told = 2; told <= 200; ++told) {
    const std::vector<Record> records = read_all(rig, *reader, "a").value();
    EXPECT_GE(records.size(), before);
    EXPECT_TRUE(verify_chain(chain_start(kWorld, "a"), 1, records));
    before = records.size();
    ASSERT_EQ(child.next(), '+');
    const std::optional<StreamInfo> info = rig.run(reader->find(rig.ctx(), "a")).value();
    EXPECT_GE(info->version, static_cast<std::uint64_t>(told) * 3);
  }
  EXPECT_EQ(child.rest(), "");
}

TEST(LedgerProcesses, SeveralMayMakeTheFileAndWriteAtOnce) {
  RealRig rig;
  const SqliteOptions options = rig.options();
  {
    std::vector<std::unique_ptr<Child>> children;
    for (const char* stream : {"a", "b", "c", "d"}) {
      children.push_back(std::make_unique<Child>([&](int pipe) { append_and_tell(options, stream, 25, pipe); }));
    }
    for (const auto& child : children) EXPECT_EQ(child->rest(), std::string(25, '+'));
  }
  const std::unique_ptr<Store> store = rig.open().value();
  for (const char* stream : {"a", "b", "c", "d"}) {
    const std::vector<Record> records = read_all(rig, *store, stream).value();
    EXPECT_EQ(records.size(), 75U);
    EXPECT_TRUE(verify_chain(chain_start(kWorld, stream), 1, records));
  }
}

TEST(LedgerProcesses, OnlyOneOfThemGetsALease) {
  RealRig rig;
  const SqliteOptions options = rig.options();
  std::string answers;
  {
    std::vector<std::unique_ptr<Child>> children;
    for (const char* holder : {"a", "b", "c", "d"}) {
      children.push_back(std::make_unique<Child>([&](int pipe) {
        Process process(options);
        if (const Result<void> opened = process.open(); !opened) die(opened.error());
        const Result<Lease> lease = process.acquire(holder);
        const bool refused = !lease && lease.error().kind() == ErrorKind::conflict;
        const char* answer = lease ? "+" : refused ? "-" : "?";
        if (::write(pipe, answer, 1) != 1) ::_exit(4);
      }));
    }
    for (const auto& child : children) answers += child->rest();
  }
  EXPECT_EQ(std::count(answers.begin(), answers.end(), '+'), 1) << answers;
  EXPECT_EQ(std::count(answers.begin(), answers.end(), '-'), 3) << answers;
}

}  // namespace
}  // namespace postern::ledger
