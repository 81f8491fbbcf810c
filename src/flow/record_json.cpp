#include "flow/record_json.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace postern::flow::record_json {
namespace {

constexpr std::array<std::string_view, 4> kSendEnds = {"accepted", "refused", "not_sent", "lost"};
constexpr std::array<std::string_view, 4> kDecisions = {"adopt", "absent", "reissue", "skip"};
constexpr std::array<std::string_view, 4> kHoldCauses = {"budget", "credentials", "operator_flag", "gate"};
constexpr std::array<std::string_view, 4> kOutcomes = {"succeeded", "failed", "skipped", "unknown"};
constexpr std::array<std::string_view, 3> kAccessKinds = {"ambient", "profile", "role"};
constexpr ErrorKind kErrorKinds[] = {
    ErrorKind::usage,       ErrorKind::not_found,   ErrorKind::denied,    ErrorKind::credentials, ErrorKind::throttled,
    ErrorKind::unavailable, ErrorKind::timeout,     ErrorKind::cancelled, ErrorKind::conflict,    ErrorKind::refused,
    ErrorKind::malformed,   ErrorKind::unsupported, ErrorKind::service,   ErrorKind::internal};

template <class E, std::size_t N>
E enum_of(Reader in, std::string_view key, const std::array<std::string_view, N>& names) {
  const std::string text = in.text(key);
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) {
    in.at(key).complain("one of the known names");
    return E{};
  }
  return static_cast<E>(found - names.begin());
}

template <class E, std::size_t N>
std::string_view name_in(E value, const std::array<std::string_view, N>& names) noexcept {
  return names[static_cast<std::size_t>(value)];
}

Json texts_json(const std::vector<std::string>& texts) {
  Json array = Json::array();
  for (const std::string& text : texts) array.push_back(text);
  return array;
}

Json json_of_access(const fleet::Access& access) {
  Json out = Json::object().set("kind", name_in(access.kind, kAccessKinds));
  if (!access.profile.empty()) out.set("profile", access.profile);
  if (!access.role.empty()) out.set("role", access.role.text());
  if (access.external_id) {
    // A literal is not repeated here: a resume takes it from where it was given.
    const bool literal = access.external_id->kind == fleet::SecretRef::Kind::literal;
    if (literal) out.set("external_id_sha256", ledger::to_hex(ledger::sha256(access.external_id->text)));
    if (!literal) out.set("external_id", access.external_id->to_text());
  }
  if (!access.session_name.empty()) out.set("session_name", access.session_name);
  return out;
}

fleet::Access read_access(Reader in) {
  fleet::Access access;
  access.kind = enum_of<fleet::Access::Kind>(in, "kind", kAccessKinds);
  access.profile = in.optional_text("profile");
  access.session_name = in.optional_text("session_name");
  if (in.has("role")) {
    Result<fleet::RoleArn> role = fleet::RoleArn::parse(in.text("role"));
    if (!role) in.at("role").complain("a role's ARN");
    if (role) access.role = std::move(*role);
  }
  if (in.has("external_id")) {
    Result<fleet::SecretRef> reference = fleet::SecretRef::parse(in.text("external_id"), fleet::Trust::trusted);
    if (!reference) in.at("external_id").complain("a reference");
    if (reference) access.external_id = std::move(*reference);
  }
  return access;
}

fleet::ScopePtr read_scope(Reader in) {
  fleet::Scope scope;
  const std::string account_text = in.optional_text("account");
  if (!account_text.empty()) {
    Result<fleet::AccountId> account = fleet::AccountId::parse(account_text);
    if (!account) in.at("account").complain("an account id");
    if (account) scope.account = std::move(*account);
  }
  Result<fleet::Region> region = fleet::Region::parse(in.text("region"));
  if (!region) in.at("region").complain("a Region");
  if (region) scope.region = std::move(*region);
  scope.partition = fleet::parse_partition(in.text("partition")).value_or(fleet::Partition::aws);
  scope.account_name = in.optional_text("name");
  scope.access = read_access(in.at("access"));
  return std::make_shared<const fleet::Scope>(std::move(scope));
}

