#pragma once

/// The keys of all accounts in KMS, their aliases, and what is encrypted with them.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "rt/random.hpp"
#include "sim/access.hpp"

namespace postern::sim {

/// A symmetric key.
struct KmsKey {
  KmsKey() = default;
  std::string id;  ///< a UUID
  std::string account;
  std::string region;
  std::string description;
  Switch enabled = Switch::on;
  WallTime created;
  Tags tags;
  std::shared_ptr<const iam::AttachedPolicy> policy;  ///< never null
  Secret<> material;                                  ///< 32 bytes
  std::string arn() const { return "arn:aws:kms:" + region + ":" + account + ":key/" + id; }
  /// For authorisation: without a grant in its policy nobody may use a key.
  OwnedResource resource() const;
};

using EncryptionContext = std::map<std::string, std::string>;

/// Loop thread only.
class KeyStore {
 public:
  static constexpr std::size_t kKeysMax = 1'000;     ///< per cloud; AWS: 100,000 per account and Region
  static constexpr std::size_t kAliasesMax = 2'000;  ///< per cloud

  /// The id is made when it is empty. Null when there are too many, or the id is taken.
  KmsKey* add(KmsKey key, rt::Random& random);
  /// False when the name is taken or there are too many.
  bool add_alias(const std::string& account, const std::string& region, std::string name, const std::string& key_id);
  /// What an id, an ARN, "alias/name" or an alias's ARN means to a caller; null: nothing.
  const KmsKey* find(const std::string& account, const std::string& region, std::string_view asked) const;
  /// By id.
  std::vector<const KmsKey*> keys(const std::string& account, const std::string& region) const;
  /// Alias name -> key id, by name.
  std::vector<std::pair<std::string, std::string>> aliases(const std::string& account, const std::string& region) const;

  /// AES-256-GCM with the key, bound to the context.
  static std::string seal(const KmsKey& key, const EncryptionContext& context, std::string_view text,
                          rt::Random& random);
  /// The key that a blob was sealed with; null: it is no blob of this store's.
  const KmsKey* key_of(std::string_view blob) const;
  /// Absent: it was changed, or the context is another.
  static std::optional<std::string> open(const KmsKey& key, const EncryptionContext& context, std::string_view blob);

 private:
  std::map<std::string, KmsKey, std::less<>> keys_;          ///< by id
  std::map<std::string, std::string, std::less<>> aliases_;  ///< by ARN -> key id
};

/// The policy that keys have which were given none: the account decides by its own policies.
std::string default_key_policy(const std::string& account);
/// Fails with MalformedPolicyDocumentException.
Result<std::shared_ptr<const iam::AttachedPolicy>> read_key_policy(const std::string& json);

}  // namespace postern::sim
