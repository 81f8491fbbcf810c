// cp, from a node to this host

#include <algorithm>
#include <deque>

#include "base/text.hpp"
#include "cli/copy_job.hpp"
#include "net/stream.hpp"

namespace postern::cli {

bool stays_below(std::string_view path) noexcept {
  if (path.empty() || path.starts_with('/')) return false;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == "." || part == "..") return false;
    if (part.find('\0') != std::string_view::npos) return false;
  }
  return true;
}

namespace copy_download {

constexpr std::size_t kItemsMax = 1'000'000;
/// Files that are asked for before the first of them has come.
constexpr std::size_t kAhead = 16;
constexpr std::uint32_t kFolderMode = 0755;
constexpr std::uint32_t kTemporaryMode = 0600;

struct Item {
  Item() = default;
  std::string remote;  ///< as it is asked for
  std::string local;
  std::uint64_t size = 0;
  bool through = false;  ///< goes through the bucket
  bool over = false;
};

class Download final : public CopyJob {
 public:
  Download(os::Files& files, const CopyOrder& order)
      : files_(files), source_(order.from), goal_(order.to.empty() ? "." : order.to), recursive_(order.recursive) {}

  rt::Task<Result<void>> run(rt::CallContext ctx, CopyTalk& talk) override {
    ctx_.emplace(ctx);
    talk_ = &talk;
    asked_.clear();
    next_ = 0;
    if (!listed_) CO_TRY_VOID(co_await look());
    for (;;) {
      CO_TRY_VOID(co_await ask());
      if (asked_.empty()) co_return Result<void>();
      const std::size_t index = asked_.front();
      CO_TRY_VOID(co_await take_file(index));
      asked_.pop_front();
    }
  }

  void tidy() noexcept override { drop_partial(); }

 private:
  /// A file that is not whole yet; it outlives the session that it came over.
  struct Partial {
    Partial() = default;
    std::size_t item = 0;
    std::string path;
    std::string sha256;
    std::uint64_t size = 0;
    std::unique_ptr<os::File> file;
    std::unique_ptr<ledger::Hasher> hasher;
  };

  rt::Task<Result<void>> look() {
    CO_TRY(std::string order, copy_stat(source_));
    CO_TRY_VOID(co_await talk_->send(*ctx_, std::move(order)));
    CO_TRY(const CopyReply there, co_await talk_->reply());
    if (there.kind != CopyReply::Kind::stat)
      co_return fail(ErrorKind::malformed, "the node does not say what is there");
    if (there.type == 'n') co_return fail(ErrorKind::usage, printable(source_, 200) + " is not there on the node");
    if (there.type == 'o') {
      co_return fail(ErrorKind::usage, printable(source_, 200) + " is neither a file nor a folder");
    }
    const Result<os::FileStat> here = files_.stat(goal_);
    if (here && here->type == os::FileType::directory) goal_ = os::join_path(goal_, base_name());
    if (there.type == 'f') {
      add(source_, goal_, there.size);
    } else if (recursive_) {
      CO_TRY_VOID(co_await list());
    } else {
      co_return fail(ErrorKind::usage, printable(source_, 200) + " is a folder: --recursive copies all that is in it");
    }
    listed_ = true;
    co_return Result<void>();
  }

  std::string base_name() const {
    std::string_view path = source_;
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    const std::string name(path.substr(path.rfind('/') + 1));
    return stays_below(name) && name != "~" ? name : "copy";
  }

  void add(std::string remote, std::string local, std::uint64_t size) {
    Item item;
    item.remote = std::move(remote);
    item.local = std::move(local);
    item.size = size;
    items_.push_back(std::move(item));
    ++sum_.all_files;
    sum_.all_bytes += size;
  }

  rt::Task<Result<void>> list() {
    using Kind = CopyReply::Kind;
    CO_TRY(std::string order, copy_list(source_));
    CO_TRY_VOID(co_await talk_->send(*ctx_, std::move(order)));
    items_.clear();
    sum_ = CopySum();
    CO_TRY_VOID(make_folder(goal_));
    for (;;) {
      CO_TRY(const CopyReply one, co_await talk_->reply());
      if (one.kind == Kind::end) co_return Result<void>();
      if (one.kind == Kind::no) co_return fail(ErrorKind::denied, "on the node: " + printable(one.text, 300));
      const bool known = one.kind == Kind::folder || one.kind == Kind::file || one.kind == Kind::link;
      if (!known) co_return fail(ErrorKind::malformed, "the node does not list a folder");
      if (!stays_below(one.text)) {
        sum_.failures.emplace_back(printable(one.text, 200), "the node names a path outside of the folder");
      } else if (one.kind == Kind::folder) {
        CO_TRY_VOID(make_folder(os::join_path(goal_, one.text)));
      } else if (one.kind == Kind::link) {
        ++sum_.links;
      } else if (items_.size() >= kItemsMax) {
        co_return fail(ErrorKind::usage, "more than 1,000,000 files: copy an archive of them");
      } else {
        add(source_ + (source_.ends_with('/') ? "" : "/") + one.text, os::join_path(goal_, one.text), one.size);
      }
    }
  }

