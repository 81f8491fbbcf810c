#include "report/run_events.hpp"

#include <algorithm>
#include <concepts>
#include <utility>

#include "base/check.hpp"
#include "base/json_writer.hpp"

namespace postern::report {

std::string_view to_string(WaveState state) noexcept {
  switch (state) {
    case WaveState::started:
      return "started";
    case WaveState::held:
      return "held";
    case WaveState::released:
      return "released";
    case WaveState::ended:
      return "ended";
  }
  return "ended";
}

/// One event: the members that all of them have, then its own.
class RunEventWriter::Line {
 public:
  Line(RunEventWriter& writer, std::string_view event, WallTime at) : json_(text_) {
    json_.begin_object();
    text("schema", "postern.run.event/1");
    text("event", event);
    number("seq", writer.next_++);
    text("time", format_rfc3339(std::chrono::floor<std::chrono::milliseconds>(at)));
    text("run_id", writer.run_id_);
    text("world", writer.world_);
  }
  void text(std::string_view key, std::string_view value) {
    json_.key(key);
    json_.string(value);
  }
  void text_if(std::string_view key, std::string_view value) {
    if (!value.empty()) text(key, value);
  }
  void number(std::string_view key, std::uint64_t value) {
    json_.key(key);
    json_.integer(static_cast<std::int64_t>(value));
  }
  void flag(std::string_view key, std::same_as<bool> auto value) {
    json_.key(key);
    json_.boolean(value);
  }
  void totals(const flow::Totals& totals) {
    json_.key("totals");
    json_.begin_object();
    number("succeeded", totals.succeeded);
    number("failed", totals.failed);
    number("skipped", totals.skipped);
    number("unknown", totals.unknown);
    json_.end_object();
  }
  /// As much of the output as is wanted, and how much there was when that is not all.
  void output(std::string_view key, std::string_view cut_key, std::string_view bytes, std::size_t max) {
    std::size_t keep = std::min(bytes.size(), max);
    const auto inside = [&](std::size_t at) { return (static_cast<unsigned char>(bytes[at]) & 0xc0U) == 0x80; };
    for (int i = 0; i < 3 && keep < bytes.size() && keep > 0 && inside(keep); ++i) --keep;
    text(key, bytes.substr(0, keep));
    if (keep < bytes.size()) number(cut_key, bytes.size());
  }
  JsonWriter& json() { return json_; }
  std::string take() {
    json_.end_object();
    text_ += '\n';
    return std::move(text_);
  }

 private:
  std::string text_;
  JsonWriter json_;
};

RunEventWriter::RunEventWriter(std::string run_id, const RunFacts& facts, RunEventOptions options)
    : run_id_(std::move(run_id)),
      world_(facts.world),
      selector_(facts.selector),
      document_(facts.document),
      title_(facts.title),
      options_(options) {}

std::string RunEventWriter::plan(WallTime at, const PlanEvent& plan) {
  CHECK(stage_ == Stage::planning);
  stage_ = Stage::running;
  Line line(*this, "plan", at);
  line.text_if("title", title_);
  line.text_if("selector", selector_);
  line.text_if("document", document_);
  line.text_if("digest", plan.digest);
  line.number("accounts", plan.accounts);
  line.number("targets", plan.targets);
  line.number("skipped", plan.skipped);
  line.json().key("waves");
  line.json().begin_array();
  for (const PlannedWave& wave : plan.waves) {
    line.json().begin_object();
    line.text("name", wave.name);
    line.number("targets", wave.targets);
    line.json().end_object();
  }
  line.json().end_array();
  return line.take();
}

std::string RunEventWriter::wave(WallTime at, const WaveEvent& wave) {
  CHECK(stage_ == Stage::running);
  Line line(*this, "wave", at);
  line.number("number", wave.number);
  line.text_if("name", wave.name);
  line.text("state", to_string(wave.state));
  line.number("targets", wave.targets);
  line.text_if("reason", wave.reason);
  return line.take();
}

std::string RunEventWriter::target(WallTime at, const flow::TargetResult& target, std::string_view name) {
  CHECK(stage_ == Stage::running);
  const fleet::Scope& scope = target.target.scope();
  Line line(*this, "target", at);
  line.text("account_id", scope.account.text());
  line.text("region", scope.region.text());
  line.text("instance_id", target.target.id().text());
  if (name != target.target.id().text()) line.text_if("name", name);
  line.text("status", to_string(target.outcome));
  if (target.exit_code) {
    line.json().key("exit_code");
    line.json().integer(*target.exit_code);
  }
  line.text_if("command_id", target.command_id);
  if (target.outcome == flow::Outcome::succeeded || target.exit_code) {
    line.output("stdout", "stdout_bytes", target.out, options_.output_max);
    line.output("stderr", "stderr_bytes", target.err, options_.output_max);
    line.flag("truncated", target.truncated);
  }
  line.text_if("reason", target.reason);
  if (target.unreachable) line.flag("unreachable", true);
  return line.take();
}

std::string RunEventWriter::totals(WallTime at, const flow::Totals& done, std::size_t running, std::size_t pending) {
  CHECK(stage_ == Stage::running);
  Line line(*this, "totals", at);
  line.totals(done);
  line.number("running", running);
  line.number("pending", pending);
  return line.take();
}

std::string RunEventWriter::end(WallTime at, std::string_view status, const flow::Totals& totals,
                                std::optional<int> exit_code) {
  CHECK(stage_ == Stage::running);
  stage_ = Stage::ended;
  Line line(*this, "end", at);
  line.text("status", status);
  line.totals(totals);
  if (exit_code) line.number("exit_code", static_cast<std::uint64_t>(*exit_code));
  return line.take();
}

}  // namespace postern::report
