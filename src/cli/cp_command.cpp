// cp

#include "base/text.hpp"
#include "cli/copy_job.hpp"
#include "cli/failure.hpp"
#include "cli/session_work.hpp"
#include "cli/size_text.hpp"
#include "rt/combine.hpp"
#include "rt/random_hex.hpp"
#include "rt/uncancelled.hpp"
#include "term/progress.hpp"

namespace postern::cli {
namespace cp_command {

constexpr std::string_view kDocument = "AWS-StartInteractiveCommand";
/// A session that is lost is replaced so often in a row; one that got on with the work counts anew.
constexpr unsigned kSessionsMax = 5;
constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kGoodbyeTime = std::chrono::seconds(10);
constexpr Duration kClearTime = std::chrono::seconds(30);
constexpr std::size_t kFailuresShown = 20;

/// "web-01:/etc/hosts" or a path here.
struct Side {
  Side() = default;
  std::string target;  ///< empty: this host
  std::string path;
};

Side side_of(std::string_view word) {
  Side side;
  side.path = std::string(word);
  const bool plain = word.starts_with('/') || word.starts_with('.') || word.starts_with('~');
  if (plain || word.find(':') == std::string_view::npos) return side;
  // A selector has colons too: the path begins behind the first that a path clearly follows, else behind the last.
  std::size_t colon = std::string_view::npos;
  for (const std::string_view begin : {":/", ":~", ":./", ":../"}) colon = std::min(colon, word.find(begin));
  if (colon == std::string_view::npos) colon = word.rfind(':');
  side.target = std::string(word.substr(0, colon));
  side.path = std::string(word.substr(colon + 1));
  return side;
}

enum class Way : std::uint8_t { automatic, session, bucket };

struct Plan {
  Plan() = default;
  bool up = false;
  std::string target;
  CopyOrder order;
  bool as_root = false;
  Way way = Way::automatic;
  std::optional<fleet::S3Place> bucket;  ///< of the options
};

Result<void> read_way(const Invocation& invocation, Plan& plan) {
  const std::string via = invocation.value("--via").value_or("auto");
  if (via == "session") plan.way = Way::session;
  if (via == "s3") plan.way = Way::bucket;
  if (const auto text = invocation.value("--s3")) {
    Result<fleet::S3Place> place = fleet::S3Place::parse(*text);
    if (!place) return fail(ErrorKind::usage, "--s3: " + place.error().message());
    if (plan.way == Way::session) return fail(ErrorKind::usage, "--s3 does not go with --via session");
    plan.bucket = std::move(*place);
  }
  if (const auto text = invocation.value("--s3-region")) {
    Result<fleet::Region> region = fleet::Region::parse(*text);
    if (!region) return fail(ErrorKind::usage, "--s3-region: " + region.error().message());
    if (!plan.bucket) return fail(ErrorKind::usage, "--s3-region goes with --s3");
    plan.bucket->region = std::move(*region);
  }
  return {};
}

Result<Plan> plan_of(const Invocation& invocation) {
  if (invocation.words.size() != 2) {
    return fail(ErrorKind::usage, "from where to where? postern cp SRC DST, one of them TARGET:PATH");
  }
  const Side from = side_of(invocation.words[0]);
  const Side to = side_of(invocation.words[1]);
  if (from.target.empty() == to.target.empty()) {
    return fail(ErrorKind::usage, from.target.empty()
                                      ? "neither side is on a node: TARGET:PATH, for example web-01:/tmp/x"
                                      : "both sides are on nodes: copy to this host first");
  }
  Plan plan;
  plan.up = from.target.empty();
  plan.target = plan.up ? to.target : from.target;
  plan.order.from = from.path;
  plan.order.to = to.path;
  plan.order.recursive = invocation.has("--recursive");
  plan.as_root = invocation.has("--sudo");
  if (plan.order.from.empty()) return fail(ErrorKind::usage, "what is to be copied? TARGET:PATH");
  TRY_VOID(read_way(invocation, plan));
  return plan;
}

/// Draws how far it is.
class Meter {
 public:
  Meter(const Command& command, const CopyJob& job)
      : command_(command),
        job_(job),
        printer_(*command.host().console, command.output().color),
        begin_(command.ctx().now()) {}

