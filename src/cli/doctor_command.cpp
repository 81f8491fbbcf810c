// doctor: what a command would use from this host, and what is wrong with it.

#include <algorithm>

#include "aws/ec2/ops.hpp"
#include "aws/ssm/ops.hpp"
#include "aws/sts/ops.hpp"
#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/failure.hpp"
#include "term/wrap.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t kDetailMax = 600;
constexpr std::size_t kStatusColumns = 9;  // "warning" and two blanks
constexpr std::size_t kUnlimited = 100'000;

enum class Health : std::uint8_t { ok, warning, bad };

struct Check {
  Check(std::string n, Health h, std::string d, std::string f = "")
      : name(std::move(n)), health(h), detail(std::move(d)), fix(std::move(f)) {}
  std::string name;
  Health health;
  std::string detail;
  std::string fix;
};

std::string_view to_string(Health health) {
  switch (health) {
    case Health::ok:
      return "ok";
    case Health::warning:
      return "warning";
    case Health::bad:
      return "bad";
  }
  return "bad";
}

void check_configuration(const Command& command, const AwsWork& work, std::vector<Check>& checks) {
  const aws::auth::Settings& settings = work.session->settings();
  checks.emplace_back("fleet file", Health::ok,
                      work.fleet
                          ? work.fleet->file_name + ", " + std::to_string(work.fleet->accounts.size()) + " accounts"
                          : "none: the caller's own account is used");
  checks.emplace_back("mode", Health::ok, work.read_only ? "read-only: nothing can be changed" : "read-write");
  checks.emplace_back("profile", Health::ok, settings.profile);
  if (settings.region.empty()) {
    checks.emplace_back("region", Health::bad, "none", "give --region or set AWS_REGION");
  } else {
    checks.emplace_back("region", Health::ok, settings.region + " (from " + settings.region_source + ")");
  }
  checks.emplace_back("trusted roots", Health::ok, work.session->ca().origin);
  const net::ProxySettings& proxies = work.session->proxies();
  const bool proxied = !proxies.https_proxy.empty() || !proxies.http_proxy.empty();
  checks.emplace_back(
      "proxy", Health::ok,
      proxied ? "set in the environment" + (proxies.no_proxy.empty() ? "" : "; not for " + proxies.no_proxy) : "none");
  const os::Environment& environment = *command.host().environment;
  if (environment.get("AWS_ROLE_ARN") && !environment.get("AWS_WEB_IDENTITY_TOKEN_FILE")) {
    checks.emplace_back("AWS_ROLE_ARN", Health::warning,
                        "set without AWS_WEB_IDENTITY_TOKEN_FILE: no AWS program reads it", "pass it as --role-arn");
  }
}

rt::Task<void> check_identity(const Command& command, AwsWork& work, std::vector<Check>& checks) {
  const Result<aws::Credentials> credentials = co_await work.session->hub()->resolve(command.ctx());
  if (!credentials) {
    checks.emplace_back("credentials", Health::bad, credentials.error().message(),
                        "aws configure, aws sso login --profile NAME, or keys in AWS_ACCESS_KEY_ID and "
                        "AWS_SECRET_ACCESS_KEY");
    co_return;
  }
  std::string detail = credentials->access_key_id + " from " + credentials->source;
  if (credentials->expires) detail += ", until " + format_rfc3339(*credentials->expires);
  checks.emplace_back("credentials", Health::ok, detail);
  if (command.invocation().has("--offline") || work.session->settings().region.empty()) co_return;
  aws::CallScope scope;
  scope.region = work.session->settings().region;
  scope.credentials = work.session->hub();
  const auto identity = co_await work.session->identities().identify(command.ctx(), scope);
  if (identity) {
    checks.emplace_back("identity", Health::ok, identity->arn);
  } else {
    checks.emplace_back("identity", Health::bad, identity.error().message());
  }
}

