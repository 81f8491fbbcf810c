// cp, from this host to a node

#include <algorithm>
#include <deque>

#include "base/text.hpp"
#include "cli/copy_job.hpp"
#include "net/stream.hpp"
#include "rt/combine.hpp"
#include "rt/waiter.hpp"

namespace postern::cli {
namespace copy_upload {

/// Files from this size on are continued where an earlier copy of theirs was lost.
constexpr std::uint64_t kWorthResuming = 1U << 20U;
constexpr std::size_t kItemsMax = 1'000'000;
/// Orders that wait for their replies.
constexpr std::size_t kAhead = 64;

struct Item {
  Item() = default;
  std::string local;
  std::string remote;  ///< below the goal; empty: the goal itself
  std::uint64_t size = 0;
  std::uint32_t mode = 0;
  std::int64_t modified = 0;
  bool folder = false;
  bool over = false;  ///< in its place, or failed for good
};

std::string base_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path.substr(path.rfind('/') + 1));
}

/// The SHA-256 of a file's first bytes. Yields between pieces: large files must not hold the connection up.
rt::Task<Result<std::string>> hash_of(rt::CallContext ctx, os::File& file, std::uint64_t size) {
  ledger::Hasher hasher;
  std::vector<std::byte> buffer(kCopyPieceBytes);
  for (std::uint64_t at = 0; at < size;) {
    const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - at));
    CO_TRY(const std::size_t got, file.read_at(at, std::span(buffer).first(most)));
    if (got == 0) break;
    hasher.add(net::as_text(std::span<const std::byte>(buffer).first(got)));
    at += got;
    CO_TRY_VOID(co_await rt::sleep_until(ctx.clock(), ctx.now()));
  }
  co_return ledger::to_hex(hasher.finish());
}

class Upload final : public CopyJob {
 public:
  Upload(os::Files& files, std::string goal) : files_(files), goal_(std::move(goal)) {}

  Result<void> look(const std::string& from, bool recursive) {
    source_ = from;
    const Result<os::FileStat> stat = files_.stat(from);
    if (!stat) {
      const bool none = stat.error().kind() == ErrorKind::not_found;
      return fail(ErrorKind::usage, printable(from, 200) + (none ? " is not there" : ": " + stat.error().message()));
    }
    if (stat->type == os::FileType::directory && !recursive) {
      return fail(ErrorKind::usage,
                  printable(from, 200) + " is a folder: --recursive copies it with all that is in it");
    }
    return add(from, std::string(), *stat);
  }

  rt::Task<Result<void>> run(rt::CallContext ctx, CopyTalk& talk) override {
    ctx_.emplace(ctx);
    talk_ = &talk;
    pending_.clear();
    answers_.clear();
    stage_ = Stage::between;
    CO_TRY_VOID(co_await find_goal());
    Result<void> sent;
    Result<void> heard;
    rt::TaskGroup group(co_await rt::asio::this_coro::executor);
    group_ = &group;
    done_sending_ = false;
    group.spawn(store(send_all(), &sent, true));
    group.spawn(store(hear_all(), &heard, false));
    co_await group.join();
    group_ = nullptr;
    if (co_await rt::is_cancelled()) co_await call_off();
    if (!heard && heard.error().kind() != ErrorKind::cancelled) co_return heard;
    if (!sent) co_return sent;
    co_return heard;
  }

  void tidy() noexcept override {}

 private:
  struct Pending {
    /// What is asked about an item.
    enum class About : std::uint8_t { end, kept, object };
    explicit Pending(std::size_t i, About a = About::end) : item(i), about(a) {}
    std::size_t item;
    About about;
  };
  using About = Pending::About;

  struct Carried {
    explicit Carried(Flight f) : flight(f) {}
    Flight flight;
    std::string order;
  };

  /// What the node waits for, of the file that it is sent.
  enum class Stage : std::uint8_t { between, agreeing, pieces };

