#include "sim/kms/key_store.hpp"

#include <array>

#include "aws/core/sigv4.hpp"
#include "base/check.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "session/cipher.hpp"

namespace postern::sim {
namespace key_store_detail {

constexpr std::string_view kMagic = "PKMS1";
constexpr std::size_t kIdBytes = 36;
constexpr std::size_t kDigestBytes = 64;  // SHA-256 in hex

/// The cipher of sessions takes two keys, one for each direction: here they are the same.
session::SessionCipher cipher_of(const KmsKey& key) {
  Secret<std::string> both(key.material.reveal() + key.material.reveal());
  Result<session::SessionCipher> made = session::SessionCipher::make(session::End::agent, both);
  CHECK(made.has_value());
  return std::move(*made);
}

std::string digest_of(const EncryptionContext& context) {
  Json json = Json::object();
  for (const auto& [name, value] : context) json.set(name, value);
  aws::Signer hasher(1);
  return hasher.sha256_hex(json.dump());
}

std::string alias_arn(const std::string& account, const std::string& region, std::string_view name) {
  return "arn:aws:kms:" + region + ":" + account + ":" + std::string(name);
}

}  // namespace key_store_detail

OwnedResource KmsKey::resource() const {
  OwnedResource made;
  made.arn = arn();
  made.account = account;
  made.tags = tags;
  made.policy = policy;
  made.policy_use = iam::Resource::PolicyUse::required;
  return made;
}

KmsKey* KeyStore::add(KmsKey key, rt::Random& random) {
  if (keys_.size() >= kKeysMax) return nullptr;
  if (key.id.empty()) {
    std::array<std::uint8_t, 16> bytes{};
    random.fill(bytes);
    key.id = make_uuid(bytes);
  }
  if (key.material.empty()) {
    std::array<std::uint8_t, session::kDataKeyBytes / 2> bytes{};
    random.fill(bytes);
    key.material = Secret<>(std::string(bytes.begin(), bytes.end()));
  }
  CHECK(key.policy != nullptr);
  const auto [at, fresh] = keys_.try_emplace(key.id, std::move(key));
  return fresh ? &at->second : nullptr;
}

bool KeyStore::add_alias(const std::string& account, const std::string& region, std::string name,
                         const std::string& key_id) {
  if (aliases_.size() >= kAliasesMax) return false;
  return aliases_.try_emplace(key_store_detail::alias_arn(account, region, name), key_id).second;
}

const KmsKey* KeyStore::find(const std::string& account, const std::string& region, std::string_view asked) const {
  std::string wanted(asked);
  if (wanted.starts_with("alias/")) wanted = key_store_detail::alias_arn(account, region, wanted);
  if (const auto alias = aliases_.find(wanted); alias != aliases_.end()) wanted = alias->second;
  const bool by_arn = wanted.starts_with("arn:");
  const std::string id = by_arn ? wanted.substr(wanted.rfind('/') + 1) : wanted;
  const auto found = keys_.find(id);
  if (found == keys_.end() || found->second.region != region) return nullptr;
  const KmsKey& key = found->second;
  // Another account's key is known by its ARN only.
  const bool meant = by_arn ? key.arn() == wanted : key.account == account || asked.starts_with("arn:");
  return meant ? &key : nullptr;
}

std::vector<const KmsKey*> KeyStore::keys(const std::string& account, const std::string& region) const {
  std::vector<const KmsKey*> all;
  for (const auto& [id, key] : keys_) {
    if (key.account == account && key.region == region) all.push_back(&key);
  }
  return all;
}

std::vector<std::pair<std::string, std::string>> KeyStore::aliases(const std::string& account,
                                                                   const std::string& region) const {
  const std::string root = key_store_detail::alias_arn(account, region, "");
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [arn, key] : aliases_) {
    if (arn.starts_with(root)) all.emplace_back(arn.substr(root.size()), key);
  }
  return all;
}

std::string KeyStore::seal(const KmsKey& key, const EncryptionContext& context, std::string_view text,
                           rt::Random& random) {
  using namespace key_store_detail;
  std::string bound = digest_of(context);
  bound += text;
  return std::string(kMagic) + key.id + cipher_of(key).seal(random, bound);
}

const KmsKey* KeyStore::key_of(std::string_view blob) const {
  using namespace key_store_detail;
  if (!blob.starts_with(kMagic) || blob.size() < kMagic.size() + kIdBytes) return nullptr;
  const auto found = keys_.find(blob.substr(kMagic.size(), kIdBytes));
  return found == keys_.end() ? nullptr : &found->second;
}

std::optional<std::string> KeyStore::open(const KmsKey& key, const EncryptionContext& context, std::string_view blob) {
  using namespace key_store_detail;
  const Result<std::string> bound = cipher_of(key).open(blob.substr(kMagic.size() + kIdBytes));
  if (!bound || bound->size() < kDigestBytes || !bound->starts_with(digest_of(context))) return std::nullopt;
  return bound->substr(kDigestBytes);
}

std::string default_key_policy(const std::string& account) {
  Json statement = Json::object()
                       .set("Sid", "Enable IAM User Permissions")
                       .set("Effect", "Allow")
                       .set("Principal", Json::object().set("AWS", "arn:aws:iam::" + account + ":root"))
                       .set("Action", "kms:*")
                       .set("Resource", "*");
  return Json::object()
      .set("Version", "2012-10-17")
      .set("Id", "key-default-1")
      .set("Statement", Json::array().push_back(std::move(statement)))
      .dump();
}

Result<std::shared_ptr<const iam::AttachedPolicy>> read_key_policy(const std::string& json) {
  Result<iam::DocumentPtr> document = iam::parse_document(iam::DocumentKind::resource, json);
  if (!document) {
    return fail(aws::server::fault(ErrorKind::usage, "MalformedPolicyDocumentException",
                                   "The new key policy is not valid: " + document.error().message(), 400));
  }
  return std::make_shared<const iam::AttachedPolicy>("key policy", std::move(*document));
}

}  // namespace postern::sim
