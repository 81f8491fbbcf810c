#pragma once

/// The credential chain: botocore's order (aws.md 7.6), and a reason for every provider that had nothing to offer.

#include <memory>
#include <string>
#include <vector>

#include "aws/auth/provider_parts.hpp"
#include "aws/auth/settings.hpp"
#include "aws/auth/shared_config.hpp"
#include "aws/core/credentials.hpp"

namespace postern::aws::auth {

/// Asks its links in order; the first that has credentials is the one that is asked from then on. A link that fails
/// with not_found does not apply; any other failure ends the search. Reasons and winner are explained under
/// "credentials".
class ChainProvider final : public CredentialsProvider {
 public:
  using Links =
      std::vector<std::shared_ptr<CredentialsProvider>>;  // shared: a profile's source may be a link elsewhere
  ChainProvider(std::string name, Links links) : name_(std::move(name)), links_(std::move(links)) {}
  /// Errors: credentials when nobody has any: the message lists what was tried and why not.
  rt::Task<Result<Credentials>> resolve(rt::CallContext ctx) override;
  std::string describe() const override;
  void invalidate() override;

 private:
  std::string name_;
  Links links_;
  std::size_t winner_ = SIZE_MAX;
};

/// The default chain for a command, cached. `settings` says which profile and who chose it: an explicit --profile takes
/// the environment out, AWS_PROFILE does not. `parts` and what it points to outlive the provider.
std::shared_ptr<CredentialsProvider> make_default_chain(const ProviderParts& parts,
                                                        std::shared_ptr<const SharedConfig> config,
                                                        const Settings& settings);

}  // namespace postern::aws::auth
