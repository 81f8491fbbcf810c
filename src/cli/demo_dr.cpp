// demo --dr: from no roles at all to a drill that leaves nothing behind, on the world of `sim init --example dr`.

#include <algorithm>
#include <map>
#include <utility>

#include "aws/core/call.hpp"
#include "aws/ec2/ops.hpp"
#include "base/plural.hpp"
#include "base/text.hpp"
#include "cli/aws_command.hpp"
#include "cli/demo_dr_world.hpp"
#include "cli/demo_stage.hpp"
#include "cli/failure.hpp"
#include "rt/combine.hpp"
#include "term/width.hpp"

namespace postern::cli {
namespace demo_dr {

constexpr std::size_t kUlidDigits = 26;
constexpr const char* kHubRegion = "us-east-1";
constexpr const char* kHeldWord = "HELD-RUN";
constexpr const char* kDrillWord = "DRILL-RUN";
constexpr const char* kReportWord = "REPORT";

/// Keeps what a step prints on both streams, in the order of printing, so that it can be shown shortened.
class KeepingConsole final : public os::Console {
 public:
  explicit KeepingConsole(os::Console& inner) : inner_(inner) {}
  Result<void> write(os::StdStream, std::string_view text) override {
    if (kept_.size() + text.size() <= kKeptMax) kept_ += text;
    return {};
  }
  /// Nobody is asked and no bar is drawn: a story of hours takes seconds.
  bool is_tty(os::StdStream stream) const override { return stream == os::StdStream::out && inner_.is_tty(stream); }
  std::optional<os::TtySize> size() const override { return inner_.size(); }
  Result<std::unique_ptr<os::RawMode>> enter_raw_mode() override { return inner_.enter_raw_mode(); }
  Result<std::unique_ptr<os::RawMode>> hide_input() override { return inner_.hide_input(); }
  void restore() noexcept override { inner_.restore(); }
  rt::Task<Result<std::size_t>> read_input(std::span<std::byte> into) override { return inner_.read_input(into); }
  std::string take() { return std::exchange(kept_, std::string()); }

