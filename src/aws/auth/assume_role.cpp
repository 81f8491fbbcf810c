#include "aws/auth/assume_role.hpp"

#include <algorithm>

#include "aws/core/partitions.hpp"
#include "aws/sts/ops.hpp"
#include "base/text.hpp"
#include "base/wipe.hpp"

namespace postern::aws::auth {

namespace {

constexpr std::size_t kSessionPolicyMax = 2048;
constexpr std::size_t kWebTokenBytesMax = 64U << 10U;
constexpr Duration kClockTolerance = std::chrono::seconds(60);

/// The Region whose STS is asked: regional wherever one is known, as every current SDK does it.
std::string sts_region(const std::string& region, const RoleArn& role) {
  if (!region.empty()) return region;
  const Partition* partition = find_partition(role.partition);
  return std::string(partition == nullptr ? std::string_view("us-east-1") : partition->global_region);
}

/// STS gives the end in its own time. When that and the duration asked for disagree, this host's clock is off, and the
/// end is counted by this clock instead.
WallTime end_by_our_clock(rt::CallContext ctx, WallTime stated, Duration duration) {
  const WallTime expected = ctx.clock().wall_now() + duration;
  if (std::chrono::abs(stated - expected) <= kClockTolerance) return stated;
  ctx.explainer().explain(kCredentialsTopic, "this host's clock and AWS's differ by about " +
                                                 format_duration(std::chrono::abs(stated - expected)) +
                                                 ": the end of the session is counted by this host's clock");
  return expected;
}

Result<Credentials> from_sts(const std::optional<sts::Credentials>& given) {
  if (!given || !given->access_key_id || !given->secret_access_key || !given->session_token || !given->expiration ||
      given->secret_access_key->empty() || given->session_token->empty()) {
    return fail(ErrorKind::malformed, "STS answered without complete credentials");
  }
  Credentials found;
  found.access_key_id = *given->access_key_id;
  found.secret_access_key = *given->secret_access_key;
  found.session_token = *given->session_token;
  found.expires = given->expiration;
  return found;
}

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

/// What the caller should do about a refused AssumeRole: the codec knows the codes in general, this the operation.
Error explain_refusal(Error error, const AssumeRoleOptions& options, const std::string& source) {
  error.with("role_arn", options.role_arn);
  const AwsFault* fault = error.aws();
  if (fault == nullptr) return error;
  if (!options.mfa_serial.empty() && error.message().find("MultiFactorAuthentication failed") != std::string::npos) {
    // Nothing is wrong with the role: the code was mistyped, old, or used before.
    return std::move(error).as(ErrorKind::credentials).with("mfa_serial", options.mfa_serial);
  }
  if (is_one_of(fault->code, {"AccessDenied", "AccessDeniedException"})) {
    error.with("external_id", options.external_id.empty() ? "none" : "given");
    return std::move(error).as(ErrorKind::denied);
  }
  if (is_one_of(fault->code,
                {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"})) {
    error.with("source", source);
    return std::move(error).as(ErrorKind::credentials);
  }
  if (fault->code == "RegionDisabledException") {
    return std::move(error).with("hint", "STS is not activated in this Region for the account: use another --region");
  }
  if (error.message().find("1 hour session limit") != std::string::npos) {
    return std::move(error)
        .as(ErrorKind::usage)
        .with("hint",
              "a role assumed with another role's keys gets one hour at most: "
              "set duration_seconds to 3600");
  }
  return error;
}

}  // namespace

AssumeRoleProvider::AssumeRoleProvider(Invoker& invoker, std::shared_ptr<CredentialsProvider> source,
                                       AssumeRoleOptions options, MfaPrompt mfa_prompt)
    : invoker_(invoker), source_(std::move(source)), options_(std::move(options)), mfa_prompt_(std::move(mfa_prompt)) {}

std::string AssumeRoleProvider::describe() const {
  return (options_.label.empty() ? std::string() : options_.label + ": ") + "role " + options_.role_arn + " from " +
         source_->describe();
}

Result<RoleArn> AssumeRoleProvider::check() const {
  const auto refuse = [this](std::string why) {
    return fail(Error(ErrorKind::usage, std::move(why)).with("role_arn", options_.role_arn));
  };
  TRY(RoleArn role, parse_role_arn(options_.role_arn));
  if (std::string why = session_name_problem(options_.session_name); !why.empty()) return refuse(std::move(why));
  if (!options_.external_id.empty()) {
    if (std::string why = external_id_problem(options_.external_id); !why.empty()) return refuse(std::move(why));
  }
  if (!options_.source_identity.empty()) {
    if (std::string why = session_name_problem(options_.source_identity); !why.empty()) {
      return refuse("as SourceIdentity '" + printable(options_.source_identity, 80) + "' will not do: " + why);
    }
  }
  if (options_.duration < std::chrono::seconds(900) || options_.duration > std::chrono::seconds(43200)) {
    return refuse("a role can be assumed for 900 to 43200 seconds, not " + std::to_string(options_.duration.count()));
  }
  if (options_.session_policy.size() > kSessionPolicyMax)
    return refuse("the session policy has more than 2048 characters");
  return role;
}

rt::Task<Result<std::string>> AssumeRoleProvider::ask_mfa_code(rt::CallContext ctx) const {
  if (!mfa_prompt_) {
    const std::string who = options_.label.empty() ? std::string() : options_.label + ": ";
    co_return fail(Error(ErrorKind::credentials,
                         who + "the role asks for a code of the MFA device " + printable(options_.mfa_serial, 120) +
                             ", and there is no terminal to ask for it: get a session with `aws sts "
                             "get-session-token` first, or run this in a terminal")
                       .with("role_arn", options_.role_arn));
  }
  rt::Task<Result<std::string>> asking = mfa_prompt_(ctx, options_.mfa_serial, mfa_refusal_);
  co_return co_await std::move(asking);
}

rt::Task<Result<Credentials>> AssumeRoleProvider::resolve(rt::CallContext ctx) {
  CO_TRY(const RoleArn role, check());
  sts::AssumeRoleRequest request;
  request.role_arn = options_.role_arn;
  request.role_session_name = options_.session_name;
  request.duration_seconds = static_cast<std::int32_t>(options_.duration.count());
  if (!options_.external_id.empty()) request.external_id = options_.external_id;
  if (!options_.source_identity.empty()) request.source_identity = options_.source_identity;
  if (!options_.session_policy.empty()) request.policy = options_.session_policy;
  if (!options_.mfa_serial.empty()) {
    CO_TRY(std::string code, co_await ask_mfa_code(ctx));
    request.serial_number = options_.mfa_serial;
    request.token_code = std::move(code);
  }
  CallScope scope;
  scope.region = sts_region(options_.region, role);
  scope.credentials = source_;
  Result<sts::AssumeRoleResponse> answer =
      co_await call<sts::AssumeRole>(ctx, invoker_, std::move(scope), std::move(request));
  if (!answer) {
    Error refusal = explain_refusal(std::move(answer).error(), options_, source_->describe());
    mfa_refusal_ = refusal.context("mfa_serial").empty() ? std::string() : refusal.message();
    co_return fail(std::move(refusal));
  }
  mfa_refusal_.clear();
  Result<Credentials> found = from_sts(answer->credentials);
  if (!found) co_return fail(std::move(found).error().with("role_arn", options_.role_arn));
  found->expires = end_by_our_clock(ctx, *found->expires, options_.duration);
  found->source = describe();
  found->account_id = role.account_id;
  co_return found;
}

WebIdentityProvider::WebIdentityProvider(const ProviderParts& parts, std::shared_ptr<const SharedConfig> config,
                                         std::string profile, std::string region, UseEnvironment use_environment)
    : parts_(parts),
      config_(std::move(config)),
      profile_(std::move(profile)),
      region_(std::move(region)),
      use_environment_(use_environment) {}

std::string WebIdentityProvider::setting(std::string_view variable, std::string_view key) const {
  if (use_environment_ == UseEnvironment::yes) {
    if (auto value = parts_.environment->get(variable); value && !value->empty()) return *value;
  }
  const Profile* profile = config_->profile(profile_);
  const std::string* value = profile == nullptr ? nullptr : profile->find(key);
  return value == nullptr ? std::string() : *value;
}

rt::Task<Result<Credentials>> WebIdentityProvider::resolve(rt::CallContext ctx) {
  const std::string path = setting("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
  if (path.empty()) {
    const std::string lone = use_environment_ == UseEnvironment::yes
                                 ? parts_.environment->get("AWS_ROLE_ARN").value_or(std::string())
                                 : std::string();
    if (lone.empty()) co_return does_not_apply("no web identity token file is named");
    co_return does_not_apply(
        "AWS_ROLE_ARN is set, but it only names the role for AWS_WEB_IDENTITY_TOKEN_FILE, which is not set: "
        "ignored (give --role-arn to assume a role)");
  }
  const std::string role_arn = setting("AWS_ROLE_ARN", "role_arn");
  if (role_arn.empty())
    co_return fail(ErrorKind::credentials,
                   "a web identity token file is named, but no role (AWS_ROLE_ARN or role_arn)");
  Result<RoleArn> role = parse_role_arn(role_arn);
  if (!role) co_return fail(std::move(role).error());
  // Read anew each time: Kubernetes replaces the token while we run.
  Result<std::string> token = parts_.files->read(expand_path(*parts_.environment, path), kWebTokenBytesMax);
  if (!token) {
    co_return fail(
        Error(ErrorKind::credentials, "cannot read the web identity token file").caused_by(std::move(token).error()));
  }
  sts::AssumeRoleWithWebIdentityRequest request;
  request.role_arn = role_arn;
  const std::string named = setting("AWS_ROLE_SESSION_NAME", "role_session_name");
  request.role_session_name = named.empty() ? parts_.session_name : named;
  request.web_identity_token = Secret<>(std::string(trim(*token)));
  wipe(*token);
  CallScope scope;  // no credentials: the token is what is trusted
  scope.region = sts_region(region_, *role);
  Result<sts::AssumeRoleWithWebIdentityResponse> answer =
      co_await call<sts::AssumeRoleWithWebIdentity>(ctx, *parts_.invoker, std::move(scope), std::move(request));
  if (!answer) co_return fail(meant(std::move(answer).error()).with("role_arn", role_arn).with("token_file", path));
  Result<Credentials> found = from_sts(answer->credentials);
  if (!found) co_return found;
  constexpr Duration kDefaultDuration = std::chrono::hours(1);
  found->expires = end_by_our_clock(ctx, *found->expires, kDefaultDuration);
  found->source = "web identity, role " + role_arn;
  found->account_id = role->account_id;
  co_return found;
}

}  // namespace postern::aws::auth
