#pragma once

/// The state of the simulated object store: buckets of all accounts, their objects and unfinished uploads.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/core/rest_checksum.hpp"
#include "base/time.hpp"
#include "iam/evaluate.hpp"

namespace postern::sim {

struct StoreLimits {
  StoreLimits() = default;
  std::size_t bytes_max = 512U << 20U;  ///< of all bodies, old versions and unfinished uploads included
  std::size_t objects_max = 200'000;    ///< versions and parts
  std::size_t buckets_per_account = 100;
};

/// What travels with an object beside its bytes.
struct ObjectHeaders {
  ObjectHeaders() = default;
  std::optional<std::string> content_type;
  std::optional<std::string> content_encoding;
  std::optional<std::string> content_language;
  std::optional<std::string> content_disposition;
  std::optional<std::string> cache_control;
  std::optional<WallTime> expires;
  std::map<std::string, std::string, std::less<>> metadata;
};

/// One version of an object, or a marker that there is none any more.
struct ObjectVersion {
  ObjectVersion() = default;
  std::string id = "null";
  bool delete_marker = false;
  std::shared_ptr<const std::string> body;
  std::string e_tag;  ///< with its quotes
  std::optional<aws::ChecksumKind> checksum_kind;
  std::string checksum;  ///< base64
  WallTime modified;
  ObjectHeaders headers;
  std::size_t parts = 0;  ///< of a multipart upload
};

struct UploadedPart {
  UploadedPart() = default;
  std::string body;
  std::string digest;  ///< MD5, raw
  WallTime modified;
};

struct Upload {
  Upload() = default;
  std::string bucket;
  std::string key;
  std::string account;
  ObjectHeaders headers;
  std::map<std::int32_t, UploadedPart> parts;
};

enum class Versioning : std::uint8_t { never, enabled, suspended };

struct PublicAccessBlock {
  PublicAccessBlock() = default;
  bool acls = true;
  bool ignore_acls = true;
  bool policy = true;
  bool restrict_buckets = true;
};

struct StoredBucket {
  StoredBucket() = default;
  std::string name;
  std::string account;
  std::string region;
  WallTime created;
  Versioning versioning = Versioning::never;
  std::string policy_text;
  std::shared_ptr<const iam::AttachedPolicy> policy;
  std::optional<PublicAccessBlock> public_access = PublicAccessBlock();  ///< as every new bucket has it
  /// By key; the newest version is the last. Never empty.
  std::map<std::string, std::vector<ObjectVersion>, std::less<>> objects;

  std::string arn() const { return "arn:aws:s3:::" + name; }
  /// The newest version when it is an object; null when there is none or a marker.
  const ObjectVersion* current(std::string_view key) const;
  const ObjectVersion* version(std::string_view key, std::string_view id) const;
};

/// Bounded; loop thread only.
class Store {
 public:
  explicit Store(StoreLimits limits = StoreLimits()) : limits_(limits) {}

  StoredBucket* find(std::string_view name);
  const StoredBucket* find(std::string_view name) const;
  std::size_t count_of(std::string_view account) const;
  /// False when the account has as many as it may.
  bool add(StoredBucket bucket);
  void remove(std::string_view name);
  const std::map<std::string, StoredBucket, std::less<>>& buckets() const noexcept { return buckets_; }

  /// Whether so many more bytes in one more object fit.
  bool fits(std::size_t bytes) const noexcept;
  /// Adds a version, or replaces the "null" one of a bucket without versioning.
  void put(StoredBucket& bucket, const std::string& key, ObjectVersion version);
  /// Removes one version; false when there is none of that id.
  bool erase(StoredBucket& bucket, const std::string& key, std::string_view id);

  Upload* find_upload(std::string_view id);
  void add_upload(const std::string& id, Upload upload);
  void put_part(Upload& upload, std::int32_t number, UploadedPart part);
  void remove_upload(std::string_view id);
  bool has_uploads(std::string_view bucket) const;

  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t objects() const noexcept { return objects_; }

 private:
  void forget(const ObjectVersion& version);

  StoreLimits limits_;
  std::map<std::string, StoredBucket, std::less<>> buckets_;
  std::map<std::string, Upload, std::less<>> uploads_;
  std::size_t bytes_ = 0;
  std::size_t objects_ = 0;
};

}  // namespace postern::sim
