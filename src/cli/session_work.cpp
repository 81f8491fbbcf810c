#include "cli/session_work.hpp"

#include "base/ids.hpp"
#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"
#include "fleet/await_managed.hpp"
#include "flow/verdict.hpp"
#include "rt/combine.hpp"
#include "rt/uncancelled.hpp"

namespace postern::cli {
namespace session_work {

constexpr std::size_t kReasonMax = 256;  // of StartSession
constexpr std::chrono::seconds kLongestWait = std::chrono::hours(24);
constexpr Duration kTerminateTime = std::chrono::seconds(5);
constexpr Duration kCloseTime = std::chrono::seconds(10);
/// Whether a node that a session has ended on is still there.
constexpr unsigned kLooks = 3;
constexpr Duration kLookPause = std::chrono::seconds(1);
constexpr Duration kFirstPause = std::chrono::seconds(2);
constexpr Duration kLongestPause = std::chrono::seconds(15);

std::string fresh_uuid(rt::Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return make_uuid(bytes);
}

/// Asks EC2 for the nodes with a private address only.
class ByAddress final : public fleet::InventorySource {
 public:
  ByAddress(fleet::InventorySource& inner, std::string address) : inner_(inner), address_(std::move(address)) {}
  rt::Task<Result<std::vector<fleet::Ec2Record>>> list_instances(rt::CallContext ctx, fleet::ScopePtr scope,
                                                                 fleet::Ec2Filters filters) override {
    if (!address_.empty()) {
      std::vector<std::string> values = {address_};
      filters.filters.emplace_back("private-ip-address", std::move(values));
      std::sort(filters.filters.begin(), filters.filters.end(),
                [](const fleet::Ec2Filter& a, const fleet::Ec2Filter& b) { return a.name < b.name; });
    }
    return inner_.list_instances(ctx, std::move(scope), std::move(filters));
  }
  rt::Task<Result<std::vector<fleet::SsmRecord>>> list_managed(rt::CallContext ctx, fleet::ScopePtr scope) override {
    return inner_.list_managed(ctx, std::move(scope));
  }