Json json_of_document(const DocumentSpec& document) {
  Json parameters = Json::object();
  for (const auto& [name, values] : document.parameters) parameters.set(name, texts_json(values));
  return Json::object()
      .set("name", document.name)
      .set("version", document.version)
      .set("parameters", std::move(parameters));
}

std::chrono::seconds seconds_of(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration);
}

Json json_of_policy(const RunPolicy& policy) {
  Json out = Json::object()
                 .set("scopes_at_once", policy.scopes_at_once)
                 .set("batches_at_once", policy.batches_at_once)
                 .set("idempotent", policy.idempotent)
                 .set("settle_s", seconds_of(policy.settle).count())
                 .set("throttle_max_s", seconds_of(policy.throttle_max).count())
                 .set("resend_max", policy.resend_max);
  if (policy.targets_at_once != 0) out.set("targets_at_once", policy.targets_at_once);
  if (policy.absence_proves) out.set("absence_proves", true);
  if (policy.installs) out.set("installs", true);
  if (policy.pause_max != RunPolicy().pause_max) out.set("pause_max_s", seconds_of(policy.pause_max).count());
  if (policy.deadline) {
    out.set("deadline", format_rfc3339(*policy.deadline)).set("deadline_cancels", policy.deadline_cancels);
  }
  const GatePolicy& gate = policy.gate;
  if (!gate.any()) return out;
  return out.set("gate", Json::object()
                             .set("wait_s", seconds_of(gate.wait).count())
                             .set("command", gate.command)
                             .set("pause", gate.pause)
                             .set("first_only", gate.first_only));
}

GatePolicy read_gate(Reader in) {
  GatePolicy gate;
  gate.wait = std::chrono::seconds(in.number("wait_s"));
  gate.command = in.text("command");
  gate.pause = in.flag("pause");
  gate.first_only = in.flag("first_only");
  return gate;
}

Json json_of_secrets(const std::vector<SecretUse>& secrets) {
  Json array = Json::array();
  for (const SecretUse& use : secrets) {
    array.push_back(Json::object().set("name", use.name).set("source", use.source).set("pbkdf2_sha256", use.digest));
  }
  return array;
}

std::vector<SecretUse> read_secrets(Reader in) {
  std::vector<SecretUse> secrets;
  for (Reader from : in.items()) {
    SecretUse use;
    use.name = from.text("name");
    use.source = from.text("source");
    use.digest = from.text("pbkdf2_sha256");
    secrets.push_back(std::move(use));
  }
  return secrets;
}

DocumentSpec read_document(Reader in) {
  DocumentSpec document;
  document.name = in.text("name");
  document.version = in.text("version");
  Reader parameters = in.at("parameters");
  for (const std::string& name : parameters.names()) document.parameters[name] = parameters.texts(name);
  return document;
}

std::optional<ledger::Digest> read_digest(Reader in, std::string_view key) {
  if (!in.has(key)) return std::nullopt;
  std::optional<ledger::Digest> digest = ledger::from_hex(in.text(key));
  if (!digest) in.at(key).complain("a SHA-256");
  return digest;
}

