#include "cli/run_ledger.hpp"

#include <cctype>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/in_memory.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t kProcFileMax = 4096;
constexpr std::size_t kNewestLooked = 20;

/// This machine's boot and a process's start, by which a process number that was given away again is recognised. All of
/// it is empty where there is no /proc.
struct ProcessMark {
  ProcessMark() = default;
  std::string boot;
  std::string pid;
  std::string started;
};

/// The process's number and the 22nd field of its stat: what stands behind the name, which may hold blanks.
void read_stat(os::Files& files, const std::string& who, ProcessMark& mark) {
  const Result<std::string> stat = files.read("/proc/" + who + "/stat", kProcFileMax);
  if (!stat) return;
  const std::size_t name_end = stat->rfind(')');
  if (name_end == std::string::npos) return;
  mark.pid = stat->substr(0, stat->find(' '));
  const std::vector<std::string_view> fields = split(trim(std::string_view(*stat).substr(name_end + 1)), ' ');
  if (fields.size() > 19) mark.started = std::string(fields[19]);
}

ProcessMark mark_of(os::Files& files, const std::string& who) {
  ProcessMark mark;
  if (const auto boot = files.read("/proc/sys/kernel/random/boot_id", kProcFileMax))
    mark.boot = std::string(trim(*boot));
  read_stat(files, who, mark);
  return mark;
}

std::string text_of(const Json& json, std::string_view key) {
  return std::string(json[key].to_string().value_or(""));
}

bool is_dead(os::Files& files, const std::string& host, const std::string& holder) {
  const Result<Json> json = Json::parse(holder);
  if (!json || text_of(*json, "host") != host) return false;
  const std::string pid = text_of(*json, "pid");
  const std::string boot = text_of(*json, "boot");
  if (pid.empty() || boot.empty()) return false;
  const ProcessMark now = mark_of(files, pid);
  if (now.boot.empty()) return false;
  return now.boot != boot || now.started != text_of(*json, "started");
}

}  // namespace

std::string world_label(const Command& command, const adapters::AwsSession* session) {
  if (!command.host().world.empty()) return command.host().world;
  const bool custom = session != nullptr && session->world("") == adapters::World::custom;
  return custom ? "custom" : "aws";
}

std::string world_without_session(const Command& command) {
  const bool given = command.invocation().has("--endpoint-url");
  const os::Environment& environment = *command.host().environment;
  const bool configured = given || !environment.get("AWS_ENDPOINT_URL").value_or("").empty();
  std::string world = world_label(command, nullptr);
  if (world == "aws" && configured) world = "custom";
  return world;
}

Result<std::string> ledger_path(const Command& command, const std::string& world) {
  if (const auto given = command.invocation().value("--ledger")) return *given;
  const os::Environment& environment = *command.host().environment;
  if (const auto given = environment.get("POSTERN_LEDGER"); given && !given->empty()) return *given;
  std::string state = environment.get("XDG_STATE_HOME").value_or("");
  if (state.empty()) {
    const std::string home = environment.home_dir();
    if (home.empty()) {
      return fail(ErrorKind::usage, "there is no home folder for the ledger of runs: name a file with --ledger");
    }
    state = os::join_path(home, ".local/state");
  }
  std::string name = "ledger-";
  for (const char c : world) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '-';
  return os::join_path(os::join_path(state, "postern"), name + ".db");
}

Result<OpenLedger> open_ledger(const Command& command, const std::string& world, LedgerUse use) {
  OpenLedger open;
  open.world = world;
  TRY(open.path, ledger_path(command, world));
  const bool simulated = in_memory(command.host()) != nullptr;
  open.worker = simulated ? rt::make_inline_worker() : rt::make_thread_worker();
  ledger::SqliteOptions options;
  if (simulated) options.files = command.host().files;
  options.path = open.path;
  options.world = world;
  Result<std::unique_ptr<ledger::Store>> store =
      use == LedgerUse::write ? ledger::open_sqlite_store(std::move(options), *open.worker)
                              : ledger::open_sqlite_store_read_only(std::move(options), *open.worker);
  if (!store) return fail(std::move(store).error().with("ledger", open.path));
  open.store = std::move(*store);
  return open;
}

std::string operator_name(const Command& command) {
  const os::Environment& environment = *command.host().environment;
  return environment.user_name() + "@" + environment.host_name();
}

flow::JournalOptions journal_options(const Command& command, const std::string& world) {
  os::Files* files = command.host().files;
  const std::string host = command.host().environment->host_name();
  const ProcessMark self = mark_of(*files, "self");
  flow::JournalOptions options;
  options.world = world;
  options.holder = Json::object()
                       .set("who", operator_name(command))
                       .set("host", host)
                       .set("pid", self.pid)
                       .set("boot", self.boot)
                       .set("started", self.started)
                       .dump();
  options.is_dead = [files, host](const std::string& holder) { return is_dead(*files, host, holder); };
  return options;
}

std::string describe_holder(std::string_view holder) {
  const Result<Json> json = Json::parse(holder);
  if (!json) return "another process";
  const std::string who = printable(text_of(*json, "who"), 100);
  const std::string pid = printable(text_of(*json, "pid"), 20);
  return (who.empty() ? "another operator" : who) + (pid.empty() ? "" : " (process " + pid + ")");
}

Error in_other_hands(Error conflict, std::string_view what) {
  const std::string who = describe_holder(conflict.context("holder"));
  return Error(ErrorKind::refused, std::string(what) + " is in the hands of " + who)
      .with("rail", "lock")
      .caused_by(std::move(conflict));
}

rt::Task<Result<std::string>> find_run(const Command& command, ledger::Store& store, std::string name) {
  if (name != kLatestRun) {
    const std::string id = to_upper(name);
    CO_TRY(const std::optional<ledger::StreamInfo> info, co_await store.find(command.ctx(), flow::run_stream(id)));
    if (!info) {
      co_return fail(ErrorKind::usage,
                     "there is no run " + printable(id, 60) + " in this ledger; postern runs list shows them");
    }
    if (info->pruned) {
      co_return fail(ErrorKind::not_found, "run " + id + " was pruned: its records and outputs are gone");
    }
    co_return id;
  }
  std::string before;
  for (;;) {
    CO_TRY(const std::vector<ledger::StreamInfo> page,
           co_await store.list(command.ctx(), std::string(kRunPrefix), before, kNewestLooked));
    if (page.empty()) co_return fail(ErrorKind::not_found, "there is no run in the ledger yet");
    for (const ledger::StreamInfo& info : page) {
      if (!info.pruned) co_return info.id.substr(kRunPrefix.size());
    }
    before = page.back().id;
  }
}

}  // namespace postern::cli
