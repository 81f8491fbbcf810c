#include "sim/configured_stores.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/encoding.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "sim/s3/s3_shared.hpp"
#include "sim/ssm/shared.hpp"

namespace postern::sim {
namespace configured_stores {

constexpr std::size_t kPolicyMax = 20U << 10U;

Error wrong(const Error& error, const std::string& where) {
  return Error(ErrorKind::usage, error.message() + where);
}

Result<void> check_region(const CloudConfig& config, const std::string& region, const std::string& where) {
  const std::vector<std::string>& all = config.regions.empty() ? default_regions() : config.regions;
  if (std::find(all.begin(), all.end(), region) != all.end()) return {};
  return fail(ErrorKind::usage, "the Region '" + printable(region, 40) + "' is not enabled" + where);
}

Result<Document> document_of(const DocumentConfig& from, WallTime now) {
  TRY_VOID(ssm_documents::check_name(from.name));
  if (from.type != "Command" && from.type != "Session") {
    return fail(ErrorKind::usage, "the type must be Command or Session");
  }
  if (from.format != "JSON" && from.format != "YAML") return fail(ErrorKind::usage, "the format must be JSON or YAML");
  const DocumentFormat format = from.format == "JSON" ? DocumentFormat::json : DocumentFormat::yaml;
  TRY(Document document, parse_document(from.content, format, from.type));
  document.name = from.name;
  document.created = std::chrono::floor<std::chrono::milliseconds>(now);
  return document;
}

Result<StoredBucket> bucket_of(const BucketConfig& from, const std::string& account, WallTime now) {
  TRY_VOID(s3_buckets::check_name(from.name));
  StoredBucket bucket;
  bucket.name = from.name;
  bucket.account = account;
  bucket.region = from.region;
  bucket.created = std::chrono::floor<std::chrono::seconds>(now);
  bucket.versioning = from.versioning == Switch::on ? Versioning::enabled : Versioning::never;
  if (from.policy.empty()) return bucket;
  if (from.policy.size() > kPolicyMax) return fail(ErrorKind::usage, "the policy exceeds the maximum size");
  auto policy = std::make_shared<iam::AttachedPolicy>();
  TRY(policy->document, iam::parse_document(iam::DocumentKind::resource, from.policy));
  policy->name = from.name;
  bucket.policy = std::move(policy);
  bucket.policy_text = from.policy;
  return bucket;
}

/// Bytes that follow from the seed alone: what was encrypted in one run can be read in the next.
Secret<> derived_bytes(std::uint64_t seed, const std::string& label) {
  const std::optional<std::string> bytes = from_hex(derived_hex(seed, label, 64));
  CHECK(bytes.has_value());
  return Secret<>(*bytes);
}

/// No randomness is asked for: ids and material are given.
class NoRandom final : public rt::Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override { std::fill(bytes.begin(), bytes.end(), std::uint8_t{0}); }
};

Result<KmsKey> key_of(const CloudConfig& config, const KeyConfig& from, const std::string& account, std::size_t place,
                      WallTime now) {
  KmsKey key;
  const std::string label = "kms/" + account + "/" + from.region + "/" + std::to_string(place);
  key.id = from.id;
  if (key.id.empty()) {
    std::array<std::uint8_t, 16> bytes{};
    const Secret<> derived = derived_bytes(config.seed, label + "/id");
    std::copy_n(derived.reveal().begin(), bytes.size(), bytes.begin());
    key.id = make_uuid(bytes);
  }
  if (key.id.size() != 36) return fail(ErrorKind::usage, "the key id '" + printable(key.id, 60) + "' is no UUID");
  key.account = account;
  key.region = from.region;
  key.description = from.description;
  key.enabled = from.enabled;
  key.created = std::chrono::floor<std::chrono::seconds>(now);
  key.material = derived_bytes(config.seed, "kms/" + key.id);
  TRY(key.policy, read_key_policy(from.policy.empty() ? default_key_policy(account) : from.policy));
  return key;
}

}  // namespace configured_stores

Result<void> add_configured_documents(const CloudConfig& config, WallTime now, DocumentStore& documents) {
  for (const AccountConfig& account : config.accounts) {
    for (const DocumentConfig& from : account.documents) {
      const std::string where = " (document '" + printable(from.name, 128) + "' of account " + account.id + ")";
      TRY_VOID(configured_stores::check_region(config, from.region, where));
      Result<Document> document = configured_stores::document_of(from, now);
      if (!document) return fail(configured_stores::wrong(document.error(), where));
      const auto made = documents.create(account.id, from.region, std::move(*document));
      if (!made) return fail(configured_stores::wrong(made.error(), where));
    }
  }
  return {};
}

Result<void> add_configured_buckets(const CloudConfig& config, WallTime now, Store& store) {
  for (const AccountConfig& account : config.accounts) {
    for (const BucketConfig& from : account.buckets) {
      const std::string where = " (bucket '" + printable(from.name, 63) + "' of account " + account.id + ")";
      TRY_VOID(configured_stores::check_region(config, from.region, where));
      Result<StoredBucket> bucket = configured_stores::bucket_of(from, account.id, now);
      if (!bucket) return fail(configured_stores::wrong(bucket.error(), where));
      if (store.find(from.name) != nullptr) return fail(ErrorKind::usage, "the bucket is there twice" + where);
      if (!store.add(std::move(*bucket))) return fail(ErrorKind::usage, "the account has too many buckets" + where);
    }
  }
  return {};
}

Result<void> add_configured_keys(const CloudConfig& config, WallTime now, KeyStore& keys) {
  configured_stores::NoRandom random;
  for (const AccountConfig& account : config.accounts) {
    for (std::size_t place = 0; place < account.keys.size(); ++place) {
      const KeyConfig& from = account.keys[place];
      const std::string where = " (key " + std::to_string(place + 1) + " of account " + account.id + ")";
      TRY_VOID(configured_stores::check_region(config, from.region, where));
      Result<KmsKey> key = configured_stores::key_of(config, from, account.id, place, now);
      if (!key) return fail(configured_stores::wrong(key.error(), where));
      const KmsKey* made = keys.add(std::move(*key), random);
      if (made == nullptr) return fail(ErrorKind::usage, "the key is there twice" + where);
      if (from.alias.empty()) continue;
      const bool named = from.alias.starts_with("alias/") && !from.alias.starts_with("alias/aws/");
      if (!named) return fail(ErrorKind::usage, "an alias begins with alias/ and not with alias/aws/" + where);
      if (!keys.add_alias(account.id, from.region, from.alias, made->id)) {
        return fail(ErrorKind::usage, "the alias is there twice" + where);
      }
    }
  }
  return {};
}

Result<void> check_configured_stores(const CloudConfig& config, WallTime now) {
  // Where there are none nothing is made: AWS's own documents take a moment.
  const auto has_documents = [](const AccountConfig& account) { return !account.documents.empty(); };
  if (std::any_of(config.accounts.begin(), config.accounts.end(), has_documents)) {
    DocumentStore documents;
    TRY_VOID(add_configured_documents(config, now, documents));
  }
  KeyStore keys;
  TRY_VOID(add_configured_keys(config, now, keys));
  Store store;
  return add_configured_buckets(config, now, store);
}

}  // namespace postern::sim