  Result<void> add(const std::string& local, std::string remote, const os::FileStat& stat) {
    if (items_.size() >= kItemsMax) return fail(ErrorKind::usage, "more than 1,000,000 files: copy an archive of them");
    if (stat.type == os::FileType::other) {
      sum_.failures.emplace_back(local, "is neither a file nor a folder");
      return {};
    }
    Item item;
    item.local = local;
    item.remote = std::move(remote);
    item.folder = stat.type == os::FileType::directory;
    item.size = item.folder ? 0 : stat.size;
    item.mode = stat.mode;
    item.modified = std::chrono::floor<std::chrono::seconds>(stat.modified).time_since_epoch().count();
    if (!item.folder) {
      ++sum_.all_files;
      sum_.all_bytes += item.size;
    }
    const std::string below = item.remote;
    const bool folder = item.folder;
    items_.push_back(std::move(item));
    if (!folder) return {};
    Result<std::vector<std::string>> names = files_.list(local);
    if (!names) {
      sum_.failures.emplace_back(local, names.error().message());
      return {};
    }
    for (const std::string& name : *names) {
      const std::string path = os::join_path(local, name);
      const Result<os::FileStat> found = files_.stat(path);
      if (!found) {
        sum_.failures.emplace_back(path, found.error().message());
        continue;
      }
      TRY_VOID(add(path, below.empty() ? name : below + "/" + name, *found));
    }
    return {};
  }

  /// A goal that is a folder there takes the source in under its own name.
  rt::Task<Result<void>> find_goal() {
    if (found_goal_) co_return Result<void>();
    CO_TRY(std::string order, copy_stat(goal_));
    CO_TRY_VOID(co_await talk_->send(*ctx_, std::move(order)));
    CO_TRY(const CopyReply there, co_await talk_->reply());
    if (there.kind != CopyReply::Kind::stat)
      co_return fail(ErrorKind::malformed, "the node does not say what is there");
    const bool ends_so = goal_.ends_with('/');
    if (there.type != 'd' && ends_so && !items_.front().folder) {
      co_return fail(ErrorKind::usage, printable(goal_, 200) + " is no folder on the node");
    }
    if (there.type == 'd') goal_ = os::join_path(goal_, base_name(source_));
    found_goal_ = true;
    co_return Result<void>();
  }

  std::string goal_of(const Item& item) const {
    return item.remote.empty() ? goal_ : goal_ + (goal_.ends_with('/') ? "" : "/") + item.remote;
  }

  rt::Task<void> store(rt::Task<Result<void>> task, Result<void>* into, bool sender) {
    *into = co_await std::move(task);
    if (sender) done_sending_ = true;
    if (!*into) group_->cancel();
    woken_.wake();
    room_.wake();
    hearing_.wake();
  }