Json json_of_spec(const CommandSpec& spec) {
  Json out = Json::object()
                 .set("sh", texts_json(spec.sh_lines))
                 .set("powershell", texts_json(spec.powershell_lines))
                 .set("comment", spec.comment)
                 .set("execution_timeout_s", spec.execution_timeout.count())
                 .set("delivery_timeout_s", spec.delivery_timeout.count());
  if (spec.output.any()) {
    out.set("output", Json::object()
                          .set("bucket", spec.output.bucket)
                          .set("prefix", spec.output.prefix)
                          .set("region", spec.output.region)
                          .set("log_group", spec.output.log_group));
  }
  if (!spec.alarm.name.empty()) {
    out.set("alarm",
            Json::object().set("name", spec.alarm.name).set("ignore_poll_failure", spec.alarm.ignore_poll_failure));
  }
  if (spec.document) out.set("document", json_of_document(*spec.document));
  if (spec.windows_document) out.set("windows_document", json_of_document(*spec.windows_document));
  if (!spec.secrets.empty()) out.set("secrets", json_of_secrets(spec.secrets)).set("secret_salt", spec.secret_salt);
  return out;
}

void read_spec(Reader in, CommandSpec& spec) {
  spec.sh_lines = in.texts("sh");
  spec.powershell_lines = in.texts("powershell");
  spec.comment = in.text("comment");
  spec.execution_timeout = std::chrono::seconds(in.number("execution_timeout_s"));
  spec.delivery_timeout = std::chrono::seconds(in.number("delivery_timeout_s"));
  if (in.has("output")) {
    Reader output = in.at("output");
    spec.output.bucket = output.text("bucket");
    spec.output.prefix = output.text("prefix");
    spec.output.region = output.text("region");
    spec.output.log_group = output.text("log_group");
  }
  if (in.has("alarm")) {
    Reader alarm = in.at("alarm");
    spec.alarm.name = alarm.text("name");
    spec.alarm.ignore_poll_failure = alarm.flag("ignore_poll_failure");
  }
  if (in.has("document")) spec.document = read_document(in.at("document"));
  if (in.has("windows_document")) spec.windows_document = read_document(in.at("windows_document"));
  if (in.has("secrets")) {
    spec.secrets = read_secrets(in.at("secrets"));
    spec.secret_salt = in.text("secret_salt");
  }
}

Json json_of_recovery(const RecoverySpec& spec) {
  Json out = Json::object().set("point", spec.point);
  if (!spec.override_reason.empty()) out.set("override", spec.override_reason);
  if (!spec.jobs.empty()) out.set("jobs", texts_json(spec.jobs));
  return out;
}

RecoverySpec read_recovery(Reader in) {
  RecoverySpec spec;
  spec.point = in.text("point");
  spec.override_reason = in.optional_text("override");
  if (in.has("jobs")) spec.jobs = in.texts("jobs");
  return spec;
}

RunKind run_kind_of(Reader in, std::string_view key) {
  const std::string name = in.text(key);
  for (const RunKind kind : {RunKind::command, RunKind::drill, RunKind::recovery, RunKind::cleanup}) {
    if (to_string(kind) == name) return kind;
  }
  in.at(key).complain("a kind of run");
  return RunKind::command;
}

}  // namespace

void Reader::complain(std::string_view wanted) {
  if (trouble_->empty()) *trouble_ = (path_.empty() ? "the body" : path_) + " is not " + std::string(wanted);
}

Reader Reader::at(std::string_view key) const {
  return Reader((*json_)[key], *trouble_, path_.empty() ? std::string(key) : path_ + "." + std::string(key));
}

std::vector<Reader> Reader::items() {
  if (!json_->is_array()) complain("a list");
  std::vector<Reader> readers;
  for (const Json& item : json_->items()) readers.emplace_back(item, *trouble_, path_ + "[]");
  return readers;
}

std::string Reader::value() {
  if (!json_->is_string()) {
    complain("text");
    return {};
  }
  return json_->as_string();
}

std::string Reader::text(std::string_view key) {
  return at(key).value();
}

std::string Reader::optional_text(std::string_view key) {
  return has(key) ? text(key) : std::string();
}

std::int64_t Reader::whole(std::string_view key) {
  const std::optional<std::int64_t> value = (*json_)[key].to_int();
  if (!value) at(key).complain("a whole number");
  return value.value_or(0);
}

