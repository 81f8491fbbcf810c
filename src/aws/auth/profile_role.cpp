#include "aws/auth/profile_role.hpp"

#include <algorithm>
#include <charconv>

#include "aws/auth/basic_providers.hpp"
#include "aws/auth/cached_provider.hpp"
#include "aws/auth/metadata_providers.hpp"
#include "aws/auth/process_provider.hpp"
#include "aws/auth/sso_provider.hpp"
#include "base/text.hpp"

namespace postern::aws::auth {

namespace {

using ProviderPtr = std::shared_ptr<CredentialsProvider>;

bool has_keys(const Profile& profile) {
  return profile.has("aws_access_key_id") || profile.has("aws_secret_access_key");
}

/// A profile that also names a web identity token is that provider's business.
bool wants_role(const Profile& profile) {
  return profile.has("role_arn") && !profile.has("web_identity_token_file");
}

/// Follows source_profile from profile to profile.
class RoleBuilder {
 public:
  RoleBuilder(const ProviderParts& parts, std::shared_ptr<const SharedConfig> config, const Settings& settings)
      : parts_(parts), config_(std::move(config)), settings_(settings) {}

  Result<ProviderPtr> build(const std::string& name) {
    visited_.push_back(name);
    TRY(const Profile* profile, config_->require_profile(name));
    TRY(ProviderPtr source, source_of(*profile));
    TRY(AssumeRoleOptions options, options_of(*profile));
    return ProviderPtr(std::make_shared<AssumeRoleProvider>(*parts_.invoker, std::move(source), std::move(options),
                                                            parts_.mfa_prompt));
  }

 private:
  tl::unexpected<Error> wrong(const Profile& profile, std::string_view key, const std::string& what) const {
    const IniValue* value = profile.value(key);
    const std::string line = value == nullptr ? std::string() : ":" + std::to_string(value->line());
    const bool in_config = value != nullptr && is_in_config(profile, key, value);
    return fail(ErrorKind::credentials, (in_config ? config_->config_path() : config_->credentials_path()) + line +
                                            ": profile " + profile.name() + " " + what);
  }
  bool is_in_config(const Profile& profile, std::string_view key, const IniValue* value) const {
    const IniSection* section = config_->in_config_file(profile.name());
    return section != nullptr && section->find(key) == value;
  }

  Result<ProviderPtr> source_of(const Profile& profile) {
    const std::string* source = profile.find("source_profile");
    const std::string* kind = profile.find("credential_source");
    if (source != nullptr && kind != nullptr) {
      return wrong(profile, "source_profile", "has both source_profile and credential_source: keep one");
    }
    if (kind != nullptr) return named_source(profile, *kind);
    if (source == nullptr) {
      return wrong(profile, "role_arn",
                   "has role_arn, but neither source_profile nor credential_source to assume it with");
    }
    return from_profile(profile, *source);
  }

  Result<ProviderPtr> named_source(const Profile& profile, const std::string& kind) const {
    ProviderPtr provider;
    if (equals_ignore_case(kind, "Environment")) {
      provider = std::make_shared<EnvironmentProvider>(*parts_.environment);
    } else if (equals_ignore_case(kind, "Ec2InstanceMetadata")) {
      provider = std::make_shared<InstanceProvider>(parts_, settings_.metadata);
    } else if (equals_ignore_case(kind, "EcsContainer")) {
      provider = std::make_shared<ContainerProvider>(parts_);
    } else {
      return wrong(profile, "credential_source",
                   "has an unknown credential_source: it must be Environment, Ec2InstanceMetadata or EcsContainer");
    }
    ChainProvider::Links links;
    links.push_back(std::move(provider));
    return cached("credential_source " + kind + " of profile " + profile.name(), std::move(links));
  }