  void draw() {
    const MonoTime now = command_.ctx().now();
    const CopySum& sum = job_.sum();
    term::Progress progress;
    const std::uint64_t there = sum.bytes + sum.continued;
    progress.label = size_text(there) + " of " + size_text(sum.all_bytes) + ", " + rate_text(now);
    if (sum.all_files > 1) {
      progress.label +=
          ", file " + std::to_string(std::min(sum.files + 1, sum.all_files)) + " of " + std::to_string(sum.all_files);
    }
    // In parts of a thousand: counts of bytes would not fit.
    progress.total = 1000;
    progress.percent = true;
    progress.succeeded =
        sum.all_bytes == 0 ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(1000, there * 1000 / sum.all_bytes));
    progress.elapsed = now - begin_;
    printer_.draw(progress, now);
  }
  void note(const std::string& text) { printer_.note(text); }
  void clear() { printer_.clear(); }

  std::string rate_text(MonoTime now) const {
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    if (seconds <= 0) return "0 B/s";
    return size_text(static_cast<std::uint64_t>(static_cast<double>(job_.sum().bytes) / seconds)) + "/s";
  }
  Duration elapsed() const { return command_.ctx().now() - begin_; }

 private:
  const Command& command_;
  const CopyJob& job_;
  term::ProgressPrinter printer_;
  MonoTime begin_;
};

/// One copy, over as many sessions as it takes.
class Copy {
 public:
  /// `through`: the bucket, for the ledger; empty: none.
  Copy(const Command& command, SessionSetup& setup, Plan plan, CopyJob& job, std::string through)
      : command_(command),
        setup_(setup),
        plan_(std::move(plan)),
        job_(job),
        through_(std::move(through)),
        meter_(command, job) {
    job_.on_progress([this] { meter_.draw(); });
    job_.on_note([this](const std::string& text) { meter_.note(text); });
  }

  rt::Task<Result<void>> run() {
    Duration pause = kFirstPause;
    for (unsigned lost = 0;;) {
      const std::uint64_t before = job_.sum().bytes;
      Result<void> done = co_await one_session();
      if (done || !may_pass(done.error())) co_return done;
      if (job_.sum().bytes > before) {
        lost = 0;
        pause = kFirstPause;
      }
      if (++lost >= kSessionsMax) co_return done;
      meter_.note(printable(done.error().message(), 300) + "; going on with another session");
      CO_TRY_VOID(co_await rt::sleep_until(command_.ctx().clock(), command_.ctx().now() + pause));
      pause *= 2;
    }
  }

  Meter& meter() noexcept { return meter_; }
  Duration waited() const noexcept { return waited_; }

 private:
  static bool may_pass(const Error& error) { return error.kind() == ErrorKind::unavailable && !is_unreachable(error); }

  rt::Task<Result<void>> one_session() {
    const CopyMark mark(rt::random_hex(command_.ctx().random(), 4));
    SessionAsk ask;
    ask.verb = "cp";
    ask.document = std::string(kDocument);
    CO_TRY(ask.reason, chosen_reason(command_.invocation()));
    ask.parameters["command"].push_back(copy_parameter(mark, plan_.as_root));
    ask.expected = session::SessionType::interactive_command;
    ask.kept_parameters = Json::object().set("direction", plan_.up ? "to the node" : "from the node");
    ask.kept_parameters.set("from", plan_.order.from).set("to", plan_.order.to).set("root", plan_.as_root);
    if (!through_.empty()) ask.kept_parameters.set("through", through_);
    CO_TRY(const std::unique_ptr<LiveSession> live,
           co_await LiveSession::start(command_, setup_, setup_.place, std::move(ask)));
    const rt::Executor executor = co_await rt::asio::this_coro::executor;
    session::DataChannel& channel = live->channel();
    channel.on_news([this](const session::ConnectionNews& news) {
      if (const std::string text = news_text(news); !text.empty()) meter_.note(text);
    });
    ChannelRun carried(executor, channel);
    CopyTalk talk(channel, mark);
    Result<void> done = co_await converse(talk);
    waited_ += talk.waited_to_send();
    const bool called_off = !done && done.error().kind() == ErrorKind::cancelled;
    if (done || (called_off && plan_.up)) co_await rt::uncancelled(say_goodbye(talk, called_off));
    co_await live->terminate();
    co_await carried.stop();
    channel.on_news({});
    if (!done && carried.error()) done = fail(*carried.error());
    SessionClose close;
    close.cause = done ? "closed" : done.error().kind() == ErrorKind::cancelled ? "interrupted" : "failed";
    close.text = done ? talk.closed_text() : done.error().message();
    close.bytes_to_node = talk.bytes_to_node();
    close.bytes_from_node = talk.bytes_from_node();
    close.reconnections = channel.reconnections();
    co_await live->close(std::move(close));
    co_return done;
  }