  Result<void> make_folder(const std::string& path) {
    TRY_VOID(files_.make_dirs(path, kFolderMode));
    ++sum_.folders;
    return {};
  }

  rt::Task<Result<void>> ask() {
    for (; next_ < items_.size() && asked_.size() < kAhead; ++next_) {
      Item& item = items_[next_];
      if (item.over) continue;
      // Only the first one can have been begun in an earlier session.
      const std::uint64_t from = partial_ && partial_->item == next_ ? partial_->size : 0;
      if (partial_ && from == 0) drop_partial();
      // Of a file that goes through the bucket the parts are asked for one by one: nothing may be asked for meanwhile.
      const bool through = goes_through(item.size - std::min(item.size, from));
      if (through && !asked_.empty()) co_return Result<void>();
      Result<std::string> order = through ? copy_head(item.remote) : copy_get(from, item.remote);
      if (!order) {
        fail_item(next_, order.error().message());
        continue;
      }
      CO_TRY_VOID(co_await talk_->send(*ctx_, std::move(*order)));
      asked_.push_back(next_);
      item.through = through;
      if (!through) continue;
      ++next_;
      co_return Result<void>();
    }
    co_return Result<void>();
  }

  rt::Task<Result<void>> take_file(std::size_t index) {
    using Kind = CopyReply::Kind;
    CO_TRY(const CopyReply head, co_await talk_->reply());
    if (head.kind == Kind::no) {
      fail_item(index, "on the node: " + printable(head.text, 300));
      co_return Result<void>();
    }
    if (head.kind != Kind::head) co_return fail(ErrorKind::malformed, "the node sends something else than a file");
    std::string trouble = begin(index, head);
    Result<void> taken;
    if (items_[index].through) {
      taken = co_await take_objects(index, head, trouble);
    } else {
      taken = co_await take_stream(trouble);
    }
    if (!taken) co_return taken;
    if (trouble.empty()) trouble = finish(index, head);
    if (!trouble.empty()) fail_item(index, std::move(trouble));
    drop_partial();
    co_return Result<void>();
  }

  rt::Task<Result<void>> take_stream(std::string& trouble) {
    using Kind = CopyReply::Kind;
    for (;;) {
      CO_TRY(const CopyReply piece, co_await talk_->reply());
      if (piece.kind == Kind::end) co_return Result<void>();
      if (piece.kind != Kind::bytes) co_return fail(ErrorKind::malformed, "the node breaks off in a file");
      sum_.bytes += piece.text.size();
      // What comes of a file that cannot be written is read all the same: the next one comes behind it.
      if (trouble.empty()) trouble = keep(piece.text);
      tell();
    }
  }

  /// The rest of a file through the bucket, and what cannot go there through the session.
  rt::Task<Result<void>> take_objects(std::size_t index, const CopyReply& head, std::string& trouble) {
    CO_TRY(const CopyReply end, co_await talk_->reply());
    if (end.kind != CopyReply::Kind::end)
      co_return fail(ErrorKind::malformed, "the node sends more than a file's head");
    if (!trouble.empty()) co_return Result<void>();
    std::deque<Flight> flights;
    std::uint64_t asked = partial_->size;
    unsigned tries = 0;
    std::string why;
    while (partial_->size < head.size && tries < kObjectTries) {
      if (asked < head.size && flights.size() < kObjectsAhead) {
        const std::uint64_t left = head.size - asked;
        const Flight next(next_object(),
                          static_cast<std::size_t>(std::min<std::uint64_t>(adapters::kCopyObjectBytes, left)));
        Result<std::string> order = co_await order_object(index, asked, next);
        if (!order && order.error().kind() == ErrorKind::cancelled) co_return fail(std::move(order).error());
        // As on the way there: what is wrong with the bucket leaves the session.
        if (!order) {
          why = printable(order.error().message(), 300);
          break;
        }
        CO_TRY_VOID(co_await talk_->send(*ctx_, std::move(*order)));
        flights.push_back(next);
        asked += next.bytes;
        continue;
      }
      CO_TRY(why, co_await take_object(flights));
      if (why.empty()) {
        tries = 0;
        continue;
      }
      while (!flights.empty()) CO_TRY_VOID(co_await drop_object(flights));
      asked = partial_->size;
      ++tries;
    }
    while (!flights.empty()) CO_TRY_VOID(co_await drop_object(flights));
    if (partial_->size == head.size) co_return Result<void>();
    if (const Result<void> given_up = give_up_place(why); !given_up) {
      trouble = given_up.error().message();
      co_return Result<void>();
    }
    CO_TRY(std::string order, copy_get(partial_->size, items_[index].remote));
    CO_TRY_VOID(co_await talk_->send(*ctx_, std::move(order)));
    CO_TRY(const CopyReply again, co_await talk_->reply());
    if (again.kind == CopyReply::Kind::no) {
      trouble = "on the node: " + printable(again.text, 300);
      co_return Result<void>();
    }
    if (again.kind != CopyReply::Kind::head) co_return fail(ErrorKind::malformed, "the node sends something else");
    if (again.sha256 != head.sha256) trouble = "it has changed on the node while it was copied";
    co_return co_await take_stream(trouble);
  }