  Result<ProviderPtr> from_profile(const Profile& profile, const std::string& name) {
    const Profile* source = config_->profile(name);
    if (source == nullptr)
      return wrong(profile, "source_profile",
                   "names the source_profile '" + printable(name, 80) + "', which does not exist");
    const bool seen = std::find(visited_.begin(), visited_.end(), name) != visited_.end();
    const bool itself = name == profile.name();
    if (seen && (!itself || !has_keys(*source))) {
      std::string loop;
      for (const std::string& step : visited_) loop += step + " -> ";
      return wrong(profile, "source_profile", "leads back to itself: " + loop + name);
    }
    // Keys win over a role in a source profile, as in botocore.
    if (!itself && wants_role(*source) && !has_keys(*source)) {
      TRY(ProviderPtr role, build(name));
      return ProviderPtr(std::make_shared<CachedProvider>(std::move(role)));
    }
    return cached("source profile " + name,
                  profile_links(parts_, config_, name, settings_.region, WebIdentityProvider::UseEnvironment::no));
  }

  static ProviderPtr cached(std::string name, ChainProvider::Links links) {
    return std::make_shared<CachedProvider>(std::make_shared<ChainProvider>(std::move(name), std::move(links)));
  }

  Result<AssumeRoleOptions> options_of(const Profile& profile) const {
    const auto get = [&profile](std::string_view key) {
      const std::string* value = profile.find(key);
      return value == nullptr ? std::string() : *value;
    };
    AssumeRoleOptions options;
    options.role_arn = get("role_arn");
    options.external_id = get("external_id");
    options.session_name = get("role_session_name");
    if (options.session_name.empty()) options.session_name = parts_.session_name;
    options.mfa_serial = get("mfa_serial");
    options.region = settings_.region.empty() ? get("region") : settings_.region;
    options.label = "profile " + profile.name();
    if (const std::string text = get("duration_seconds"); !text.empty()) {
      int seconds = 0;
      const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
      if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
        return wrong(profile, "duration_seconds", "has a duration_seconds that is not a number");
      }
      options.duration = std::chrono::seconds(seconds);
    }
    return options;
  }

  const ProviderParts& parts_;
  std::shared_ptr<const SharedConfig> config_;
  const Settings& settings_;
  std::vector<std::string> visited_;
};

}  // namespace

ChainProvider::Links profile_links(const ProviderParts& parts, std::shared_ptr<const SharedConfig> config,
                                   const std::string& profile, const std::string& region,
                                   WebIdentityProvider::UseEnvironment use_environment) {
  using Which = FileKeysProvider::Which;
  ChainProvider::Links links;
  links.push_back(std::make_shared<WebIdentityProvider>(parts, config, profile, region, use_environment));
  links.push_back(std::make_shared<SsoProvider>(parts, config, profile));
  links.push_back(std::make_shared<FileKeysProvider>(config, Which::credentials_file, profile));
  links.push_back(std::make_shared<ProcessProvider>(parts, config, profile));
  links.push_back(std::make_shared<FileKeysProvider>(config, Which::config_file, profile));
  return links;
}

Result<std::shared_ptr<CredentialsProvider>> make_profile_role(const ProviderParts& parts,
                                                               std::shared_ptr<const SharedConfig> config,
                                                               const Settings& settings, const std::string& profile) {
  return RoleBuilder(parts, std::move(config), settings).build(profile);
}

rt::Task<Result<Credentials>> ProfileRoleProvider::resolve(rt::CallContext ctx) {
  if (built_ == nullptr) {
    const Profile* profile = config_->profile(settings_.profile);
    if (profile == nullptr) co_return does_not_apply("there is no profile " + settings_.profile);
    if (!wants_role(*profile)) co_return does_not_apply("the profile has no role_arn to assume");
    Result<ProviderPtr> built = make_profile_role(parts_, config_, settings_, settings_.profile);
    if (!built) co_return fail(std::move(built).error());
    built_ = std::move(*built);
  }
  Result<Credentials> found = co_await built_->resolve(ctx);
  if (!found) co_return fail(meant(std::move(found).error()));
  co_return found;
}

std::string ProfileRoleProvider::describe() const {
  return built_ == nullptr ? "role of profile " + settings_.profile : built_->describe();
}

void ProfileRoleProvider::invalidate() {
  if (built_ != nullptr) built_->invalidate();
}

}  // namespace postern::aws::auth
