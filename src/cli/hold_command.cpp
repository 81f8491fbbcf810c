// hold, release: the flag in the hub that every run reads before each wave.

#include "cli/hub_flag.hpp"

#include "base/text.hpp"
#include "cli/failure.hpp"
#include "cli/run_ledger.hpp"

namespace postern::cli {
namespace {

/// A hold's reason as the command line says it. It goes into a parameter, which may not hold "{{".
Result<std::string> chosen_hold_reason(const Command& command) {
  std::string reason(trim(command.invocation().value("--reason").value_or("")));
  if (reason.size() > adapters::kHoldReasonMax) {
    return fail(ErrorKind::usage,
                "--reason: more than " + std::to_string(adapters::kHoldReasonMax) + " bytes do not fit into the flag");
  }
  if (reason.find("{{") != std::string::npos) {
    return fail(ErrorKind::usage, "--reason: Parameter Store takes no value with {{ in it");
  }
  return reason;
}

Result<void> expect_all(const Command& command, std::string_view what) {
  if (command.invocation().has("--all")) return Result<void>();
  return fail(ErrorKind::usage, std::string(what) +
                                    " is for every run of the fleet: say --all. A single run: postern " +
                                    (what == "hold" ? "cancel RUN" : "resume RUN --release"));
}

Json hold_document(const aws::CallScope& hub, const std::optional<adapters::HoldNote>& note) {
  Json json = Json::object().set("schema", "postern.hold/1").set("held", note.has_value());
  json.set("account_id", hub.account_id).set("region", hub.region).set("parameter", adapters::kHoldParameter);
  if (note) {
    json.set("who", note->who).set("why", note->why);
    if (note->since) json.set("since", format_rfc3339(*note->since));
  }
  return json;
}

Result<void> answer_hold(const Command& command, const aws::CallScope& hub,
                         const std::optional<adapters::HoldNote>& note, const std::string& said) {
  if (command.output().format == Format::table && !command.output().query) {
    command.out(world_banner(command.host().world, command.output().color) + said + "\n");
    return Result<void>();
  }
  Answer answer;
  answer.world = command.host().world;
  answer.document = hold_document(hub, note);
  for (const char* column : {"held", "who", "since", "why"}) {
    answer.columns.push_back(member_column(column, 0, column));
  }
  return command.answer(answer);
}

rt::Task<Result<int>> show_hold(const Command& command, adapters::HubHold& flag, const aws::CallScope& hub) {
  CO_TRY(const std::optional<adapters::HoldNote> note, co_await flag.look(command.ctx()));
  const std::string said = note ? "the fleet is " + describe_hold(*note) : "the fleet is not held";
  CO_TRY_VOID(answer_hold(command, hub, note, said));
  co_return kExitOk;
}

rt::Task<Result<int>> set_hold(const Command& command, adapters::HubHold& flag, const aws::CallScope& hub) {
  adapters::HoldNote note;
  CO_TRY(note.why, chosen_hold_reason(command));
  note.who = operator_name(command);
  note.since = std::chrono::floor<std::chrono::seconds>(command.ctx().clock().wall_now());
  CO_TRY(const std::optional<adapters::HoldNote> before, co_await flag.hold(command.ctx(), note));
  if (before) {
    co_return fail(Error(ErrorKind::refused, "nothing was changed: the fleet is " + describe_hold(*before) +
                                                 "; postern release --all lets go")
                       .with("rail", "hold"));
  }
  const std::string said = "the fleet is " + describe_hold(note) +
                           "\nruns stop before their next wave; what was sent runs on. Let go: postern release --all";
  CO_TRY_VOID(answer_hold(command, hub, note, said));
  co_return kExitOk;
}

rt::Task<Result<int>> end_hold(const Command& command, adapters::HubHold& flag, const aws::CallScope& hub) {
  CO_TRY(const std::optional<adapters::HoldNote> before, co_await flag.release(command.ctx()));
  const std::string said = before ? "let go; the fleet was " + describe_hold(*before) +
                                        "\nruns that it holds go on with: postern resume RUN --release"
                                  : "the fleet was not held";
  CO_TRY_VOID(answer_hold(command, hub, std::nullopt, said));
  co_return kExitOk;
}

enum class HoldDeed : std::uint8_t { show, hold, release };

rt::Task<Result<int>> with_flag(const Command& command, HoldDeed deed) {
  const rt::Executor executor = co_await rt::asio::this_coro::executor;
  CO_TRY(AwsWork work, open_session(executor, command));
  Result<void> may;
  if (deed != HoldDeed::show) may = expect_writable(work, deed == HoldDeed::hold ? "hold" : "release");
  Result<aws::CallScope> hub = hub_scope(work);
  if (may && !hub) may = fail(hub.error());
  Result<int> code = kExitOk;
  if (may) {
    adapters::HubHold flag(work.session->invoker(), *hub);
    if (deed == HoldDeed::show) code = co_await show_hold(command, flag, *hub);
    if (deed == HoldDeed::hold) code = co_await set_hold(command, flag, *hub);
    if (deed == HoldDeed::release) code = co_await end_hold(command, flag, *hub);
  } else {
    code = fail(may.error());
  }
  co_await work.session->close();
  co_return code;
}

}  // namespace

Result<aws::CallScope> hub_scope(const AwsWork& work) {
  aws::CallScope hub;
  hub.region = work.session->settings().region;
  if (work.fleet) {
    hub.account_id = work.fleet->hub.account.text();
    if (!work.fleet->hub.region.empty()) hub.region = work.fleet->hub.region.text();
  }
  if (hub.region.empty()) {
    return fail(ErrorKind::usage, "the hub has no Region: give hub.region in the fleet file, or --region");
  }
  hub.credentials = work.session->hub();
  return hub;
}

rt::Task<Result<int>> run_hold(const Command& command) {
  const Invocation& invocation = command.invocation();
  const bool show = invocation.has("--status") || (!invocation.has("--all") && !invocation.has("--reason"));
  if (show && (invocation.has("--all") || invocation.has("--reason"))) {
    co_return fail(ErrorKind::usage, "--status only shows: it does not go with --all or --reason");
  }
  if (show) co_return co_await with_flag(command, HoldDeed::show);
  CO_TRY_VOID(expect_all(command, "hold"));
  CO_TRY(const std::string reason, chosen_hold_reason(command));  // before anything is called
  (void)reason;
  co_return co_await with_flag(command, HoldDeed::hold);
}

rt::Task<Result<int>> run_release(const Command& command) {
  CO_TRY_VOID(expect_all(command, "release"));
  co_return co_await with_flag(command, HoldDeed::release);
}

}  // namespace postern::cli