/// Asks an endpoint for anything at all: that it answers over trusted TLS, and what time it has.
rt::Task<void> check_endpoint(const Command& command, AwsWork& work, const aws::ServiceSpec& service,
                              std::vector<Check>& checks) {
  const std::string name = "endpoint " + std::string(service.id);
  const aws::auth::Settings& settings = work.session->settings();
  const auto endpoint = aws::resolve_endpoint(service, settings.region, settings.endpoints);
  if (!endpoint) {
    checks.emplace_back(name, Health::bad, endpoint.error().message());
    co_return;
  }
  http::Request request;
  const rt::CallContext ctx = command.ctx().within(std::chrono::seconds(10));
  const http::Origin origin = endpoint->origin;
  const Result<http::Response> response = co_await work.session->http().send(ctx, origin, request);
  if (!response) {
    std::string detail = origin.to_text() + ": " + response.error().message();
    if (response.error().cause() != nullptr) detail += ": " + response.error().cause()->message();
    const bool unreached = response.error().kind() == ErrorKind::unavailable;
    checks.emplace_back(name, Health::bad, detail,
                        unreached ? "check DNS, HTTPS_PROXY and NO_PROXY; --offline asks no endpoint" : "");
    co_return;
  }
  const auto date = parse_http_date(response->headers.get("Date"));
  std::string detail = origin.to_text() + " answers (" + endpoint->source + ")";
  if (!date) {
    checks.emplace_back(name, Health::ok, detail + "; it names no time");
    co_return;
  }
  const Duration skew = *date - command.host().clock->wall_now();
  const bool far = std::chrono::abs(skew) > std::chrono::minutes(4);
  detail += "; clocks differ by " + format_duration(std::chrono::abs(skew));
  checks.emplace_back(name, far ? Health::bad : Health::ok, detail,
                      far ? "set this host's clock (NTP): signatures are refused" : "");
}

/// Lines of a list become one sentence.
std::string one_line(std::string_view text) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    if (!out.empty()) out += out.back() == ':' ? " " : "; ";
    out += trim(line);
  }
  return printable(out, kDetailMax);
}

term::Style style_of(Health health) {
  if (health == Health::ok) return term::Style::good;
  return health == Health::warning ? term::Style::warning : term::Style::bad;
}

/// What stands under a heading, wrapped beside it: a table would cut what matters.
std::string doctor_text(const std::vector<Check>& checks, const OutputOptions& options) {
  const std::size_t columns = options.width > 0 ? options.width : kUnlimited;
  std::size_t widest = 0;
  for (const Check& check : checks) widest = std::max(widest, check.name.size());
  const std::string indent(widest + kStatusColumns + 2, ' ');
  std::string out;
  for (const Check& check : checks) {
    std::string status(to_string(check.health));
    std::string heading = term::styled(status, style_of(check.health), options.color);
    heading.append(kStatusColumns - status.size(), ' ').append(check.name);
    heading.append(indent.size() - kStatusColumns - check.name.size(), ' ');
    std::string block;
    std::string text = check.detail + (check.fix.empty() ? "" : "\nfix: " + check.fix);
    for (const std::string_view line : split(text, '\n')) {
      const std::string deeper(std::min(line.find_first_not_of(' '), line.size()), ' ');
      block += term::wrap_indented(printable(trim(line), kDetailMax), columns, indent + deeper, indent + deeper + "  ");
    }
    out += heading + block.substr(indent.size());
  }
  return out;
}

Answer doctor_answer(const std::vector<Check>& checks) {
  Answer answer;
  Json rows = Json::array();
  for (const Check& check : checks) {
    Json row = Json::object();
    row.set("name", check.name).set("status", to_string(check.health)).set("detail", one_line(check.detail));
    if (!check.fix.empty()) row.set("fix", check.fix);
    rows.push_back(std::move(row));
  }
  answer.document = Json::object().set("schema", "postern.doctor/1").set("checks", std::move(rows));
  answer.rows_key = "checks";
  answer.markdown_title = "This host";
  answer.columns.push_back(member_column("CHECK", 0, "name"));
  answer.columns.emplace_back(
      "STATUS", 0, [](const Json& row) { return term::Cell(std::string(row["status"].to_string().value_or(""))); });
  answer.columns.push_back(member_column("DETAIL", 0, "detail"));
  answer.columns.push_back(member_column("FIX", 1, "fix"));
  return answer;
}

}  // namespace

rt::Task<Result<int>> run_doctor(const Command& command) {
  const rt::Executor executor = co_await rt::asio::this_coro::executor;
  CO_TRY(AwsWork work, open_session(executor, command));
  std::vector<Check> checks;
  check_configuration(command, work, checks);
  co_await check_identity(command, work, checks);
  if (!command.invocation().has("--offline") && !work.session->settings().region.empty()) {
    co_await check_endpoint(command, work, aws::sts::service(), checks);
    co_await check_endpoint(command, work, aws::ec2::service(), checks);
    co_await check_endpoint(command, work, aws::ssm::service(), checks);
  }
  co_await work.session->close();
  if (command.output().format == Format::table && !command.output().query) {
    command.out(doctor_text(checks, command.output()));
  } else {
    CO_TRY_VOID(command.answer(doctor_answer(checks)));
  }
  for (const Check& check : checks) {
    if (check.health == Health::bad) co_return kExitEnvironment;
  }
  co_return kExitOk;
}

}  // namespace postern::cli