  rt::Task<Result<void>> send_all() {
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (items_[i].over) continue;
      while (pending_.size() >= kAhead) {
        if (co_await room_.wait() == rt::Wake::cancelled)
          co_return fail(ErrorKind::cancelled, "the copy was called off");
      }
      Result<void> sent;
      if (items_[i].folder) {
        sent = co_await send_folder(i);
      } else {
        sent = co_await send_file(i);
      }
      if (sent) continue;
      const ErrorKind kind = sent.error().kind();
      if (kind == ErrorKind::cancelled || kind == ErrorKind::unavailable || kind == ErrorKind::timeout) co_return sent;
      fail_item(i, sent.error().message());
    }
    co_return Result<void>();
  }

  /// Nothing of a file that is not whole stays on the node.
  rt::Task<void> call_off() {
    std::string orders;
    if (stage_ == Stage::agreeing) orders += copy_from(0);
    if (stage_ != Stage::between) orders += copy_drop();
    (void)co_await talk_->send(*ctx_, orders + copy_quit());
  }

  rt::Task<Result<void>> send_folder(std::size_t index) {
    CO_TRY(std::string order, copy_make_folder(items_[index].mode, goal_of(items_[index])));
    CO_TRY_VOID(co_await talk_->send(*ctx_, std::move(order)));
    push(Pending(index));
    co_return Result<void>();
  }

  rt::Task<Result<void>> send_file(std::size_t index) {
    const Item& item = items_[index];
    CO_TRY(const std::unique_ptr<os::File> file, files_.open(item.local, os::OpenMode::read));
    CopyPut put;
    put.path = goal_of(item);
    put.size = item.size;
    put.mode = item.mode;
    put.modified = item.modified;
    put.resume = item.size >= kWorthResuming;
    CO_TRY(put.sha256, co_await hash_of(*ctx_, *file, item.size));
    CO_TRY(std::string order, copy_put(put));
    stage_ = put.resume ? Stage::agreeing : Stage::pieces;
    CO_TRY_VOID(co_await talk_->send(*ctx_, std::move(order)));
    std::uint64_t from = 0;
    if (put.resume) {
      CO_TRY(from, co_await agree_on_start(index, *file));
      if (items_[index].over) co_return Result<void>();
    }
    if (goes_through(item.size - from)) {
      Result<std::uint64_t> carried = co_await send_objects(index, *file, from);
      if (!carried) co_return fail(std::move(carried).error());
      from = *carried;
    }
    co_return co_await send_pieces(index, *file, from);
  }

  /// The rest of a file through the bucket: how far it came. What is left goes through the session.
  rt::Task<Result<std::uint64_t>> send_objects(std::size_t index, os::File& file, std::uint64_t from) {
    const std::uint64_t size = items_[index].size;
    std::deque<Flight> flights;
    std::uint64_t at = from;
    std::string trouble;
    unsigned tries = 0;
    while (from < size && trouble.empty()) {
      if (at < size && flights.size() < kObjectsAhead) {
        Result<Carried> next = co_await put_object(index, file, at);
        if (!next && next.error().kind() == ErrorKind::cancelled) co_return fail(std::move(next).error());
        if (!next) {
          trouble = printable(next.error().message(), 300);
          break;
        }
        // It has become shorter: the session's way finds that out.
        if (next->flight.bytes == 0) break;
        CO_TRY_VOID(co_await talk_->send(*ctx_, std::move(next->order)));
        flights.push_back(next->flight);
        push(Pending(index, About::object));
        at += next->flight.bytes;
        continue;
      }
      CO_TRY(const CopyReply answer, co_await answer_of(flights));
      if (answer.kind == CopyReply::Kind::carried) {
        from += answer.size;
        tries = 0;
        count_through(answer.size);
        continue;
      }
      // What follows a piece that is missing is not taken either.
      while (!flights.empty()) CO_TRY_VOID(co_await answer_of(flights));
      at = from;
      if (++tries >= kObjectTries) trouble = "the node cannot fetch from there: " + printable(answer.text, 300);
    }
    while (!flights.empty()) {
      CO_TRY(const CopyReply answer, co_await answer_of(flights));
      if (answer.kind != CopyReply::Kind::carried) continue;
      from += answer.size;
      count_through(answer.size);
    }
    if (trouble.empty()) co_return from;
    Result<void> given_up = give_up_place(trouble);
    if (given_up) co_return from;
    stage_ = Stage::between;
    std::string drop = copy_drop();
    CO_TRY_VOID(co_await talk_->send(*ctx_, std::move(drop)));
    co_return fail(std::move(given_up).error());
  }

  /// The next object is there: what the node is told of it.
  rt::Task<Result<Carried>> put_object(std::size_t index, os::File& file, std::uint64_t at) {
    const std::uint64_t left = items_[index].size - at;
    std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(adapters::kCopyObjectBytes, left)), '\0');
    const std::span<std::byte> room(reinterpret_cast<std::byte*>(bytes.data()), bytes.size());
    CO_TRY(const std::size_t got, file.read_at(at, room));
    Carried carried(Flight(next_object(), got));
    if (got == 0) co_return carried;
    bytes.resize(got);
    const std::uint64_t number = carried.flight.number;
    CO_TRY_VOID(co_await place().put(*ctx_, number, std::move(bytes)));
    CO_TRY(const Secret<> url, co_await place().url_to_get(*ctx_, number));
    CO_TRY(carried.order, copy_fetch(at, got, url));
    co_return carried;
  }

  /// The node's word about the object that was sent first, with its size; it is not needed any more.
  rt::Task<Result<CopyReply>> answer_of(std::deque<Flight>& flights) {
    while (answers_.empty()) {
      if (co_await woken_.wait() == rt::Wake::cancelled)
        co_return fail(ErrorKind::cancelled, "the copy was called off");
    }
    CopyReply answer = std::move(answers_.front());
    answers_.pop_front();
    const Flight flight = flights.front();
    flights.pop_front();
    answer.size = flight.bytes;
    // One that stays for now goes in the end.
    (void)co_await place().remove(*ctx_, flight.number);
    co_return answer;
  }

  /// What the node has of the file is of use when it is the file's beginning.
  rt::Task<Result<std::uint64_t>> agree_on_start(std::size_t index, os::File& file) {
    push(Pending(index, About::kept));
    kept_.reset();
    while (!kept_) {
      if (co_await woken_.wait() == rt::Wake::cancelled)
        co_return fail(ErrorKind::cancelled, "the copy was called off");
    }
    if (items_[index].over) {
      stage_ = Stage::between;
      co_return 0;
    }
    std::uint64_t from = kept_->size <= items_[index].size ? kept_->size : 0;
    if (from > 0) {
      CO_TRY(const std::string own, co_await hash_of(*ctx_, file, from));
      if (own != kept_->sha256) from = 0;
    }
    std::string answer = copy_from(from);
    stage_ = Stage::pieces;
    CO_TRY_VOID(co_await talk_->send(*ctx_, std::move(answer)));
    sum_.continued += from;
    co_return from;
  }

  rt::Task<Result<void>> send_pieces(std::size_t index, os::File& file, std::uint64_t from) {
    const std::uint64_t size = items_[index].size;
    std::vector<std::byte> buffer(kCopyPieceBytes);
    for (std::uint64_t at = from; at < size;) {
      const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - at));
      const Result<std::size_t> got = file.read_at(at, std::span(buffer).first(most));
      // It has become shorter since it was looked at: the node finds that out by its size.
      if (!got || *got == 0) break;
      std::string piece = copy_piece(*got);
      piece += net::as_text(std::span<const std::byte>(buffer).first(*got));
      const Result<void> sent = co_await talk_->send(*ctx_, std::move(piece));
      if (!sent) co_return sent;
      if (co_await rt::is_cancelled()) co_return fail(ErrorKind::cancelled, "the copy was called off");
      at += *got;
      sum_.bytes += *got;
      tell();
    }
    std::string end = copy_end();
    stage_ = Stage::between;
    CO_TRY_VOID(co_await talk_->send(*ctx_, std::move(end)));
    push(Pending(index));
    co_return Result<void>();
  }

  void push(Pending pending) {
    pending_.push_back(pending);
    hearing_.wake();
  }

  rt::Task<Result<void>> hear_all() {
    for (;;) {
      while (pending_.empty()) {
        if (done_sending_) co_return Result<void>();
        if (co_await hearing_.wait() == rt::Wake::cancelled)
          co_return fail(ErrorKind::cancelled, "the copy was called off");
      }
      CO_TRY(const CopyReply reply, co_await talk_->reply());
      const Pending pending = pending_.front();
      pending_.pop_front();
      room_.wake();
      CO_TRY_VOID(take(pending, reply));
    }
  }

  Result<void> take(const Pending& pending, const CopyReply& reply) {
    using Kind = CopyReply::Kind;
    Item& item = items_[pending.item];
    if (pending.about == About::object && (reply.kind == Kind::carried || reply.kind == Kind::no)) {
      answers_.push_back(reply);
      woken_.wake();
    } else if (reply.kind == Kind::kept && pending.about == About::kept) {
      kept_ = reply;
      woken_.wake();
    } else if (reply.kind == Kind::no) {
      if (pending.about == About::kept) kept_ = reply;
      woken_.wake();
      fail_item(pending.item, "on the node: " + printable(reply.text, 300));
    } else if (reply.kind == (item.folder ? Kind::made : Kind::stored) && pending.about == About::end) {
      item.over = true;
      ++(item.folder ? sum_.folders : sum_.files);
      tell();
    } else {
      return fail(ErrorKind::malformed, "the node answers something else than what was asked");
    }
    return {};
  }

  void fail_item(std::size_t index, std::string why) {
    items_[index].over = true;
    sum_.failures.emplace_back(items_[index].local, std::move(why));
    tell();
  }

  os::Files& files_;
  std::string source_;
  std::string goal_;
  bool found_goal_ = false;
  std::vector<Item> items_;
  // Of one run.
  std::optional<rt::CallContext> ctx_;
  CopyTalk* talk_ = nullptr;
  rt::TaskGroup* group_ = nullptr;
  std::deque<Pending> pending_;
  std::optional<CopyReply> kept_;
  std::deque<CopyReply> answers_;  ///< about objects
  Stage stage_ = Stage::between;
  bool done_sending_ = false;
  rt::Waiter woken_;    ///< the sender waits for what the node has
  rt::Waiter room_;     ///< the sender waits for replies
  rt::Waiter hearing_;  ///< the listener waits for orders
};

}  // namespace copy_upload

Result<std::unique_ptr<CopyJob>> make_upload(os::Files& files, const CopyOrder& order) {
  auto job = std::make_unique<copy_upload::Upload>(files, order.to.empty() ? std::string(".") : order.to);
  TRY_VOID(job->look(order.from, order.recursive));
  return std::unique_ptr<CopyJob>(std::move(job));
}

}  // namespace postern::cli