std::uint32_t Reader::number(std::string_view key) {
  const std::int64_t value = whole(key);
  if (!std::in_range<std::uint32_t>(value)) {
    at(key).complain("a number that fits");
    return 0;
  }
  return static_cast<std::uint32_t>(value);
}

bool Reader::flag(std::string_view key) {
  const std::optional<bool> value = (*json_)[key].to_bool();
  if (!value) at(key).complain("true or false");
  return value.value_or(false);
}

std::vector<std::string> Reader::texts(std::string_view key) {
  std::vector<std::string> all;
  for (Reader& item : at(key).items()) all.push_back(item.value());
  return all;
}

std::vector<std::string> Reader::names() {
  std::vector<std::string> names;
  if (!json_->is_object()) complain("an object");
  for (const auto& [name, value] : json_->members()) names.emplace_back(name);
  return names;
}

Json json_of(const RunHeader& header) {
  const RunPolicy& policy = header.policy;
  Json out = Json::object().set("id", header.run_id).set("world", header.world).set("plan", header.digest);
  out.set("selector", header.selector).set("operator", header.operator_name).set("reason", header.reason);
  out.set("ticket", header.ticket).set("parent", header.parent);
  if (!header.session_name.empty()) out.set("session_name", header.session_name);
  if (header.imported) out.set("imported", true);
  if (!header.notify.empty()) out.set("notify", texts_json(header.notify));
  if (!header.break_glass.reason.empty()) {
    Json overrode = texts_json(header.break_glass.overrode);
    out.set("break_glass",
            Json::object().set("reason", header.break_glass.reason).set("overrode", std::move(overrode)));
  }
  if (!header.title.empty()) out.set("title", header.title);
  if (header.kind != RunKind::command) {
    out.set("kind", to_string(header.kind)).set("recovery", json_of_recovery(header.recovery));
  }
  out.set("spec", json_of_spec(header.spec));
  out.set("policy", json_of_policy(policy));
  return out;
}

void read(Reader in, RunHeader& header) {
  header.run_id = in.text("id");
  header.world = in.text("world");
  header.digest = in.text("plan");
  header.selector = in.text("selector");
  header.title = in.optional_text("title");
  header.operator_name = in.text("operator");
  header.reason = in.text("reason");
  header.ticket = in.text("ticket");
  header.parent = in.text("parent");
  header.session_name = in.optional_text("session_name");
  header.imported = in.has("imported") && in.flag("imported");
  if (in.has("kind")) {
    header.kind = run_kind_of(in, "kind");
    header.recovery = read_recovery(in.at("recovery"));
  }
  if (in.has("notify")) header.notify = in.texts("notify");
  if (in.has("break_glass")) {
    Reader glass = in.at("break_glass");
    header.break_glass.reason = glass.text("reason");
    header.break_glass.overrode = glass.texts("overrode");
  }
  read_spec(in.at("spec"), header.spec);
  Reader policy = in.at("policy");
  header.policy.scopes_at_once = policy.number("scopes_at_once");
  header.policy.batches_at_once = policy.number("batches_at_once");
  header.policy.idempotent = policy.flag("idempotent");
  header.policy.settle = std::chrono::seconds(policy.number("settle_s"));
  header.policy.throttle_max = std::chrono::seconds(policy.number("throttle_max_s"));
  header.policy.resend_max = policy.number("resend_max");
  if (policy.has("targets_at_once")) header.policy.targets_at_once = policy.number("targets_at_once");
  header.policy.absence_proves = policy.has("absence_proves") && policy.flag("absence_proves");
  header.policy.installs = policy.has("installs") && policy.flag("installs");
  if (policy.has("pause_max_s")) header.policy.pause_max = std::chrono::seconds(policy.number("pause_max_s"));
  if (policy.has("deadline")) {
    const std::optional<WallTime> deadline = parse_rfc3339(policy.text("deadline"));
    if (!deadline) policy.at("deadline").complain("a time");
    header.policy.deadline = deadline;
    header.policy.deadline_cancels = policy.flag("deadline_cancels");
  }
  if (policy.has("gate")) header.policy.gate = read_gate(policy.at("gate"));
}

