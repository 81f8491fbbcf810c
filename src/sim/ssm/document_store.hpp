#pragma once

/// The documents of all accounts: AWS's own, and those that callers created, with their versions and who may use them.

#include <deque>
#include <map>
#include <set>
#include <tuple>

#include "sim/ssm/document.hpp"

namespace postern::sim {

using DocumentPtr = std::shared_ptr<const Document>;

/// A document that a caller created.
struct StoredDocument {
  StoredDocument() = default;
  std::string account_id;
  std::string region;
  std::string name;
  std::vector<DocumentPtr> versions;  ///< ascending; a deleted version leaves a gap in the numbers
  std::string default_version = "1";
  std::set<std::string> shared_with;  ///< account ids; "all": public
  std::map<std::string, std::string> tags;
  const DocumentPtr& latest() const { return versions.back(); }
  /// "", "$DEFAULT", "$LATEST" or a number; null when there is none.
  DocumentPtr version(std::string_view asked) const;
};

struct FoundDocument {
  FoundDocument() = default;
  DocumentPtr document;
  std::string default_version;
  std::string latest_version;
  const StoredDocument* stored = nullptr;  ///< null: AWS's own
};

class DocumentStore {
 public:
  static constexpr std::size_t kDocumentsMax = 500;  ///< per account and Region (AWS's quota)
  static constexpr std::size_t kVersionsMax = 1000;
  static constexpr std::size_t kSharesMax = 1000;

  DocumentStore();

  /// What `name` means to an account in a Region: AWS's own documents, its own, and by full ARN those that others share
  /// with it. Fails with InvalidDocument or InvalidDocumentVersion.
  Result<FoundDocument> find(const std::string& account, const std::string& region, std::string_view name,
                             std::string_view version) const;
  /// Null when the account has none of that name there.
  StoredDocument* own(const std::string& account, const std::string& region, std::string_view name);
  const StoredDocument* own(const std::string& account, const std::string& region, std::string_view name) const;
  /// Fails with DocumentAlreadyExists or DocumentLimitExceeded. name, owner, version and hash are filled in.
  Result<StoredDocument*> create(const std::string& account, const std::string& region, Document document);
  /// Fails with DocumentVersionLimitExceeded, DuplicateDocumentContent or DuplicateDocumentVersionName.
  Result<DocumentPtr> add_version(StoredDocument& stored, Document document);
  void erase(const std::string& account, const std::string& region, const std::string& name);
  /// Those that the account sees there, by name: AWS's own, then its own, then what others share with it.
  std::vector<FoundDocument> list(const std::string& account, const std::string& region) const;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // account, Region, name
  const DocumentPtr* aws_document(std::string_view name) const;

  std::vector<DocumentPtr> aws_;
  std::map<Key, StoredDocument> stored_;
};

/// "arn:aws:ssm:R::document/AWS-RunShellScript", "arn:aws:ssm:R:ACCOUNT:document/mine".
std::string document_arn(const Document& document, std::string_view region);

}  // namespace postern::sim
