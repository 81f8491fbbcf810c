#include "aws/auth/chain.hpp"

#include "aws/auth/assume_role.hpp"
#include "aws/auth/basic_providers.hpp"
#include "aws/auth/cached_provider.hpp"
#include "aws/auth/metadata_providers.hpp"
#include "aws/auth/process_provider.hpp"
#include "aws/auth/profile_role.hpp"

namespace postern::aws::auth {

namespace {

constexpr std::size_t kShownEnd = 4;  // characters of an access key id that tell keys apart

/// Stands where the environment's keys would: says why they are not looked at.
class SkippedEnvironment final : public CredentialsProvider {
 public:
  rt::Task<Result<Credentials>> resolve(rt::CallContext) override {
    co_return does_not_apply("not looked at, because --profile was given");
  }
  std::string describe() const override { return "environment"; }
};

}  // namespace

rt::Task<Result<Credentials>> ChainProvider::resolve(rt::CallContext ctx) {
  if (winner_ < links_.size()) {
    Result<Credentials> again = co_await links_[winner_]->resolve(ctx);
    if (again || again.error().kind() != ErrorKind::not_found) co_return again;
    winner_ = SIZE_MAX;
  }
  std::string reasons;
  for (std::size_t i = 0; i < links_.size(); ++i) {
    const std::string name = links_[i]->describe();
    Result<Credentials> found = co_await links_[i]->resolve(ctx);
    if (found) {
      winner_ = i;
      const std::string& id = found->access_key_id;
      ctx.explainer().explain(kCredentialsTopic,
                              "using " + found->source + " (access key ..." +
                                  (id.size() > kShownEnd ? id.substr(id.size() - kShownEnd) : std::string()) + ")");
      co_return found;
    }
    if (found.error().kind() != ErrorKind::not_found) {
      ctx.explainer().explain(kCredentialsTopic, name + ": failed: " + found.error().message());
      co_return found;
    }
    const std::string reason = name + ": " + found.error().message();
    ctx.explainer().explain(kCredentialsTopic, reason);
    reasons += "\n  " + reason;
  }
  co_return fail(ErrorKind::credentials,
                 "no AWS credentials found" + (name_.empty() ? std::string() : " for " + name_) + "; tried:" + reasons);
}

std::string ChainProvider::describe() const {
  if (winner_ < links_.size()) return links_[winner_]->describe();
  return name_.empty() ? std::string("the default credential chain") : name_;
}

void ChainProvider::invalidate() {
  if (winner_ < links_.size()) links_[winner_]->invalidate();
}

std::shared_ptr<CredentialsProvider> make_default_chain(const ProviderParts& parts,
                                                        std::shared_ptr<const SharedConfig> config,
                                                        const Settings& settings) {
  const bool by_option = settings.profile_choice == ProfileChoice::option;
  ChainProvider::Links links;
  if (by_option) {
    links.push_back(std::make_shared<SkippedEnvironment>());
  } else {
    links.push_back(std::make_shared<EnvironmentProvider>(*parts.environment));
  }
  links.push_back(std::make_shared<ProfileRoleProvider>(parts, config, settings));
  ChainProvider::Links of_profile =
      profile_links(parts, config, settings.profile, settings.region,
                    by_option ? WebIdentityProvider::UseEnvironment::no : WebIdentityProvider::UseEnvironment::yes);
  links.insert(links.end(), of_profile.begin(), of_profile.end());
  links.push_back(std::make_shared<ContainerProvider>(parts));
  links.push_back(std::make_shared<InstanceProvider>(parts, settings.metadata));
  const std::string name =
      settings.profile_choice == ProfileChoice::standard ? std::string() : "profile " + settings.profile;
  return std::make_shared<CachedProvider>(std::make_shared<ChainProvider>(name, std::move(links)));
}

}  // namespace postern::aws::auth