 private:
  static constexpr std::size_t kKeptMax = 4U << 20U;
  os::Console& inner_;
  std::string kept_;
};

/// Who types: an administrator with keys of an IAM user, or somebody on the orchestration host, whose role is all that
/// there is.
enum class Who : std::uint8_t { admin, host };

struct DrStep {
  DrStep(Who w, std::string t, std::vector<std::string> a, int e, std::size_t l)
      : who(w), told(std::move(t)), arguments(std::move(a)), expected(e), lines(l) {}
  Who who;
  std::string told;
  std::vector<std::string> arguments;
  int expected;
  std::size_t lines;  ///< of its output that are shown
};

void add_roles(std::vector<DrStep>& steps) {
  steps.emplace_back(
      Who::admin,
      "A hub account and three others, as their organisation made them: nothing of postern's is there. What would it "
      "need? The hub's identity may assume exactly these roles and nothing else; each account has a role for every "
      "duty, "
      "and a command assumes the one that can least.",
      words_of({"render", "roles", "--for", "hub"}), kExitOk, 14);
  steps.emplace_back(Who::admin,
                     "The hub's identity comes first: a role can only trust one that exists. An administrator does "
                     "this once, by CloudFormation.",
                     words_of({"deploy", "roles", "--for", "hub", "--yes"}), kExitOk, 12);
  steps.emplace_back(Who::admin,
                     "Then the three accounts, side by side, each with an ExternalId of its own. The change sets are "
                     "shown first; without --yes it asks. Commands may be sent to the nodes with this tag only.",
                     words_of({"deploy", "roles", "--node-tag", "dr:enabled=true", "--yes"}), kExitOk, 14);
}

void add_sites(std::vector<DrStep>& steps) {
  steps.emplace_back(Who::host,
                     "From here on no key is needed: on the host with that instance profile the role's own credentials "
                     "are found. Does every account let us in?",
                     words_of({"accounts", "check"}), kExitOk, 12);
  steps.emplace_back(
      Who::admin,
      "Where do they recover to? One account has servers in its site already, one was never set up. Setting a site up "
      "is an administrator's work, with the organisation's own role. Nobody can choose a subnet for others, but what "
      "there is can be named.",
      words_of({"dr", "init", "--account", "payments,ledger", "--via", "OrganizationAccountAccessRole", "--dry-run"}),
      kExitGate, 14);
  steps.emplace_back(
      Who::admin,
      "The first of each goes into the fleet file (dr: {replication: {subnet: .., security_groups: [..]}}). The third "
      "account, the lab, is left as it is.",
      words_of({"dr", "init", "--account", "payments,ledger", "--via", "OrganizationAccountAccessRole", "--yes"}),
      kExitOk, 18);
  steps.emplace_back(Who::admin,
                     "Who is told when a command fails, a server falls behind, or a launch fails? Alarms and event "
                     "rules stand where that happens: in each account and Region.",
                     words_of({"deploy", "alarms", "--yes"}), kExitOk, 14);
}

void add_rollout(std::vector<DrStep>& steps) {
  steps.emplace_back(
      Who::host,
      "An agent installs itself with the rights of its instance's role. Two roles lack AWS's policy for it: it is "
      "attached, "
      "after saying who else has the role. Four instances have no role at all; that is for a person.",
      words_of({"dr", "prepare", "--yes"}), kExitTargetFailed, 20);
  steps.emplace_back(Who::host,
                     "130 instances are tagged for disaster recovery. Who is ready, who is protected already, and what "
                     "is in the others' way? Nothing is sent.",
                     words_of({"dr", "rollout", "--dry-run"}), kExitOk, 24);
  steps.emplace_back(
      Who::host,
      "Now for real: a look inside every server, then the installer, family by family, a canary first, until all that "
      "can be is replicating. Systems Manager's word is not taken for it: a server counts when Elastic Disaster "
      "Recovery "
      "has it. On AWS this takes hours; here time does not wait.",
      words_of({"dr", "rollout", "--yes", "--expect", "114", "--until", "protected"}), kExitGate, 64);
  steps.emplace_back(Who::host,
                     "Ubuntu's canary failed, so nine others were spared: that family waits for a decision. Mend the "
                     "package mirror and `postern resume` goes on; here it is called off. Exit code 4 says that nine "
                     "were never reached.",
                     words_of({"cancel", kHeldWord}), kExitUnknown, 10);
  steps.emplace_back(Who::host, "How well is the fleet protected?", words_of({"dr", "coverage", "--gaps"}), kExitOk,
                     22);
}

void add_drill(std::vector<DrStep>& steps) {
  steps.emplace_back(Who::host,
                     "A protection that was never tried is none. The 25 servers of the shop are launched as a drill, "
                     "beside those that run. The job says COMPLETED; what became of each server is read from its log.",
                     words_of({"dr", "drill", "--select", "tag:app=shop", "--expect", "25", "--yes"}),
                     kExitTargetFailed, 26);
  steps.emplace_back(Who::host, "Three found no capacity. Only they are tried again.",
                     words_of({"dr", "drill", "--failed-of", "latest", "--yes"}), kExitOk, 14);
  steps.emplace_back(Who::host, "The report, for those who have to sign it: one page without any link to the outside.",
                     words_of({"runs", "export", kDrillWord, "--format", "html", "--out", kReportWord}), kExitOk, 6);
  steps.emplace_back(Who::host,
                     "And the end of it: what those two runs launched and nothing else, and then a look whether "
                     "instances or volumes are left.",
                     words_of({"dr", "cleanup", kDrillWord, "--all-drills-of-run", "--yes"}), kExitOk, 14);
}

void add_audit(std::vector<DrStep>& steps) {
  steps.emplace_back(Who::host, "Who used the role that may recover? CloudTrail knows, in every account and Region.",
                     words_of({"audit", "who", "PosternRecover", "--account", "ledger", "--last", "3"}), kExitOk, 12);
  steps.emplace_back(Who::host, "And all of it is in the ledger, whose chain shows whether anybody has changed it.",
                     words_of({"ledger", "verify"}), kExitOk, 12);
}

/// What the line takes on a terminal: colours take nothing.
std::size_t visible_width(std::string_view line) {
  std::string plain;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\x1b') {
      plain += line[i];
      continue;
    }
    i = std::min(line.find('m', i), line.size());
  }
  return term::display_width(plain);
}

/// Lines as wide as the terminal takes. Tables know how wide it is; what a file would get is broken here.
std::string fitted(const std::string& printed, std::size_t columns) {
  std::string out;
  for (const std::string_view line : split(printed, '\n')) {
    const std::string whole = std::string(line) + "\n";
    out += visible_width(line) <= columns ? whole : fit_lines(whole, columns);
  }
  return out;
}

/// The middle of what is too long is left out.
std::string shortened(const std::string& printed, std::size_t lines_max) {
  std::vector<std::string_view> lines = split(printed, '\n');
  while (!lines.empty() && trim(lines.back()).empty()) lines.pop_back();
  std::string out;
  const std::size_t tail = lines_max / 3;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines.size() > lines_max + 1 && i == lines_max - tail) {
      const std::size_t left_out = lines.size() - lines_max;
      out += "      ... " + plural(left_out, "line") + " left out ...\n";
      i += left_out;
    }
    out.append(lines[i]).append("\n");
  }
  return out;
}

