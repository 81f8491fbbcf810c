#include "sim/s3/store.hpp"

#include <algorithm>

namespace postern::sim {
namespace store {

std::size_t size_of(const ObjectVersion& version) {
  return version.body ? version.body->size() : 0;
}

}  // namespace store

const ObjectVersion* StoredBucket::current(std::string_view key) const {
  const auto found = objects.find(key);
  if (found == objects.end() || found->second.back().delete_marker) return nullptr;
  return &found->second.back();
}

const ObjectVersion* StoredBucket::version(std::string_view key, std::string_view id) const {
  const auto found = objects.find(key);
  if (found == objects.end()) return nullptr;
  for (const ObjectVersion& one : found->second) {
    if (one.id == id) return &one;
  }
  return nullptr;
}

StoredBucket* Store::find(std::string_view name) {
  const auto found = buckets_.find(name);
  return found == buckets_.end() ? nullptr : &found->second;
}

const StoredBucket* Store::find(std::string_view name) const {
  const auto found = buckets_.find(name);
  return found == buckets_.end() ? nullptr : &found->second;
}

std::size_t Store::count_of(std::string_view account) const {
  return static_cast<std::size_t>(std::count_if(buckets_.begin(), buckets_.end(),
                                                [&](const auto& entry) { return entry.second.account == account; }));
}

bool Store::add(StoredBucket bucket) {
  if (count_of(bucket.account) >= limits_.buckets_per_account) return false;
  std::string name = bucket.name;
  buckets_.insert_or_assign(std::move(name), std::move(bucket));
  return true;
}

void Store::remove(std::string_view name) {
  const auto found = buckets_.find(name);
  if (found == buckets_.end()) return;
  for (const auto& [key, versions] : found->second.objects) {
    for (const ObjectVersion& version : versions) forget(version);
  }
  buckets_.erase(found);
}

bool Store::fits(std::size_t bytes) const noexcept {
  return objects_ < limits_.objects_max && bytes <= limits_.bytes_max && bytes_ <= limits_.bytes_max - bytes;
}

void Store::forget(const ObjectVersion& version) {
  bytes_ -= store::size_of(version);
  --objects_;
}

void Store::put(StoredBucket& bucket, const std::string& key, ObjectVersion version) {
  std::vector<ObjectVersion>& versions = bucket.objects[key];
  if (version.id == "null") {
    const auto old = std::find_if(versions.begin(), versions.end(), [](const auto& one) { return one.id == "null"; });
    if (old != versions.end()) {
      forget(*old);
      versions.erase(old);
    }
  }
  bytes_ += store::size_of(version);
  ++objects_;
  versions.push_back(std::move(version));
}

bool Store::erase(StoredBucket& bucket, const std::string& key, std::string_view id) {
  const auto found = bucket.objects.find(key);
  if (found == bucket.objects.end()) return false;
  std::vector<ObjectVersion>& versions = found->second;
  const auto old = std::find_if(versions.begin(), versions.end(), [&](const auto& one) { return one.id == id; });
  if (old == versions.end()) return false;
  forget(*old);
  versions.erase(old);
  if (versions.empty()) bucket.objects.erase(found);
  return true;
}

Upload* Store::find_upload(std::string_view id) {
  const auto found = uploads_.find(id);
  return found == uploads_.end() ? nullptr : &found->second;
}

void Store::add_upload(const std::string& id, Upload upload) {
  uploads_.insert_or_assign(id, std::move(upload));
  ++objects_;
}

void Store::put_part(Upload& upload, std::int32_t number, UploadedPart part) {
  UploadedPart& place = upload.parts[number];
  bytes_ = bytes_ - place.body.size() + part.body.size();
  place = std::move(part);
}

void Store::remove_upload(std::string_view id) {
  const auto found = uploads_.find(id);
  if (found == uploads_.end()) return;
  for (const auto& [number, part] : found->second.parts) bytes_ -= part.body.size();
  uploads_.erase(found);
  --objects_;
}

bool Store::has_uploads(std::string_view bucket) const {
  return std::any_of(uploads_.begin(), uploads_.end(),
                     [&](const auto& entry) { return entry.second.bucket == bucket; });
}

}  // namespace postern::sim