 private:
  fleet::InventorySource& inner_;
  std::string address_;
};

SessionPlace place_of(const fleet::Instance& instance) {
  SessionPlace place;
  place.scope = instance.ref.scope_ptr();
  place.id = instance.ref.id().text();
  place.name = instance.name;
  place.platform = instance.platform;
  return place;
}

rt::Task<Result<SessionPlace>> pick(const Command& command, TargetWord word, std::vector<fleet::Instance> several) {
  if (!can_ask(command)) co_return fail(several_match(word, several));
  TargetPicker picker(std::move(several));
  for (;;) {
    command.err(picker.shown(command.stderr_width()));
    CO_TRY(const std::string typed, co_await ask_word(command, "which one? (a number, or a part of a name; q leaves)"));
    if (typed.empty() || typed == "q") {
      co_return fail(Error(ErrorKind::refused, "no node was picked").with("rail", "confirm"));
    }
    const TargetPicker::Picked picked = picker.take(typed);
    if (picked.instance) co_return place_of(*picked.instance);
    if (!picked.note.empty()) command.err(printable(picked.note, 200) + "\n");
  }
}

/// The lists of a word, and while --wait says so and nothing can be reached, again.
rt::Task<Result<fleet::Discovery>> look_for(const Command& command, SessionSetup& setup, const TargetWord& word) {
  adapters::AwsInventory inventory(*setup.aws.session);
  ByAddress source(inventory, word.address);
  CO_TRY(fleet::Discovery found, co_await fleet::discover(command.ctx(), source, setup.aws.scopes, word.selector));
  const bool any = std::any_of(found.instances.begin(), found.instances.end(), is_reachable);
  if (any || !setup.wait.wait || found.instances.empty()) co_return found;
  command.err("waiting for '" + word.text + "' to come into Systems Manager's reach, for " +
              format_duration(setup.wait.limit) + " at most\n");
  fleet::AwaitOptions options;
  options.limit = setup.wait.limit;
  options.first_pause = kFirstPause;
  options.longest_pause = kLongestPause;
  CO_TRY_VOID(co_await fleet::await_managed(command.ctx(), source, word.selector, found, std::move(options)));
  co_return found;
}

rt::Task<void> close_record(SessionRecord* record, rt::CallContext ctx, SessionClose end, const Command* command) {
  const Result<void> closed = co_await record->close(ctx, std::move(end));
  if (!closed) {
    command->err("warning: the end of the session is not in the ledger: " + described_message(closed.error(), 300) +
                 "\n");
  }
}

rt::CallContext brief(rt::CallContext ctx, Duration time) {
  return rt::CallContext(ctx.clock(), ctx.random(), ctx.explainer(), rt::Deadline::after(ctx.clock(), time));
}

rt::Task<void> terminate_channel(session::DataChannel* channel, rt::CallContext ctx) {
  (void)co_await rt::with_deadline<void>(ctx, channel->terminate());
}

}  // namespace session_work

std::string SessionPlace::label() const {
  return name.empty() ? id : printable(name, 80) + " (" + id + ")";
}

Result<WaitRule> chosen_wait(const Invocation& invocation) {
  WaitRule rule;
  rule.wait = invocation.has("--wait");
  const auto text = invocation.value("--wait-for");
  if (!text) return rule;
  rule.wait = true;
  TRY(rule.limit, parse_duration(*text, "--wait-for"));
  if (rule.limit.count() > 0 && rule.limit <= session_work::kLongestWait) return rule;
  return fail(ErrorKind::usage, "--wait-for: 1s to 24h");
}

Result<std::string> chosen_reason(const Invocation& invocation) {
  std::string reason = invocation.value("--reason").value_or("");
  if (reason.size() <= session_work::kReasonMax && reason.find('\n') == std::string::npos) return reason;
  return fail(ErrorKind::usage, "--reason: one line of at most 256 characters");
}

Result<std::map<std::string, std::vector<std::string>>> chosen_parameters(const Invocation& invocation) {
  std::map<std::string, std::vector<std::string>> parameters;
  for (const std::string& text : invocation.values("--param")) {
    TRY(auto pair, parse_pair(text, "--param", "NAME"));
    parameters[std::move(pair.first)].push_back(std::move(pair.second));
  }
  return parameters;
}

rt::Task<Result<std::unique_ptr<SessionSetup>>> open_session_aws(const Command& command) {
  auto setup = std::make_unique<SessionSetup>();
  CO_TRY(setup->wait, chosen_wait(command.invocation()));
  CO_TRY_VOID(chosen_reason(command.invocation()));
  CO_TRY(setup->aws, co_await open_aws(command, fleet::Duty::operate));
  CO_TRY_VOID(expect_writable(setup->aws, "a session"));
  CO_TRY_VOID(co_await require_hub(command, setup->aws));
  const std::string world = world_label(command, setup->aws.session.get());
  CO_TRY(setup->ledger, open_ledger(command, world, LedgerUse::write));
  co_return setup;
}

rt::Task<Result<std::unique_ptr<SessionSetup>>> open_session_setup(const Command& command, std::string word) {
  CO_TRY(std::unique_ptr<SessionSetup> setup, co_await open_session_aws(command));
  Result<SessionPlace> place = co_await find_place(command, *setup, std::move(word));
  if (!place) {
    co_await setup->aws.session->close();
    co_return fail(std::move(place).error());
  }
  setup->place = std::move(*place);
  co_return setup;
}

rt::Task<Result<SessionPlace>> find_place(const Command& command, SessionSetup& setup, std::string word) {
  CO_TRY(const TargetWord target, parse_target(word, setup.aws.fleet));
  if (!target.id.empty() && setup.aws.scopes.size() == 1) {
    SessionPlace place;
    place.scope = setup.aws.scopes.front();
    place.id = target.id;
    co_return place;
  }
  CO_TRY_VOID(co_await name_accounts(command, setup.aws, 16));
  CO_TRY(const fleet::Discovery found, co_await session_work::look_for(command, setup, target));
  if (const std::string problems = summarize_problems(found); !problems.empty()) command.err(problems);
  std::vector<fleet::Instance> several;
  CO_TRY(std::optional<fleet::Instance> chosen, choose_target(target, found, several));
  if (chosen) co_return session_work::place_of(*chosen);
  co_return co_await session_work::pick(command, target, std::move(several));
}

LiveSession::LiveSession(const Command& command, SessionSetup& setup, SessionPlace place, SessionAsk ask)
    : command_(command), setup_(setup), place_(std::move(place)), ask_(std::move(ask)) {}

rt::Task<Result<std::unique_ptr<LiveSession>>> LiveSession::start(const Command& command, SessionSetup& setup,
                                                                  SessionPlace place, SessionAsk ask) {
  std::unique_ptr<LiveSession> live(new LiveSession(command, setup, std::move(place), std::move(ask)));
  CO_TRY_VOID(co_await live->begin());
  co_return live;
}

rt::Task<Result<void>> LiveSession::begin() {
  const fleet::Scope& scope = *place_.scope;
  CO_TRY(aws::CallScope call, setup_.aws.session->call_scope(scope));
  service_ = std::make_unique<adapters::AwsSessions>(*setup_.aws.session, std::move(call));
  SessionBegin asked;
  asked.verb = ask_.verb;
  asked.operator_name = operator_name(command_);
  asked.account = scope.account.text();
  asked.account_name = scope.account_name;
  asked.region = scope.region.text();
  asked.access = scope.access.describe();
  asked.target = place_.id;
  asked.target_name = place_.name;
  asked.document = ask_.document;
  asked.reason = ask_.reason;
  asked.parameters = ask_.kept_parameters;
  record_ =
      std::make_unique<SessionRecord>(*setup_.ledger.store, setup_.ledger.world, flow::make_op_id(command_.ctx()));
  CO_TRY_VOID(co_await record_->ask(command_.ctx(), std::move(asked)));
  Result<session::Started> started = co_await start_when_connected();
  if (!started) {
    SessionClose end;
    end.cause = "not started";
    end.text = started.error().message();
    co_await close(std::move(end));
    co_return fail(std::move(started).error());
  }
  const Result<void> noted = co_await record_->open(command_.ctx(), started->session_id);
  session::DataChannelOptions options;
  options.session.session_id = started->session_id;
  options.session.target = place_.id;
  options.session.client_id = session_work::fresh_uuid(command_.ctx().random());
  options.session.expected = ask_.expected;
  // The command's deadline is its owner's: a session that it cuts off must still be ended.
  const rt::CallContext outer = command_.ctx();
  const rt::CallContext ctx(outer.clock(), outer.random(), outer.explainer());
  channel_ =
      std::make_unique<session::DataChannel>(ctx, service_->dial(), *service_, std::move(*started), std::move(options));
  if (noted) co_return Result<void>();
  co_await terminate();
  co_return fail(noted.error());
}

rt::Task<bool> LiveSession::has_lost_its_node() {
  rt::Clock& clock = command_.ctx().clock();
  for (unsigned look = 0; look < session_work::kLooks; ++look) {
    if (look > 0 && !co_await rt::sleep_until(clock, clock.now() + session_work::kLookPause)) co_return false;
    std::string node = place_.id;
    const Result<bool> connected = co_await service_->is_connected(command_.ctx(), std::move(node));
    if (!connected) co_return false;
    if (!*connected) co_return true;
  }
  co_return false;
}

rt::Task<Result<session::Started>> LiveSession::start_when_connected() {
  rt::Clock& clock = command_.ctx().clock();
  const MonoTime until = clock.now() + setup_.wait.limit;
  Duration pause = session_work::kFirstPause;
  bool told = false;
  for (;;) {
    adapters::SessionOrder order;
    order.target = place_.id;
    order.document = ask_.document;
    order.parameters = ask_.parameters;
    order.reason = ask_.reason;
    Result<session::Started> started = co_await service_->start(command_.ctx(), std::move(order));
    if (started || !adapters::is_not_connected(started.error())) co_return started;
    if (!setup_.wait.wait || clock.now() >= until) {
      Error error = co_await explained(std::move(started).error());
      co_return fail(std::move(error));
    }
    if (!told) command_.err("waiting for " + place_.label() + " to connect to Systems Manager\n");
    told = true;
    CO_TRY_VOID(co_await rt::sleep_until(clock, clock.now() + pause));
    pause = std::min<Duration>(pause + pause / 2, session_work::kLongestPause);
  }
}

/// TargetNotConnected says nothing of why: the lists do.
rt::Task<Error> LiveSession::explained(Error error) {
  TargetWord word;
  word.text = word.id = place_.id;
  word.selector = fleet::Selector::term(fleet::Field::id, "", {place_.id});
  adapters::AwsInventory inventory(*setup_.aws.session);
  std::vector<fleet::ScopePtr> scopes = {place_.scope};
  const Result<fleet::Discovery> found =
      co_await fleet::discover(command_.ctx(), inventory, std::move(scopes), word.selector);
  std::string why = "Systems Manager has no connection to " + place_.label();
  if (found && found->instances.size() == 1) {
    const BrokenLink link = broken_link(found->instances.front());
    if (!link.what.empty()) {
      why = target_label(found->instances.front()) + " cannot be reached: " + link.what;
      if (!link.next.empty()) why += "\n" + link.next;
    } else {
      why += ", although its agent is online: sessions need the endpoint of ssmmessages, which commands can do without";
    }
  } else if (found && found->problems.empty()) {
    why += ": there is no such node in " + place_.scope->label();
  }
  co_return unreachable(std::move(why)).caused_by(std::move(error));
}

rt::Task<void> LiveSession::terminate() {
  const rt::CallContext ctx = session_work::brief(command_.ctx(), session_work::kTerminateTime);
  co_await rt::uncancelled(session_work::terminate_channel(channel_.get(), ctx));
}

rt::Task<void> LiveSession::close(SessionClose end) {
  if (channel_) end.reconnections = channel_->reconnections();
  const rt::CallContext ctx = session_work::brief(command_.ctx(), session_work::kCloseTime);
  co_await rt::uncancelled(session_work::close_record(record_.get(), ctx, std::move(end), &command_));
}

ChannelRun::ChannelRun(rt::Executor executor, session::DataChannel& channel)
    : channel_(channel), group_(std::move(executor)) {
  group_.spawn(carry());
}

rt::Task<void> ChannelRun::carry() {
  Result<void> ran = co_await channel_.run();
  if (!ran && ran.error().kind() != ErrorKind::cancelled) error_ = std::move(ran).error();
}

rt::Task<void> ChannelRun::stop() {
  group_.cancel();
  co_await group_.join();
}

std::string news_text(const session::ConnectionNews& news) {
  using Kind = session::ConnectionNews::Kind;
  const std::string why = news.text.empty() ? "" : " (" + printable(news.text, 120) + ")";
  switch (news.kind) {
    case Kind::lost:
      return "[postern: connection lost" + why + "]";
    case Kind::waiting:
      return "[postern: not connected" + why + "; trying again in " + format_duration(news.wait) + "]";
    case Kind::resumed:
      return "[postern: connected again]";
    case Kind::connected:
      break;
  }
  return {};
}

}  // namespace postern::cli