/// The id that follows `mark` behind `from`: "subnet-0123456789abcdef0".
std::string id_after(const std::string& printed, std::string_view mark, std::size_t from) {
  const std::size_t at = printed.find(mark, from);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + mark.size();
  return printed.substr(begin, printed.find_first_of(" ;\n", begin) - begin);
}

/// As an administrator does it with AWS's own tools.
rt::Task<Result<void>> associate_profile(rt::CallContext ctx, adapters::AwsSession& session) {
  aws::CallScope scope;
  scope.region = kHubRegion;
  scope.credentials = session.hub();
  aws::ec2::DescribeInstancesRequest find;
  find.filters.emplace_back();
  find.filters.back().name = "tag:Name";
  find.filters.back().values.emplace_back(kDrHubHost);
  aws::CallScope again = scope;
  CO_TRY(const auto found,
         co_await aws::call<aws::ec2::DescribeInstances>(ctx, session.invoker(), std::move(scope), std::move(find)));
  if (found.reservations.empty() || found.reservations.front().instances.empty()) {
    co_return fail(ErrorKind::not_found, "there is no instance " + std::string(kDrHubHost));
  }
  aws::ec2::AssociateIamInstanceProfileRequest give;
  give.instance_id = found.reservations.front().instances.front().instance_id;
  give.iam_instance_profile.emplace().name = "PosternHub";
  CO_TRY_VOID(co_await aws::call<aws::ec2::AssociateIamInstanceProfile>(ctx, session.invoker(), std::move(again),
                                                                        std::move(give)));
  co_return Result<void>();
}

/// The run's id that follows `mark`; empty when there is none.
std::string run_after(std::string_view printed, std::string_view mark) {
  for (std::size_t at = printed.find(mark); at != std::string_view::npos; at = printed.find(mark, at + 1)) {
    const std::string_view id = printed.substr(at + mark.size(), kUlidDigits);
    const bool whole = id.size() == kUlidDigits && std::all_of(id.begin(), id.end(), [](char c) {
                         return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
                       });
    if (whole) return std::string(id);
  }
  return {};
}

class DrStory {
 public:
  DrStory(const Command& command, Host host, RunningCloud& cloud, const DemoFolder& folder)
      : command_(command), host_(host), cloud_(cloud), folder_(folder), teller_(command), console_(*host.console) {
    host_.console = &console_;
    host_.signals = nullptr;  // the outer command listens; its cancellation reaches the steps
  }

  rt::Task<Result<int>> play() {
    CO_TRY(Variables admin, folder_.furnish(cloud_, dr_fleet_yaml({})));
    Variables role;
    for (const auto& variable : admin) {
      const bool key = variable.first == "AWS_ACCESS_KEY_ID" || variable.first == "AWS_SECRET_ACCESS_KEY";
      if (!key) role.push_back(variable);
    }
    role.emplace_back("AWS_EC2_METADATA_SERVICE_ENDPOINT", cloud_.metadata_url());
    admin.emplace_back("AWS_EC2_METADATA_DISABLED", "true");
    const os::Environment& own = *command_.host().environment;
    DemoEnvironment admins(own, std::move(admin), folder_.dir());
    DemoEnvironment hosts(own, std::move(role), folder_.dir());
    admin_ = &admins;
    hub_ = &hosts;
    teller_.open(cloud_);
    std::vector<DrStep> steps;
    add_roles(steps);
    CO_TRY_VOID(co_await play(std::move(steps)));
    if (!stopped_) CO_TRY_VOID(co_await give_profile());
    for (const auto part : {&add_sites, &add_rollout, &add_drill, &add_audit}) {
      steps.clear();
      part(steps);
      if (!stopped_) CO_TRY_VOID(co_await play(std::move(steps)));
    }
    if (stopped_) co_return kExitInterrupted;
    co_await end_story(command_, teller_, folder_, last_words());
    if (command_.invocation().has("--exit-code")) co_return drill_code_;
    co_return as_designed_ ? kExitOk : kExitOther;
  }

 private:
  rt::Task<Result<void>> play(std::vector<DrStep> steps) {
    for (DrStep& step : steps) {
      const int code = co_await run(step);
      stopped_ = co_await rt::is_cancelled();
      if (stopped_) co_return Result<void>();
      const bool good = teller_.close_step(code, {step.expected});
      as_designed_ = as_designed_ && good;
      if (step.arguments[1] == "drill") drill_code_ = code;
    }
    co_return Result<void>();
  }

