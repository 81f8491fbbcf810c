#include "cli/dr_own_install.hpp"

#include <algorithm>

#include "access/install_document.hpp"
#include "adapters/document_source.hpp"
#include "adapters/drs_sites.hpp"
#include "base/text.hpp"
#include "recovery/node_rights.hpp"
#include "recovery/site_plan.hpp"
#include "rt/combine.hpp"

namespace postern::cli {
namespace own_install {

using recovery::Blocker;

constexpr std::size_t kReasonMax = 300;

bool is_disk_path(std::string_view text) {
  constexpr std::string_view kCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-";
  constexpr std::string_view kBegin = "/dev/";
  return text.starts_with(kBegin) && text.size() > kBegin.size() &&
         text.find_first_not_of(kCharacters) == std::string_view::npos;
}

bool is_drive(std::string_view text) {
  const bool letter = !text.empty() && ((text[0] >= 'A' && text[0] <= 'Z') || (text[0] >= 'a' && text[0] <= 'z'));
  return letter && text.size() == 2 && text[1] == ':';
}

std::string how_to_deploy(const fleet::Scope& scope) {
  return "postern deploy documents --account " + scope.account.text() + " --region " + scope.region.text();
}

/// Why a document is not the one that we mean.
std::optional<Blocker> judge_document(const Result<flow::DocumentDescription>& seen, const fleet::Scope& scope) {
  const std::string name(access::kOwnInstallDocument);
  if (!seen && seen.error().kind() == ErrorKind::not_found) {
    return Blocker("DOCUMENT_MISSING", "there is no document " + name + " in " + scope.label(), how_to_deploy(scope));
  }
  if (!seen || seen->content.empty()) {
    const std::string why = seen ? "its content may not be read" : printable(seen.error().message(), kReasonMax);
    return Blocker("DOCUMENT_UNKNOWN",
                   "whether " + name + " in " + scope.label() + " is postern's is not known: " + why,
                   "allow ssm:DescribeDocument and ssm:GetDocument");
  }
  if (access::is_install_document(seen->content)) return std::nullopt;
  return Blocker("DOCUMENT_CHANGED",
                 "the document " + name + " in " + scope.label() + " is not the one of this postern: version " +
                     printable(seen->version, 20) + " was changed, or another postern deployed it",
                 how_to_deploy(scope));
}

struct LookAtDocument {
  LookAtDocument(rt::CallContext c, flow::DocumentPort& p, const std::vector<fleet::ScopePtr>& s,
                 std::vector<std::optional<Blocker>>* f)
      : ctx(c), port(&p), scopes(&s), found(f) {}
  rt::Task<void> operator()(std::size_t index) const {
    const fleet::ScopePtr& scope = (*scopes)[index];
    const std::string name(access::kOwnInstallDocument);
    const Result<flow::DocumentDescription> seen = co_await port->describe(ctx, scope, name, std::string());
    (*found)[index] = judge_document(seen, *scope);
  }
  rt::CallContext ctx;
  flow::DocumentPort* port;
  const std::vector<fleet::ScopePtr>* scopes;
  std::vector<std::optional<Blocker>>* found;
};

/// An account and the site that its servers replicate to.
struct Pair {
  Pair(fleet::ScopePtr s, fleet::ScopePtr t) : source(std::move(s)), site(std::move(t)) {}
  fleet::ScopePtr source;
  fleet::ScopePtr site;
};

struct LookAtTrust {
  LookAtTrust(rt::CallContext c, adapters::DrsSites& p, const std::vector<Pair>& a,
              std::vector<std::optional<Blocker>>* f)
      : ctx(c), port(&p), pairs(&a), found(f) {}
  rt::Task<void> operator()(std::size_t index) const {
    const Pair& pair = (*pairs)[index];
    const std::string source = pair.source->account.text();
    const std::string staging = pair.site->account.text();
    const std::string own_role = recovery::authorized_agent_role(staging);
    const std::string their_role = recovery::agent_role(source);
    const Result<bool> own = co_await port->has_role(ctx, pair.source, own_role);
    const Result<bool> theirs = co_await port->has_role(ctx, pair.site, their_role);
    // What may not be asked is for the installer to find out: it fails cleanly and says so.
    std::string lost;
    std::string step;
    if (own && !*own) {
      lost = own_role + " in " + source;
      step = recovery::trusted_account_step(source, staging, pair.site->region.text());
    }
    if (theirs && !*theirs) {
      lost += (lost.empty() ? "" : " and ") + their_role + " in " + staging;
      step += (step.empty() ? "" : "; ") + recovery::trusted_account_step(staging, source, pair.site->region.text());
    }
    if (lost.empty()) co_return;
    (*found)[index] = Blocker("TRUSTED_ACCOUNT_MISSING",
                              "to replicate into account " + staging + ", there has to be the role " + lost, step);
  }
  rt::CallContext ctx;
  adapters::DrsSites* port;
  const std::vector<Pair>* pairs;
  std::vector<std::optional<Blocker>>* found;
};

std::vector<fleet::ScopePtr> scopes_of(const std::vector<fleet::Instance>& instances) {
  std::vector<fleet::ScopePtr> scopes;
  for (const fleet::Instance& instance : instances) {
    const fleet::ScopePtr& scope = instance.ref.scope_ptr();
    if (std::find(scopes.begin(), scopes.end(), scope) == scopes.end()) scopes.push_back(scope);
  }
  return scopes;
}

/// The site in the account that --into or the fleet file names.
Result<fleet::ScopePtr> site_in(const Command& command, const AwsWork& aws, const std::string& account,
                                const fleet::Region& region) {
  fleet::ScopeRequest request = scope_request(command, aws, fleet::Duty::rollout);
  request.role_arns.clear();
  request.external_id.clear();
  request.accounts.clear();
  request.regions = {region.text()};
  if (account.starts_with("arn:")) {
    request.role_arns.push_back(account);
    TRY(const fleet::RoleArn role, fleet::RoleArn::parse(account));
    const fleet::Account* known = aws.fleet ? aws.fleet->find_account(role.account().text()) : nullptr;
    if (known != nullptr && known->external_id) request.external_id = known->external_id->to_text();
  } else if (aws.fleet) {
    request.accounts.push_back(account);
  } else {
    return fail(ErrorKind::usage, "--into " + printable(account, 60) +
                                      ": without a fleet file the way into that account is not known; give the ARN of "
                                      "a role there: --into arn:aws:iam::ACCOUNT:role/NAME");
  }
  TRY(const std::vector<fleet::ScopePtr> scopes, fleet::make_scopes(aws.fleet, request));
  return scopes.front();
}

}  // namespace own_install

Result<InstallDevices> chosen_devices(const Invocation& invocation) {
  InstallDevices devices;
  for (const std::string& words : invocation.values("--devices")) {
    for (const std::string_view word : split(words, ',')) {
      const std::string_view one = trim(word);
      if (!own_install::is_disk_path(one) && !own_install::is_drive(one)) {
        return fail(ErrorKind::usage, "--devices '" + printable(one, 60) +
                                          "': a disk is a path below /dev, as /dev/nvme0n1, or of Windows a letter and "
                                          "a colon, as D:");
      }
      std::string& all = own_install::is_drive(one) ? devices.windows_disks : devices.linux_disks;
      all += (all.empty() ? "" : ",") + std::string(one);
    }
  }
  return devices;
}

Result<recovery::StagingSites> chosen_staging(const Command& command, const AwsWork& aws,
                                              const std::vector<fleet::ScopePtr>& sites) {
  recovery::StagingSites staging;
  const auto into = command.invocation().value("--into");
  for (const fleet::ScopePtr& site : sites) {
    const fleet::Account* account = aws.fleet ? aws.fleet->find_account(site->account.text()) : nullptr;
    std::string named = into.value_or("");
    if (named.empty() && account != nullptr) named = account->dr.over(aws.fleet->defaults.dr).staging_account.text();
    if (named.empty() || named == site->account.text()) continue;
    TRY(fleet::ScopePtr there, own_install::site_in(command, aws, named, site->region));
    if (there->account == site->account) continue;
    staging.emplace(site->account.text(), std::move(there));
  }
  return staging;
}

Result<void> expect_own_document(const flow::DocumentLook& look) {
  for (const flow::DocumentLook::Seen& seen : look.seen) {
    const std::optional<recovery::Blocker> wrong = own_install::judge_document(seen.document, *seen.scope);
    if (!wrong) continue;
    return fail(Error(ErrorKind::refused, wrong->why + ": " + wrong->fix).with("rail", "document"));
  }
  return {};
}

rt::Task<Result<void>> OwnInstall::look(const Command& command, adapters::AwsSession& session,
                                        std::vector<fleet::Instance> instances, const recovery::StagingSites& staging,
                                        const InstallDevices& devices, std::size_t concurrency) {
  using namespace own_install;
  devices_ = devices;
  std::erase_if(instances, [&](const fleet::Instance& instance) {
    return devices.empty() && !staging.contains(instance.ref.scope().account.text());
  });
  const std::vector<fleet::ScopePtr> scopes = scopes_of(instances);
  adapters::SsmDocuments documents(session);
  std::vector<std::optional<Blocker>> found(scopes.size());
  const LookAtDocument look_at_document(command.ctx(), documents, scopes, &found);
  co_await rt::for_each_bounded(scopes.size(), concurrency, look_at_document);
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    if (found[i]) documents_.emplace(scopes[i]->label(), std::move(*found[i]));
    const auto there = staging.find(scopes[i]->account.text());
    const bool known = std::any_of(pairs.begin(), pairs.end(),
                                   [&](const Pair& pair) { return pair.source->account == scopes[i]->account; });
    if (there != staging.end() && !known) pairs.emplace_back(scopes[i], there->second);
  }
  adapters::DrsSites sites(session);
  std::vector<std::optional<Blocker>> lost(pairs.size());
  const LookAtTrust look_at_trust(command.ctx(), sites, pairs, &lost);
  co_await rt::for_each_bounded(pairs.size(), concurrency, look_at_trust);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (lost[i]) trust_.emplace(pairs[i].source->account.text(), std::move(*lost[i]));
  }
  const bool stopped = co_await rt::is_cancelled();
  if (stopped) co_return fail(ErrorKind::cancelled, "interrupted");
  co_return Result<void>();
}

std::optional<recovery::Blocker> OwnInstall::obstacle(const fleet::Instance& instance) const {
  const bool windows = instance.platform == fleet::Platform::windows;
  if (!devices_.empty() && (windows ? devices_.windows_disks : devices_.linux_disks).empty()) {
    return recovery::Blocker("DEVICES_UNSAID",
                             std::string("--devices names no disk of a ") + (windows ? "Windows" : "Linux") + " server",
                             windows ? "--devices C:,D: beside the others, or --select the others only"
                                     : "--devices /dev/NAME beside the others, or --select the others only");
  }
  const auto found = documents_.find(instance.ref.scope().label());
  return found == documents_.end() ? std::nullopt : std::optional<recovery::Blocker>(found->second);
}

std::optional<recovery::Blocker> OwnInstall::missing_trust(const fleet::Instance& instance) const {
  const auto found = trust_.find(instance.ref.scope().account.text());
  return found == trust_.end() ? std::nullopt : std::optional<recovery::Blocker>(found->second);
}

}  // namespace postern::cli