  rt::Task<Result<std::string>> order_object(std::size_t index, std::uint64_t at, Flight flight) {
    CO_TRY(const Secret<> url, co_await place().url_to_put(*ctx_, flight.number));
    co_return copy_carry(at, flight.bytes, items_[index].remote, url);
  }

  /// The part that was asked for first, as far as this file; why it could not be had, empty: it is kept.
  rt::Task<Result<std::string>> take_object(std::deque<Flight>& flights) {
    CO_TRY(const CopyReply reply, co_await talk_->reply());
    const Flight flight = flights.front();
    flights.pop_front();
    if (reply.kind == CopyReply::Kind::no) {
      (void)co_await place().remove(*ctx_, flight.number);
      co_return "the node cannot put anything there: " + printable(reply.text, 300);
    }
    if (reply.kind != CopyReply::Kind::carried) co_return fail(ErrorKind::malformed, "the node sends something else");
    Result<std::string> bytes = co_await place().get(*ctx_, flight.number);
    if (!bytes && bytes.error().kind() == ErrorKind::cancelled) co_return fail(std::move(bytes).error());
    (void)co_await place().remove(*ctx_, flight.number);
    if (!bytes) co_return printable(bytes.error().message(), 300);
    if (bytes->size() != flight.bytes) co_return std::string("a part has another size than it was asked for");
    if (std::string trouble = keep(*bytes); !trouble.empty()) co_return trouble;
    count_through(flight.bytes);
    co_return std::string();
  }

  rt::Task<Result<void>> drop_object(std::deque<Flight>& flights) {
    CO_TRY_VOID(co_await talk_->reply());
    const std::uint64_t number = flights.front().number;
    flights.pop_front();
    (void)co_await place().remove(*ctx_, number);
    co_return Result<void>();
  }

  /// What is in the way; empty: nothing.
  std::string begin(std::size_t index, const CopyReply& head) {
    Item& item = items_[index];
    sum_.all_bytes += head.size - item.size;
    item.size = head.size;
    if (partial_ && partial_->item == index) {
      sum_.continued += partial_->size;
      return partial_->sha256 == head.sha256 ? "" : "it has changed on the node while it was copied";
    }
    partial_ = std::make_unique<Partial>();
    partial_->item = index;
    partial_->sha256 = head.sha256;
    partial_->path = os::join_path(os::parent_dir(item.local), ".postern-cp-" + head.sha256.substr(0, 16));
    Result<std::unique_ptr<os::File>> file = files_.open(partial_->path, os::OpenMode::create, kTemporaryMode);
    if (!file) {
      partial_.reset();
      return file.error().message();
    }
    partial_->file = std::move(*file);
    partial_->hasher = std::make_unique<ledger::Hasher>();
    const Result<void> emptied = partial_->file->truncate(0);
    return emptied ? "" : emptied.error().message();
  }

  std::string keep(std::string_view bytes) {
    const Result<void> written = partial_->file->write_at(partial_->size, net::as_bytes(bytes));
    if (!written) return written.error().message();
    partial_->size += bytes.size();
    partial_->hasher->add(bytes);
    return {};
  }

  std::string finish(std::size_t index, const CopyReply& head) {
    Item& item = items_[index];
    if (partial_->size != head.size) {
      return "has " + std::to_string(partial_->size) + " bytes here, and " + std::to_string(head.size) + " there";
    }
    if (ledger::to_hex(partial_->hasher->finish()) != head.sha256) return "has another hash here than there";
    if (const Result<void> synced = partial_->file->sync(); !synced) return synced.error().message();
    partial_->file.reset();
    // Never more than the node's owner has given, and nothing that runs as somebody else.
    if (const Result<void> set = files_.set_mode(partial_->path, head.mode & 0777U); !set) return set.error().message();
    if (const Result<void> named = files_.rename(partial_->path, item.local); !named) return named.error().message();
    partial_.reset();
    item.over = true;
    ++sum_.files;
    tell();
    return {};
  }

  void drop_partial() noexcept {
    if (!partial_) return;
    partial_->file.reset();
    (void)files_.remove(partial_->path);
    partial_.reset();
  }

  void fail_item(std::size_t index, std::string why) {
    items_[index].over = true;
    sum_.failures.emplace_back(items_[index].remote, std::move(why));
    tell();
  }

  os::Files& files_;
  std::string source_;
  std::string goal_;
  bool recursive_;
  bool listed_ = false;
  std::vector<Item> items_;
  std::unique_ptr<Partial> partial_;
  // Of one run.
  std::optional<rt::CallContext> ctx_;
  CopyTalk* talk_ = nullptr;
  std::deque<std::size_t> asked_;
  std::size_t next_ = 0;
};

}  // namespace copy_download

std::unique_ptr<CopyJob> make_download(os::Files& files, const CopyOrder& order) {
  return std::make_unique<copy_download::Download>(files, order);
}

}  // namespace postern::cli