Json json_of(const std::vector<fleet::ScopePtr>& scopes) {
  Json array = Json::array();
  for (const fleet::ScopePtr& scope : scopes) {
    array.push_back(Json::object()
                        .set("account", scope->account.text())
                        .set("region", scope->region.text())
                        .set("partition", to_string(scope->partition))
                        .set("name", scope->account_name)
                        .set("access", json_of_access(scope->access)));
  }
  return array;
}

std::vector<fleet::ScopePtr> read_scopes(Reader in) {
  std::vector<fleet::ScopePtr> scopes;
  for (const Reader& one : in.items()) scopes.push_back(read_scope(one));
  return scopes;
}

Json json_of(const DocumentPin& pin) {
  return Json::object()
      .set("scope", pin.scope)
      .set("shell", pin.shell == Shell::powershell ? "powershell" : "sh")
      .set("version", pin.version)
      .set("sha256", pin.hash);
}

DocumentPin read_pin(Reader in) {
  DocumentPin pin;
  pin.scope = in.number("scope");
  pin.shell = in.text("shell") == "powershell" ? Shell::powershell : Shell::sh;
  pin.version = in.text("version");
  pin.hash = in.text("sha256");
  return pin;
}

Json json_of(const record::TargetEnd& end) {
  Json out = Json::object().set("target", end.target).set("outcome", name_in(end.outcome, kOutcomes));
  if (end.exit_code) out.set("exit_code", *end.exit_code);
  if (!end.reason.empty()) out.set("reason", end.reason);
  if (end.unreachable) out.set("unreachable", true);
  if (end.truncated) out.set("truncated", true);
  if (end.refusal) out.set("refusal", to_string(*end.refusal));
  if (end.out) out.set("out", ledger::to_hex(*end.out));
  if (end.err) out.set("err", ledger::to_hex(*end.err));
  return out;
}

record::TargetEnd read_target_end(Reader in) {
  record::TargetEnd end;
  end.target = in.number("target");
  end.outcome = enum_of<Outcome>(in, "outcome", kOutcomes);
  if (in.has("exit_code")) {
    const std::int64_t code = in.whole("exit_code");
    if (std::in_range<int>(code)) end.exit_code = static_cast<int>(code);
  }
  end.reason = in.optional_text("reason");
  end.unreachable = in.has("unreachable") && in.flag("unreachable");
  end.truncated = in.has("truncated") && in.flag("truncated");
  if (in.has("refusal")) end.refusal = error_kind_of(in, "refusal");
  end.out = read_digest(in, "out");
  end.err = read_digest(in, "err");
  return end;
}

std::string_view name_of(record::SendEnd end) noexcept {
  return name_in(end, kSendEnds);
}
std::string_view name_of(record::Decision decision) noexcept {
  return name_in(decision, kDecisions);
}
std::string_view name_of(record::HoldCause cause) noexcept {
  return name_in(cause, kHoldCauses);
}
record::SendEnd send_end_of(Reader in, std::string_view key) {
  return enum_of<record::SendEnd>(in, key, kSendEnds);
}
record::Decision decision_of(Reader in, std::string_view key) {
  return enum_of<record::Decision>(in, key, kDecisions);
}
record::HoldCause hold_cause_of(Reader in, std::string_view key) {
  return enum_of<record::HoldCause>(in, key, kHoldCauses);
}

ErrorKind error_kind_of(Reader in, std::string_view key) {
  const std::string text = in.text(key);
  for (const ErrorKind kind : kErrorKinds) {
    if (to_string(kind) == text) return kind;
  }
  in.at(key).complain("a kind of error");
  return ErrorKind::internal;
}

}  // namespace postern::flow::record_json
