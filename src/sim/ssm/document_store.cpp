#include "sim/ssm/document_store.hpp"

#include <algorithm>

#include "aws/core/server.hpp"
#include "aws/core/sigv4.hpp"
#include "base/text.hpp"
#include "sim/ssm/aws_documents.hpp"

namespace postern::sim {
namespace document_store_detail {

using aws::server::fault;

Error no_document(std::string_view name) {
  return fault(ErrorKind::not_found, "InvalidDocument",
               "Document with name " + printable(name, 200) + " does not exist.", 400);
}

Error no_version(std::string_view version) {
  return fault(ErrorKind::not_found, "InvalidDocumentVersion",
               "The document version " + printable(version, 40) + " is not valid or does not exist.", 400);
}

FoundDocument found_in(const StoredDocument& stored, DocumentPtr document) {
  FoundDocument found;
  found.document = std::move(document);
  found.default_version = stored.default_version;
  found.latest_version = stored.latest()->version;
  found.stored = &stored;
  return found;
}

FoundDocument found_aws(const DocumentPtr& document) {
  FoundDocument found;
  found.document = document;
  found.default_version = document->version;
  found.latest_version = document->version;
  return found;
}

}  // namespace document_store_detail

DocumentPtr StoredDocument::version(std::string_view asked) const {
  if (asked == "$LATEST") return latest();
  const std::string_view wanted = asked.empty() || asked == "$DEFAULT" ? std::string_view(default_version) : asked;
  const auto found =
      std::find_if(versions.begin(), versions.end(), [&](const DocumentPtr& one) { return one->version == wanted; });
  return found == versions.end() ? nullptr : *found;
}

DocumentStore::DocumentStore() : aws_(aws_documents()) {}

const DocumentPtr* DocumentStore::aws_document(std::string_view name) const {
  const auto found = std::find_if(aws_.begin(), aws_.end(), [&](const DocumentPtr& one) { return one->name == name; });
  return found == aws_.end() ? nullptr : &*found;
}

Result<FoundDocument> DocumentStore::find(const std::string& account, const std::string& region, std::string_view name,
                                          std::string_view version) const {
  using namespace document_store_detail;
  std::string owner = account;
  std::string_view bare = name;
  if (name.starts_with("arn:")) {
    const auto parts = split(name, ':');
    if (parts.size() != 6 || parts[2] != "ssm" || !parts[5].starts_with("document/")) return fail(no_document(name));
    bare = parts[5].substr(std::string_view("document/").size());
    owner = parts[4].empty() ? account : std::string(parts[4]);
    if (parts[3] != region) return fail(no_document(name));
  }
  const DocumentPtr* ours = aws_document(bare);
  if (ours != nullptr && owner == account) {
    const bool fits = version.empty() || version == "$DEFAULT" || version == "$LATEST" || version == (*ours)->version;
    if (!fits) return fail(no_version(version));
    return found_aws(*ours);
  }
  const StoredDocument* stored = own(owner, region, bare);
  if (stored == nullptr) return fail(no_document(name));
  const bool visible = owner == account || stored->shared_with.contains(account) || stored->shared_with.contains("all");
  if (!visible) return fail(no_document(name));
  DocumentPtr document = stored->version(version);
  if (document == nullptr) return fail(no_version(version));
  return found_in(*stored, std::move(document));
}

StoredDocument* DocumentStore::own(const std::string& account, const std::string& region, std::string_view name) {
  const auto found = stored_.find(Key(account, region, std::string(name)));
  return found == stored_.end() ? nullptr : &found->second;
}

const StoredDocument* DocumentStore::own(const std::string& account, const std::string& region,
                                         std::string_view name) const {
  return const_cast<DocumentStore*>(this)->own(account, region, name);
}

Result<StoredDocument*> DocumentStore::create(const std::string& account, const std::string& region,
                                              Document document) {
  using document_store_detail::fault;
  const Key key(account, region, document.name);
  if (stored_.contains(key) || aws_document(document.name) != nullptr) {
    return fail(fault(ErrorKind::conflict, "DocumentAlreadyExists",
                      "Document with same name " + document.name + " already exists", 400));
  }
  const auto first = stored_.lower_bound(Key(account, region, std::string()));
  std::size_t count = 0;
  for (auto one = first;
       one != stored_.end() && std::get<0>(one->first) == account && std::get<1>(one->first) == region; ++one) {
    ++count;
  }
  if (count >= kDocumentsMax) {
    return fail(fault(ErrorKind::conflict, "DocumentLimitExceeded", "You can have at most 500 active documents.", 400));
  }
  aws::Signer hasher(1);
  document.owner = account;
  document.version = "1";
  document.hash = hasher.sha256_hex(document.content);
  StoredDocument stored;
  stored.account_id = account;
  stored.region = region;
  stored.name = document.name;
  stored.versions.push_back(std::make_shared<const Document>(std::move(document)));
  return &stored_.emplace(key, std::move(stored)).first->second;
}

Result<DocumentPtr> DocumentStore::add_version(StoredDocument& stored, Document document) {
  using document_store_detail::fault;
  if (stored.versions.size() >= kVersionsMax) {
    return fail(fault(ErrorKind::conflict, "DocumentVersionLimitExceeded",
                      "The document has too many versions. Delete one or more document versions and try again.", 400));
  }
  aws::Signer hasher(1);
  document.hash = hasher.sha256_hex(document.content);
  for (const DocumentPtr& one : stored.versions) {
    if (one->hash == document.hash) {
      return fail(fault(ErrorKind::conflict, "DuplicateDocumentContent",
                        "The content of the association document matches another document. Change the content of the "
                        "document and try again.",
                        400));
    }
    if (!document.version_name.empty() && one->version_name == document.version_name) {
      return fail(fault(ErrorKind::conflict, "DuplicateDocumentVersionName",
                        "The version name has already been used in this document. Specify a different version name, "
                        "and then try again.",
                        400));
    }
  }
  document.owner = stored.account_id;
  document.name = stored.name;
  document.version = std::to_string(std::stoull(stored.latest()->version) + 1);
  stored.versions.push_back(std::make_shared<const Document>(std::move(document)));
  return stored.latest();
}

void DocumentStore::erase(const std::string& account, const std::string& region, const std::string& name) {
  stored_.erase(Key(account, region, name));
}

std::vector<FoundDocument> DocumentStore::list(const std::string& account, const std::string& region) const {
  using namespace document_store_detail;
  std::vector<FoundDocument> all;
  for (const DocumentPtr& document : aws_) all.push_back(found_aws(document));
  for (const auto& [key, stored] : stored_) {
    if (std::get<0>(key) == account && std::get<1>(key) == region) all.push_back(found_in(stored, stored.version("")));
  }
  for (const auto& [key, stored] : stored_) {
    if (std::get<0>(key) == account || std::get<1>(key) != region) continue;
    const bool shared = stored.shared_with.contains(account) || stored.shared_with.contains("all");
    if (shared) all.push_back(found_in(stored, stored.version("")));
  }
  return all;
}

std::string document_arn(const Document& document, std::string_view region) {
  const std::string account = document.owner == "Amazon" ? std::string() : document.owner;
  return "arn:aws:ssm:" + std::string(region) + ":" + account + ":document/" + document.name;
}

}  // namespace postern::sim
