#include "flow/run_records.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "flow/record_json.hpp"

namespace postern::flow {
namespace {

using record_json::Reader;

Json json_of(const Totals& totals) {
  return Json::object()
      .set("succeeded", totals.succeeded)
      .set("failed", totals.failed)
      .set("skipped", totals.skipped)
      .set("unknown", totals.unknown);
}

ledger::NewRecord make(const char* type, const Json& body) {
  return ledger::NewRecord(type, body.dump());
}

struct Encoder {
  ledger::NewRecord operator()(const record::Opened& one) const {
    return make("run.opened", Json::object()
                                  .set("run", record_json::json_of(one.header))
                                  .set("scopes", one.scopes)
                                  .set("waves", one.waves)
                                  .set("batches", one.batches)
                                  .set("targets", one.targets));
  }
  ledger::NewRecord operator()(const record::Places& one) const {
    Json waves = Json::array();
    for (const WavePlan& wave : one.waves) {
      waves.push_back(Json::object()
                          .set("name", wave.name)
                          .set("max_errors", wave.budget.text())
                          .set("first_batch", wave.first_batch)
                          .set("batches", wave.batches)
                          .set("targets", wave.targets));
    }
    return make("run.places",
                Json::object().set("scopes", record_json::json_of(one.scopes)).set("waves", std::move(waves)));
  }
  ledger::NewRecord operator()(const record::Documents& one) const {
    Json pins = Json::array();
    for (const DocumentPin& pin : one.pins) pins.push_back(record_json::json_of(pin));
    return make("run.documents", Json::object().set("pins", std::move(pins)));
  }
  ledger::NewRecord operator()(const record::Targets& one) const {
    Json batches = Json::array();
    std::size_t next = 0;
    for (const BatchPlan& batch : one.batches) {
      Json ids = Json::array();
      Json names = Json::array();
      Json details = Json::array();
      bool any_details = false;
      for (std::uint32_t i = 0; i < batch.count; ++i, ++next) {
        ids.push_back(one.targets[next].id.text());
        names.push_back(one.targets[next].name);
        details.push_back(one.targets[next].detail);
        any_details = any_details || !one.targets[next].detail.empty();
      }
      Json made = Json::object().set("scope", batch.scope).set("wave", batch.wave);
      made.set("shell", batch.shell == Shell::powershell ? "powershell" : "sh").set("ids", std::move(ids));
      made.set("names", std::move(names));
      if (any_details) made.set("details", std::move(details));
      batches.push_back(std::move(made));
    }
    return make("run.targets", Json::object().set("batches", std::move(batches)));
  }
  ledger::NewRecord operator()(const record::Skipped& one) const {
    Json targets = Json::array();
    for (const record::Skipped::One& target : one.targets) {
      Json one_target = Json::object().set("scope", target.scope).set("id", target.instance_id);
      if (!target.name.empty()) one_target.set("name", target.name);
      targets.push_back(std::move(one_target).set("reason", target.reason).set("unreachable", target.unreachable));
    }
    return make("run.skipped",
                Json::object().set("scopes", record_json::json_of(one.scopes)).set("targets", std::move(targets)));
  }
  ledger::NewRecord operator()(const record::Started& one) const {
    return make("run.started", Json::object().set("confirmed", one.confirmed));
  }
  ledger::NewRecord operator()(const record::Intent& one) const {
    Json body =
        Json::object().set("op", one.op).set("call", one.call).set("batch", one.batch).set("targets", one.targets);
    if (!one.replaces.empty()) body.set("replaces", one.replaces);
    return make("mutation.intent", body);
  }
  ledger::NewRecord operator()(const record::SendEnded& one) const {
    Json body = Json::object().set("op", one.op).set("end", record_json::name_of(one.end));
    if (one.end == record::SendEnd::accepted) {
      body.set("command_id", one.command_id);
    } else {
      body.set("kind", to_string(one.kind)).set("message", one.message);
    }
    return make("mutation.outcome", body);
  }
  ledger::NewRecord operator()(const record::Decided& one) const {
    Json body = Json::object().set("op", one.op).set("decision", record_json::name_of(one.decision));
    if (!one.command_id.empty()) body.set("command_id", one.command_id);
    return make("mutation.decided", body.set("by", one.by).set("why", one.why));
  }
  ledger::NewRecord operator()(const record::Ended& one) const {
    Json targets = Json::array();
    for (const record::TargetEnd& end : one.targets) targets.push_back(record_json::json_of(end));
    return make("targets.ended", Json::object().set("targets", std::move(targets)));
  }
  ledger::NewRecord operator()(const record::Held& one) const {
    return make("run.held", Json::object().set("cause", record_json::name_of(one.cause)).set("why", one.why));
  }
  ledger::NewRecord operator()(const record::Resumed& one) const {
    Json body = Json::object().set("by", one.by).set("release", one.release).set("why", one.why);
    if (!one.break_glass.empty()) body.set("break_glass", one.break_glass);
    return make("run.resumed", body);
  }
  ledger::NewRecord operator()(const record::Cancelling& one) const {
    return make("run.cancelling", Json::object().set("by", one.by).set("why", one.why));
  }
  ledger::NewRecord operator()(const record::Gate& one) const {
    return make("run.gate", Json::object().set("wave", one.wave).set("passed", one.passed).set("why", one.why));
  }
  ledger::NewRecord operator()(const record::DeadlinePassed&) const { return make("run.deadline", Json::object()); }
  ledger::NewRecord operator()(const record::Closed& one) const {
    return make("run.closed", Json::object().set("status", one.status).set("totals", json_of(one.totals)));
  }
};

Result<RunRecord> read_opened(Reader in) {
  record::Opened one;
  record_json::read(in.at("run"), one.header);
  one.scopes = in.number("scopes");
  one.waves = in.number("waves");
  one.batches = in.number("batches");
  one.targets = in.number("targets");
  return RunRecord(std::move(one));
}

Result<RunRecord> read_places(Reader in) {
  record::Places one;
  one.scopes = record_json::read_scopes(in.at("scopes"));
  for (Reader wave : in.at("waves").items()) {
    WavePlan plan;
    plan.name = wave.text("name");
    Result<Budget> budget = Budget::parse(wave.text("max_errors"));
    if (!budget) wave.complain("max_errors");
    plan.budget = budget.value_or(Budget());
    plan.first_batch = wave.number("first_batch");
    plan.batches = wave.number("batches");
    plan.targets = wave.number("targets");
    one.waves.push_back(std::move(plan));
  }
  return RunRecord(std::move(one));
}

Result<RunRecord> read_documents(Reader in) {
  record::Documents one;
  for (const Reader& pin : in.at("pins").items()) one.pins.push_back(record_json::read_pin(pin));
  return RunRecord(std::move(one));
}

Result<RunRecord> read_targets(Reader in) {
  record::Targets one;
  for (Reader from : in.at("batches").items()) {
    BatchPlan batch;
    batch.scope = from.number("scope");
    batch.wave = from.number("wave");
    batch.shell = from.text("shell") == "powershell" ? Shell::powershell : Shell::sh;
    const std::vector<Reader> names = from.at("names").items();
    std::vector<Reader> details;
    if (from.has("details")) details = from.at("details").items();
    for (Reader id : from.at("ids").items()) {
      PlanTarget target;
      Result<fleet::InstanceId> parsed = fleet::InstanceId::parse(id.value());
      if (!parsed) id.complain("an instance id");
      if (parsed) target.id = std::move(*parsed);
      if (batch.count < names.size()) target.name = Reader(names[batch.count]).value();
      if (batch.count < details.size()) target.detail = Reader(details[batch.count]).value();
      one.targets.push_back(std::move(target));
      ++batch.count;
    }
    one.batches.push_back(batch);
  }
  return RunRecord(std::move(one));
}

Result<RunRecord> read_skipped(Reader in) {
  record::Skipped one;
  one.scopes = record_json::read_scopes(in.at("scopes"));
  for (Reader from : in.at("targets").items()) {
    record::Skipped::One target;
    target.scope = from.number("scope");
    target.instance_id = from.text("id");
    target.reason = from.text("reason");
    target.name = from.optional_text("name");
    target.unreachable = from.flag("unreachable");
    one.targets.push_back(std::move(target));
  }
  return RunRecord(std::move(one));
}

Result<RunRecord> read_mutation(std::string_view type, Reader in) {
  if (type == "mutation.intent") {
    record::Intent one;
    one.op = in.text("op");
    one.batch = in.number("batch");
    one.targets = in.number("targets");
    one.replaces = in.optional_text("replaces");
    one.call = in.text("call");
    return RunRecord(std::move(one));
  }
  if (type == "mutation.outcome") {
    record::SendEnded one;
    one.op = in.text("op");
    one.end = record_json::send_end_of(in, "end");
    one.command_id = in.optional_text("command_id");
    if (one.end != record::SendEnd::accepted) {
      one.kind = record_json::error_kind_of(in, "kind");
      one.message = in.text("message");
    }
    return RunRecord(std::move(one));
  }
  record::Decided one;
  one.op = in.text("op");
  one.decision = record_json::decision_of(in, "decision");
  one.command_id = in.optional_text("command_id");
  one.by = in.text("by");
  one.why = in.text("why");
  return RunRecord(std::move(one));
}

Result<RunRecord> read_ended(Reader in) {
  record::Ended one;
  for (Reader from : in.at("targets").items()) one.targets.push_back(record_json::read_target_end(from));
  return RunRecord(std::move(one));
}

Result<RunRecord> read_closed(Reader in) {
  record::Closed one;
  one.status = in.text("status");
  Reader totals = in.at("totals");
  one.totals.succeeded = totals.number("succeeded");
  one.totals.failed = totals.number("failed");
  one.totals.skipped = totals.number("skipped");
  one.totals.unknown = totals.number("unknown");
  return RunRecord(std::move(one));
}

Result<RunRecord> read_small(std::string_view type, Reader in) {
  if (type == "run.started") {
    record::Started one;
    one.confirmed = in.text("confirmed");
    return RunRecord(std::move(one));
  }
  if (type == "run.held") {
    record::Held one;
    one.cause = record_json::hold_cause_of(in, "cause");
    one.why = in.text("why");
    return RunRecord(std::move(one));
  }
  if (type == "run.resumed") {
    record::Resumed one;
    one.by = in.text("by");
    one.release = in.flag("release");
    one.why = in.text("why");
    one.break_glass = in.optional_text("break_glass");
    return RunRecord(std::move(one));
  }
  if (type == "run.gate") {
    record::Gate one;
    one.wave = in.number("wave");
    one.passed = in.flag("passed");
    one.why = in.text("why");
    return RunRecord(std::move(one));
  }
  if (type == "run.deadline") return RunRecord(record::DeadlinePassed());
  record::Cancelling one;
  one.by = in.text("by");
  one.why = in.text("why");
  return RunRecord(std::move(one));
}

Result<RunRecord> read_body(std::string_view type, const Reader& in) {
  if (type == "run.opened") return read_opened(in);
  if (type == "run.places") return read_places(in);
  if (type == "run.documents") return read_documents(in);
  if (type == "run.targets") return read_targets(in);
  if (type == "run.skipped") return read_skipped(in);
  if (type == "targets.ended") return read_ended(in);
  if (type == "run.closed") return read_closed(in);
  if (type.starts_with("mutation.")) return read_mutation(type, in);
  return read_small(type, in);
}

constexpr std::string_view kTypes[] = {"run.opened",       "run.places",    "run.documents",   "run.targets",
                                       "run.skipped",      "run.started",   "mutation.intent", "mutation.outcome",
                                       "mutation.decided", "targets.ended", "run.held",        "run.resumed",
                                       "run.cancelling",   "run.gate",      "run.deadline",    "run.closed"};

// Pieces that stay far below ledger::kBodyMax whatever the names and reasons are: those are cut below.
constexpr std::size_t kPlacesPerRecord = 100;
constexpr std::size_t kBatchesPerRecord = 10;
constexpr std::size_t kSkippedPerRecord = 100;
constexpr std::size_t kNameMax = 200;
constexpr std::size_t kReasonMax = 600;

template <class T>
std::vector<T> piece(const std::vector<T>& all, std::size_t from, std::size_t count) {
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(std::min(from, all.size()));
  const auto last = all.begin() + static_cast<std::ptrdiff_t>(std::min(from + count, all.size()));
  return std::vector<T>(first, last);
}

void add_places(std::vector<RunRecord>& records, const Plan& plan) {
  for (std::size_t i = 0; i < std::max(plan.scopes.size(), plan.waves.size()); i += kPlacesPerRecord) {
    record::Places places;
    places.scopes = piece(plan.scopes, i, kPlacesPerRecord);
    places.waves = piece(plan.waves, i, kPlacesPerRecord);
    records.emplace_back(std::move(places));
  }
}

void add_pins(std::vector<RunRecord>& records, const Plan& plan) {
  for (std::size_t i = 0; i < plan.pins.size(); i += kPlacesPerRecord) {
    record::Documents documents;
    documents.pins = piece(plan.pins, i, kPlacesPerRecord);
    records.emplace_back(std::move(documents));
  }
}

void add_targets(std::vector<RunRecord>& records, const Plan& plan) {
  for (std::size_t i = 0; i < plan.batches.size(); i += kBatchesPerRecord) {
    record::Targets targets;
    targets.batches = piece(plan.batches, i, kBatchesPerRecord);
    std::size_t count = 0;
    for (const BatchPlan& batch : targets.batches) count += batch.count;
    targets.targets.reserve(count);
    for (const BatchPlan& batch : targets.batches) {
      for (PlanTarget& target : piece(plan.targets, batch.first, batch.count)) {
        target.name = printable(target.name, kNameMax);
        targets.targets.push_back(std::move(target));
      }
    }
    records.emplace_back(std::move(targets));
  }
}

void add_skipped(std::vector<RunRecord>& records, const Plan& plan) {
  for (std::size_t i = 0; i < plan.skipped.size(); i += kSkippedPerRecord) {
    record::Skipped skipped;
    for (const SkippedTarget& target : piece(plan.skipped, i, kSkippedPerRecord)) {
      const bool same = !skipped.scopes.empty() && *skipped.scopes.back() == target.target.scope();
      if (!same) skipped.scopes.push_back(target.target.scope_ptr());
      record::Skipped::One one;
      one.scope = static_cast<std::uint32_t>(skipped.scopes.size() - 1);
      one.instance_id = target.target.id().text();
      one.reason = printable(target.reason, kReasonMax);
      one.name = printable(target.name, kNameMax);
      one.unreachable = target.unreachable;
      skipped.targets.push_back(std::move(one));
    }
    records.emplace_back(std::move(skipped));
  }
}

void drop_salt(std::vector<std::string>& texts, const std::string& salt) {
  for (std::string& text : texts) {
    for (std::size_t at = text.find(salt); at != std::string::npos; at = text.find(salt)) text.erase(at, salt.size());
  }
}

CommandSpec without_salt(CommandSpec spec) {
  for (std::vector<std::string>* lines : {&spec.sh_lines, &spec.powershell_lines}) drop_salt(*lines, spec.secret_salt);
  for (std::optional<DocumentSpec>* document : {&spec.document, &spec.windows_document}) {
    if (!*document) continue;
    for (auto& [name, values] : (*document)->parameters) drop_salt(values, spec.secret_salt);
  }
  spec.secret_salt.clear();
  return spec;
}

std::string document_text(const std::optional<DocumentSpec>& document) {
  if (!document) return {};
  std::string out = "document " + document->name + " " + document->version + "\n";
  for (const auto& [name, values] : document->parameters) {
    for (const std::string& value : values) {
      out += name + " " + std::to_string(value.size()) + " " + value + "\n";
    }
  }
  return out;
}

}  // namespace

ledger::NewRecord encode(const RunRecord& record) {
  return std::visit(Encoder(), record);
}

Result<RunRecord> decode_run_record(const ledger::Record& record) {
  if (std::find(std::begin(kTypes), std::end(kTypes), record.type) == std::end(kTypes)) {
    return fail(ErrorKind::unsupported, "record " + std::to_string(record.seq) + " is of the type " + record.type +
                                            ", which this postern does not know");
  }
  TRY(const Json body, Json::parse(record.body));
  std::string trouble;
  Result<RunRecord> decoded = read_body(record.type, Reader(body, trouble));
  if (!trouble.empty()) {
    return fail(ErrorKind::malformed,
                "record " + std::to_string(record.seq) + " (" + record.type + ") makes no sense: " + trouble);
  }
  return decoded;
}

std::string spec_text(const CommandSpec& spec) {
  if (!spec.secret_salt.empty()) {
    // The marks differ from run to run; what they stand for is the same plan.
    return spec_text(without_salt(spec));
  }
  return document_text(spec.document) + document_text(spec.windows_document) + "sh\n" + join(spec.sh_lines, "\n") +
         "\npowershell\n" + join(spec.powershell_lines, "\n") + "\nexecution " +
         std::to_string(spec.execution_timeout.count()) + " delivery " + std::to_string(spec.delivery_timeout.count()) +
         (spec.alarm.name.empty() ? "" : " alarm " + spec.alarm.name);
}

std::vector<RunRecord> opening_records(RunHeader header, const Plan& plan) {
  std::vector<RunRecord> records;
  record::Opened opened;
  opened.header = std::move(header);
  opened.scopes = static_cast<std::uint32_t>(plan.scopes.size());
  opened.waves = static_cast<std::uint32_t>(plan.waves.size());
  opened.batches = static_cast<std::uint32_t>(plan.batches.size());
  opened.targets = static_cast<std::uint32_t>(plan.targets.size());
  records.emplace_back(std::move(opened));
  add_places(records, plan);
  add_pins(records, plan);
  add_targets(records, plan);
  add_skipped(records, plan);
  return records;
}

}  // namespace postern::flow