  rt::Task<Result<void>> converse(CopyTalk& talk) {
    CO_TRY_VOID(co_await talk.begin(command_.ctx()));
    meter_.draw();
    co_return co_await job_.run(command_.ctx(), talk);
  }

  /// The node's script ends by itself, and its session with it: one that is ended before would kill it on its way.
  rt::Task<void> say_goodbye(CopyTalk& talk, bool was_told) {
    const rt::CallContext outer = command_.ctx();
    const rt::CallContext ctx(outer.clock(), outer.random(), outer.explainer(),
                              rt::Deadline::after(outer.clock(), kGoodbyeTime));
    if (!was_told) (void)co_await talk.send(ctx, copy_quit());
    (void)co_await rt::with_deadline<void>(ctx, talk.drain());
  }

  const Command& command_;
  SessionSetup& setup_;
  Plan plan_;
  CopyJob& job_;
  std::string through_;
  Meter meter_;
  Duration waited_{};
};

Json failures_json(const CopySum& sum) {
  Json rows = Json::array();
  for (const CopyFailure& failure : sum.failures) {
    rows.push_back(Json::object().set("path", failure.path).set("why", failure.why));
  }
  return rows;
}

/// What held the copy up: waiting to send is the way's and the node's, everything else this host's.
std::string limit_of(const Plan& plan, const Copy& copy, const CopySum& sum, Duration elapsed) {
  if (sum.through * 2 > sum.bytes) return "the way through S3";
  if (!plan.up) return "the node's side (agents send 1 KiB at a time, in base64)";
  return copy.waited() * 2 > elapsed ? "the node's side" : "this host";
}

Json answer_json(const Plan& plan, const SessionPlace& place, const CopySum& sum, double seconds) {
  Json out = Json::object().set("schema", "postern.cp/1").set("target", place.id).set("name", place.name);
  out.set("direction", plan.up ? "up" : "down").set("from", plan.order.from).set("to", plan.order.to);
  out.set("files", sum.files).set("folders", sum.folders).set("links_left_out", sum.links);
  out.set("bytes", sum.bytes).set("bytes_through_s3", sum.through).set("bytes_continued", sum.continued);
  out.set("seconds", seconds);
  return out.set("failures", failures_json(sum));
}

Result<std::unique_ptr<CopyJob>> job_of(const Command& command, const Plan& plan) {
  if (!plan.up) return make_download(*command.host().files, plan.order);
  return make_upload(*command.host().files, plan.order);
}

/// The bucket that large files go through; null: none is named for the node's Region, or the session is to be the way.
Result<std::unique_ptr<adapters::CopyPlace>> place_of(const Command& command, SessionSetup& setup, const Plan& plan) {
  std::unique_ptr<adapters::CopyPlace> none;
  if (plan.way == Way::session) return none;
  const std::optional<fleet::FleetFile>& fleet = setup.aws.fleet;
  const fleet::Region& region = setup.place.scope->region;
  std::optional<fleet::S3Place> bucket = plan.bucket;
  if (bucket && bucket->region.text().empty()) bucket->region = region;
  if (!bucket && fleet) {
    if (const fleet::S3Place* named = fleet->signals.copy_place(region)) bucket = *named;
  }
  if (!bucket && plan.way == Way::bucket) {
    return fail(ErrorKind::usage, "no bucket is named for nodes in " + region.text() +
                                      ": `copies` in the fleet file names one for a Region, or --s3 for this copy");
  }
  if (!bucket) return none;
  auto place = std::make_unique<adapters::CopyPlace>(*setup.aws.session, std::move(*bucket),
                                                     fleet ? fleet->hub.account.text() : std::string(),
                                                     rt::random_hex(command.ctx().random(), 16));
  if (place->has_urls()) return place;
  if (plan.way != Way::bucket) return none;
  return fail(ErrorKind::unsupported, "a simulated cloud in memory has no addresses that a node could fetch from");
}

/// Nothing stays in the bucket, however the copy ended; what does is told.
rt::Task<void> clear(const Command& command, adapters::CopyPlace& place) {
  const rt::CallContext outer = command.ctx();
  const rt::CallContext ctx(outer.clock(), outer.random(), outer.explainer(),
                            rt::Deadline::after(outer.clock(), kClearTime));
  const Result<void> done = co_await place.clear(ctx);
  if (done) co_return;
  command.err("warning: " + std::to_string(place.left()) + " objects stay in " + place.name() + ": " +
              described_message(done.error(), 400) + "\n");
}

rt::Task<Result<int>> copy(const Command& command, SessionSetup& setup, const Plan& plan, CopyJob& job) {
  if (setup.place.platform == fleet::Platform::windows) {
    co_return fail(ErrorKind::unsupported, "cp needs a POSIX shell, and " + setup.place.label() +
                                               " runs Windows: postern ssh-proxy, with an SSH server there");
  }
  CO_TRY(const std::unique_ptr<adapters::CopyPlace> place, place_of(command, setup, plan));
  if (place) job.go_through(*place, plan.way == Way::bucket);
  Copy copy(command, setup, plan, job, place ? place->text() : std::string());
  Result<void> done = co_await copy.run();
  job.tidy();
  if (place) co_await rt::uncancelled(clear(command, *place));
  const Duration elapsed = copy.meter().elapsed();
  const std::string rate = copy.meter().rate_text(command.ctx().now());
  copy.meter().clear();
  if (!done && done.error().kind() == ErrorKind::cancelled) {
    command.err("called off; nothing was left behind, and what had arrived whole stays\n");
    co_return kExitInterrupted;
  }
  if (!done) co_return fail(std::move(done).error());
  const CopySum& sum = job.sum();
  const double seconds = std::chrono::duration<double>(elapsed).count();
  if (command.output().format == Format::table || command.output().format == Format::text) {
    command.err(std::to_string(sum.files) + (sum.files == 1 ? " file, " : " files, ") + size_text(sum.bytes) + " in " +
                format_duration(elapsed) + " (" + rate + "), hashes verified" +
                (sum.through > 0 ? "; " + size_text(sum.through) + " through S3" : "") +
                (sum.continued > 0 ? "; " + size_text(sum.continued) + " were there already" : "") +
                (sum.bytes > (1U << 20U) ? "; limited by " + limit_of(plan, copy, sum, elapsed) : "") + "\n");
  } else {
    Answer answer;
    answer.world = command.host().world;
    answer.document = answer_json(plan, setup.place, sum, seconds);
    CO_TRY_VOID(command.answer(answer));
  }
  if (sum.links > 0) command.err("note: " + std::to_string(sum.links) + " symbolic links were left out\n");
  for (std::size_t i = 0; i < sum.failures.size() && i < kFailuresShown; ++i) {
    command.err("failed: " + printable(sum.failures[i].path, 300) + ": " + printable(sum.failures[i].why, 300) + "\n");
  }
  if (sum.failures.size() > kFailuresShown) {
    command.err("and " + std::to_string(sum.failures.size() - kFailuresShown) + " more (--output json has all)\n");
  }
  co_return sum.failures.empty() ? kExitOk : kExitTargetFailed;
}

}  // namespace cp_command

rt::Task<Result<int>> run_cp(const Command& command) {
  CO_TRY(const cp_command::Plan plan, cp_command::plan_of(command.invocation()));
  // What is not here is told before anybody is asked anything.
  CO_TRY(const std::unique_ptr<CopyJob> job, cp_command::job_of(command, plan));
  std::string word = plan.target;
  CO_TRY(const std::unique_ptr<SessionSetup> setup, co_await open_session_setup(command, std::move(word)));
  Result<int> code = co_await cp_command::copy(command, *setup, plan, *job);
  co_await setup->aws.session->close();
  co_return code;
}

}  // namespace postern::cli