  rt::Task<int> run(DrStep& step) {
    for (std::string& word : step.arguments) {
      if (word == kHeldWord) word = held_;
      if (word == kDrillWord) word = drill_;
      if (word == kReportWord) word = folder_.path("drill.html");
    }
    teller_.tell(step.told);
    teller_.prompt(step.who == Who::admin ? "admin" : kDrHubHost, typed_line(step.arguments));
    host_.environment = step.who == Who::admin ? admin_ : hub_;
    std::vector<std::string> arguments = step.arguments;
    if (arguments[0] != "render" && arguments[1] != "export") arguments.insert(arguments.end(), {"--output", "table"});
    for (int i = 0; i < command_.invocation().count("--verbose"); ++i) arguments.insert(arguments.begin(), "-v");
    const int code = co_await run_cli(host_, std::move(arguments));
    const std::string printed = console_.take();
    if (step.arguments[1] == "init" && code == kExitGate) {
      const Result<void> written = choose_places(printed);
      if (!written) teller_.plain(written.error().message() + "\n");
    }
    if (held_.empty()) held_ = run_after(printed, "postern cancel ");
    if (drill_.empty() && step.arguments[1] == "drill") drill_ = run_after(printed, "dr cleanup ");
    const bool tty = command_.host().console->is_tty(os::StdStream::out);
    teller_.plain(shortened(tty ? fitted(printed, command_.stderr_width()) : printed, step.lines));
    co_return code;
  }

  /// What the EC2 console or the AWS CLI does; there is no command of postern's for it.
  rt::Task<Result<void>> give_profile() {
    teller_.tell(
        "The host on which postern will run gets the instance profile: whoever is on it may do what the hub may, and "
        "nobody else. That is a line for AWS's own tools; the demo does it for you.");
    teller_.prompt("admin",
                   "aws ec2 associate-iam-instance-profile --instance-id ID --iam-instance-profile Name=PosternHub");
    Host host = host_;
    host.environment = admin_;
    obs::Log log(*host.clock);
    Farewell farewell;
    CO_TRY(const Invocation invocation, parse_command_line(words_of({"targets"})));
    const rt::CallContext ctx(*host.clock, *host.random, command_.ctx().explainer());
    CO_TRY(const Command admin, Command::make(host, ctx, invocation, Reporting(log, farewell)));
    CO_TRY(const AwsWork work, open_session(co_await rt::asio::this_coro::executor, admin, FleetUse::ignored));
    Result<void> given = co_await associate_profile(ctx, *work.session);
    co_await work.session->close();
    co_return given;
  }

  /// The places that `dr init` has just listed, as a person writes them into the fleet file.
  Result<void> choose_places(const std::string& printed) {
    std::map<std::string, std::string, std::less<>> staging;
    for (const char* account : {"payments", "ledger"}) {
      const std::size_t at = printed.find(std::string(account) + " (");
      if (at == std::string::npos) continue;
      const std::string subnet = id_after(printed, "subnets there: ", at);
      const std::string group = id_after(printed, "security groups there: ", at);
      staging[account] = "{subnet: " + subnet + ", security_groups: [" + group + "]}";
    }
    return folder_.write_fleet(dr_fleet_yaml(staging));
  }

  std::string last_words() const {
    if (!as_designed_) return "Something did not go as designed; please report it with the output above.";
    return "Everything went as the world's faults demand. The same on your own: `postern sim serve --example dr "
           "--metadata orchestrator --env-file sim.env` keeps this cloud for you and every AWS tool, and "
           "docs/guide/disaster-recovery.md walks through it. On your accounts: begin with `postern init "
           "--from-organizations -O postern.yaml`, which is read-only until you say otherwise.";
  }

  const Command& command_;
  Host host_;
  RunningCloud& cloud_;
  const DemoFolder& folder_;
  StoryTeller teller_;
  KeepingConsole console_;
  os::Environment* admin_ = nullptr;
  os::Environment* hub_ = nullptr;
  std::string held_;
  std::string drill_;
  bool as_designed_ = true;
  bool stopped_ = false;
  int drill_code_ = kExitOk;
};

}  // namespace demo_dr

rt::Task<Result<int>> play_dr_story(const Command& command, Host host, RunningCloud& cloud, const DemoFolder& folder) {
  demo_dr::DrStory story(command, host, cloud, folder);
  co_return co_await story.play();
}

}  // namespace postern::cli
