// The operations on documents.

#include <algorithm>

#include "base/text.hpp"
#include "sim/access.hpp"
#include "sim/paging.hpp"
#include "sim/ssm/service.hpp"
#include "sim/ssm/shared.hpp"

namespace postern::sim {
namespace ssm_shared {
namespace {

/// Sharing is no policy of the document's: who shares it lets the other account's own policies decide.
Result<void> authorize_document(const aws::server::CallInfo& info, std::string arn) {
  OwnedResource document;
  document.arn = std::move(arn);
  document.account = info.caller.account_id;
  return authorize(info, Access().on(std::move(document)));
}

}  // namespace

Result<FoundDocument> find_document(const DocumentStore& documents, const aws::server::CallInfo& info,
                                    const std::string& name, const std::optional<std::string>& version) {
  Result<FoundDocument> found = documents.find(info.caller.account_id, info.region, name, version.value_or(""));
  // Who may not know a document is not told whether it is there.
  if (!found) {
    const std::string arn = name.starts_with("arn:")
                                ? name
                                : "arn:aws:ssm:" + info.region + ":" + info.caller.account_id + ":document/" + name;
    TRY_VOID(authorize_document(info, arn));
    return found;
  }
  TRY_VOID(authorize_document(info, document_arn(*found->document, info.region)));
  return found;
}

}  // namespace ssm_shared

namespace ssm_documents {

using aws::server::fault;
using Info = aws::server::CallInfo;

constexpr std::size_t kPageDefault = 50;
constexpr std::size_t kNameMax = 128;

std::string_view format_name(DocumentFormat format) {
  return format == DocumentFormat::yaml ? "YAML" : "JSON";
}

Result<DocumentFormat> format_of(const std::optional<aws::Open<aws::ssm::DocumentFormat>>& given) {
  if (!given || given->text() == "JSON") return DocumentFormat::json;
  if (given->text() == "YAML") return DocumentFormat::yaml;
  return fail(fault(ErrorKind::unsupported, "ValidationException",
                    "The document format " + given->text() + " is not offered by this simulator", 400));
}

aws::ssm::DocumentDescription describe_stored(const FoundDocument& found) {
  const Document& from = *found.document;
  aws::ssm::DocumentDescription to;
  to.name = from.name;
  to.owner = from.owner;
  to.hash = from.hash;
  to.hash_type.emplace("Sha256");
  to.created_date = from.created;
  to.status.emplace("Active");
  to.document_version = from.version;
  to.latest_version = found.latest_version;
  to.default_version = found.default_version;
  if (!from.version_name.empty()) to.version_name = from.version_name;
  if (!from.display_name.empty()) to.display_name = from.display_name;
  if (!from.target_type.empty()) to.target_type = from.target_type;
  to.description = from.description;
  to.schema_version = from.schema_version;
  to.document_type.emplace(from.type);
  to.document_format.emplace(format_name(from.format));
  for (const Platform platform : from.platforms) to.platform_types.emplace_back(ssm_shared::platform_name(platform));
  for (const sim::DocumentParameter& parameter : from.parameters) {
    aws::ssm::DocumentParameter& made = to.parameters.emplace_back();
    made.name = parameter.name;
    made.type.emplace(to_string(parameter.type));
    made.description = parameter.description;
    if (!parameter.default_value) continue;
    const Json& value = *parameter.default_value;
    made.default_value = value.is_string() ? value.as_string() : value.dump();
  }
  if (found.stored != nullptr) {
    for (const auto& [key, value] : found.stored->tags) {
      aws::ssm::Tag& tag = to.tags.emplace_back();
      tag.key = key;
      tag.value = value;
    }
  }
  return to;
}

FoundDocument found_version(const StoredDocument& stored, DocumentPtr document) {
  FoundDocument found;
  found.document = std::move(document);
  found.default_version = stored.default_version;
  found.latest_version = stored.latest()->version;
  found.stored = &stored;
  return found;
}

Error no_document(const std::string& name) {
  return fault(ErrorKind::not_found, "InvalidDocument",
               "Document with name " + printable(name, 200) + " does not exist.", 400);
}

std::string own_arn(const Info& info, const std::string& name) {
  return "arn:aws:ssm:" + info.region + ":" + info.caller.account_id + ":document/" + name;
}

/// A document of the caller's own, for changing it.
Result<StoredDocument*> own_document(DocumentStore& documents, const Info& info, const std::string& name) {
  TRY_VOID(authorize(info, own_arn(info, name)));
  StoredDocument* stored = documents.own(info.caller.account_id, info.region, name);
  if (stored == nullptr) return fail(no_document(name));
  return stored;
}

Result<void> check_name(const std::string& name) {
  const bool word = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
  const std::string lower = to_lower(name);
  const bool taken = lower.starts_with("aws") || lower.starts_with("amazon") || lower.starts_with("amzn");
  if (word && !taken && name.size() >= 3 && name.size() <= kNameMax) return {};
  return fail(ssm_shared::validation_error("name", name,
                                           "Member must satisfy regular expression pattern: ^[a-zA-Z0-9_\\-.]{3,128}$ "
                                           "and must not begin with aws, amazon or amzn"));
}

Result<Document> document_from(const aws::ssm::CreateDocumentRequest& request, WallTime now) {
  TRY_VOID(check_name(*request.name));
  if (!request.attachments.empty() || !request.requires_.empty()) {
    return fail(fault(ErrorKind::unsupported, "ValidationException",
                      "Attachments and Requires are not offered by this simulator", 400));
  }
  const std::string type = request.document_type ? request.document_type->text() : "Command";
  if (type != "Command" && type != "Session") {
    return fail(fault(ErrorKind::unsupported, "ValidationException",
                      "Documents of type " + printable(type, 60) + " are not offered by this simulator", 400));
  }
  TRY(const DocumentFormat format, format_of(request.document_format));
  TRY(Document document, parse_document(*request.content, format, type));
  document.name = *request.name;
  document.version_name = request.version_name.value_or("");
  document.display_name = request.display_name.value_or("");
  document.target_type = request.target_type.value_or("");
  document.created = std::chrono::floor<std::chrono::milliseconds>(now);
  return document;
}

struct ListFilter {
  ListFilter() = default;
  std::string key;
  std::vector<std::string> values;
};

Result<std::vector<ListFilter>> list_filters(const aws::ssm::ListDocumentsRequest& request) {
  std::vector<ListFilter> all;
  for (const aws::ssm::DocumentFilter& filter : request.document_filter_list) {
    ListFilter& made = all.emplace_back();
    made.key = filter.key->text();
    made.values.push_back(*filter.value);
  }
  for (const aws::ssm::DocumentKeyValuesFilter& filter : request.filters) {
    ListFilter& made = all.emplace_back();
    made.key = filter.key.value_or("");
    made.values = filter.values;
  }
  for (const ListFilter& filter : all) {
    static constexpr std::string_view kKnown[] = {"Name",         "Owner",         "PlatformTypes",
                                                  "DocumentType", "SearchKeyword", "TargetType"};
    const bool known = std::find(std::begin(kKnown), std::end(kKnown), filter.key) != std::end(kKnown);
    if (!known && !filter.key.starts_with("tag:")) {
      return fail(fault(ErrorKind::usage, "InvalidFilterKey",
                        "The filter key " + printable(filter.key, 100) + " is not valid", 400));
    }
  }
  return all;
}

bool owned_as(const FoundDocument& found, std::string_view who, const std::string& account) {
  const std::string& owner = found.document->owner;
  if (who == "Self") return owner == account;
  if (who == "Amazon") return owner == "Amazon";
  if (who == "All") return true;
  if (who == "Public")
    return owner == "Amazon" || (found.stored != nullptr && found.stored->shared_with.contains("all"));
  if (who == "Private")
    return owner == account || (found.stored != nullptr && found.stored->shared_with.contains(account));
  return who == "ThirdParty" && owner != "Amazon" && owner != account;
}

bool matches(const FoundDocument& found, const ListFilter& filter, const std::string& account) {
  const Document& document = *found.document;
  return std::any_of(filter.values.begin(), filter.values.end(), [&](const std::string& value) {
    if (filter.key == "Name") return document.name.starts_with(value);
    if (filter.key == "Owner") return owned_as(found, value, account);
    if (filter.key == "DocumentType") return document.type == value;
    if (filter.key == "TargetType") return document.target_type == value;
    if (filter.key == "SearchKeyword") return to_lower(document.name).find(to_lower(value)) != std::string::npos;
    if (filter.key == "PlatformTypes") {
      return std::any_of(document.platforms.begin(), document.platforms.end(),
                         [&](Platform platform) { return ssm_shared::platform_name(platform) == value; });
    }
    if (found.stored == nullptr) return false;
    const auto tag = found.stored->tags.find(filter.key.substr(4));
    return tag != found.stored->tags.end() && tag->second == value;
  });
}

aws::ssm::DocumentIdentifier identify(const FoundDocument& found, const Info& info) {
  const Document& from = *found.document;
  const bool foreign = from.owner != "Amazon" && from.owner != info.caller.account_id;
  aws::ssm::DocumentIdentifier to;
  to.name = foreign ? document_arn(from, info.region) : from.name;
  to.created_date = from.created;
  to.owner = from.owner;
  if (!from.version_name.empty()) to.version_name = from.version_name;
  if (!from.display_name.empty()) to.display_name = from.display_name;
  if (!from.target_type.empty()) to.target_type = from.target_type;
  for (const Platform platform : from.platforms) to.platform_types.emplace_back(ssm_shared::platform_name(platform));
  to.document_version = from.version;
  to.document_type.emplace(from.type);
  to.schema_version = from.schema_version;
  to.document_format.emplace(format_name(from.format));
  return to;
}

std::size_t page_size(const std::optional<std::int32_t>& asked) {
  return asked ? static_cast<std::size_t>(*asked) : kPageDefault;
}

}  // namespace ssm_documents

Result<aws::ssm::DescribeDocumentResponse> SsmService::describe(
    const Info& info, const aws::ssm::DescribeDocumentRequest& request) const {
  TRY(const FoundDocument found, ssm_shared::find_document(documents_, info, *request.name, request.document_version));
  aws::ssm::DescribeDocumentResponse response;
  response.document = ssm_documents::describe_stored(found);
  return response;
}

Result<aws::ssm::GetDocumentResponse> SsmService::read_document(const Info& info,
                                                                const aws::ssm::GetDocumentRequest& request) const {
  TRY(const FoundDocument found, ssm_shared::find_document(documents_, info, *request.name, request.document_version));
  const Document& document = *found.document;
  DocumentFormat format = document.format;
  if (request.document_format) {
    TRY(format, ssm_documents::format_of(request.document_format));
  }
  aws::ssm::GetDocumentResponse response;
  TRY(response.content, document_as(document, format));
  response.name = document.name;
  response.created_date = document.created;
  response.document_version = document.version;
  if (!document.version_name.empty()) response.version_name = document.version_name;
  response.status.emplace("Active");
  response.document_type.emplace(document.type);
  response.document_format.emplace(ssm_documents::format_name(format));
  return response;
}

Result<aws::ssm::CreateDocumentResponse> SsmService::create(const Info& info,
                                                            const aws::ssm::CreateDocumentRequest& request) {
  using namespace ssm_documents;
  TRY_VOID(authorize(info, own_arn(info, *request.name)));
  TRY(Document document, document_from(request, cloud_.now(info.ctx.clock())));
  TRY(StoredDocument* const stored, documents_.create(info.caller.account_id, info.region, std::move(document)));
  for (const aws::ssm::Tag& tag : request.tags) stored->tags[*tag.key] = *tag.value;
  aws::ssm::CreateDocumentResponse response;
  response.document_description = describe_stored(found_version(*stored, stored->latest()));
  return response;
}

Result<aws::ssm::UpdateDocumentResponse> SsmService::update(const Info& info,
                                                            const aws::ssm::UpdateDocumentRequest& request) {
  using namespace ssm_documents;
  TRY(StoredDocument* const stored, own_document(documents_, info, *request.name));
  const std::string version = request.document_version.value_or("$DEFAULT");
  if (version != "$LATEST" && stored->version(version) != stored->latest()) {
    return fail(fault(ErrorKind::usage, "InvalidDocumentVersion",
                      "The document version is not valid: only $LATEST can be updated", 400));
  }
  if (!request.attachments.empty()) {
    return fail(
        fault(ErrorKind::unsupported, "ValidationException", "Attachments are not offered by this simulator", 400));
  }
  DocumentFormat format = DocumentFormat::json;
  TRY(format, format_of(request.document_format));
  TRY(Document document, parse_document(*request.content, format, stored->latest()->type));
  document.version_name = request.version_name.value_or("");
  document.display_name = request.display_name.value_or(stored->latest()->display_name);
  document.target_type = request.target_type.value_or(stored->latest()->target_type);
  document.created = std::chrono::floor<std::chrono::milliseconds>(cloud_.now(info.ctx.clock()));
  TRY(DocumentPtr added, documents_.add_version(*stored, std::move(document)));
  aws::ssm::UpdateDocumentResponse response;
  response.document_description = describe_stored(found_version(*stored, std::move(added)));
  return response;
}

Result<aws::ssm::UpdateDocumentDefaultVersionResponse> SsmService::update_default(
    const Info& info, const aws::ssm::UpdateDocumentDefaultVersionRequest& request) {
  using namespace ssm_documents;
  TRY(StoredDocument* const stored, own_document(documents_, info, *request.name));
  const DocumentPtr wanted = stored->version(*request.document_version);
  if (wanted == nullptr || request.document_version->starts_with('$')) {
    return fail(fault(ErrorKind::not_found, "InvalidDocumentVersion",
                      "The document version is not valid or does not exist.", 400));
  }
  stored->default_version = wanted->version;
  aws::ssm::UpdateDocumentDefaultVersionResponse response;
  response.description.emplace().name = stored->name;
  response.description->default_version = wanted->version;
  if (!wanted->version_name.empty()) response.description->default_version_name = wanted->version_name;
  return response;
}

Result<aws::ssm::DeleteDocumentResponse> SsmService::remove(const Info& info,
                                                            const aws::ssm::DeleteDocumentRequest& request) {
  using namespace ssm_documents;
  TRY(StoredDocument* const stored, own_document(documents_, info, *request.name));
  if (!request.document_version && !request.version_name) {
    if (!stored->shared_with.empty()) {
      return fail(fault(ErrorKind::conflict, "InvalidDocumentOperation",
                        "You attempted to delete a document while it is still shared. You must stop sharing the "
                        "document before you can delete it.",
                        400));
    }
    documents_.erase(info.caller.account_id, info.region, *request.name);
    return aws::ssm::DeleteDocumentResponse();
  }
  const auto found = std::find_if(stored->versions.begin(), stored->versions.end(), [&](const DocumentPtr& one) {
    return request.document_version ? one->version == *request.document_version
                                    : one->version_name == *request.version_name;
  });
  if (found == stored->versions.end()) {
    return fail(fault(ErrorKind::not_found, "InvalidDocumentVersion",
                      "The document version is not valid or does not exist.", 400));
  }
  if ((*found)->version == stored->default_version) {
    return fail(fault(ErrorKind::conflict, "InvalidDocumentOperation",
                      "Default version of the document can't be deleted.", 400));
  }
  stored->versions.erase(found);
  return aws::ssm::DeleteDocumentResponse();
}

Result<aws::ssm::ListDocumentsResponse> SsmService::documents_page(
    const Info& info, const aws::ssm::ListDocumentsRequest& request) const {
  using namespace ssm_documents;
  TRY_VOID(authorize(info));
  TRY(const std::vector<ListFilter> filters, list_filters(request));
  std::string question = "documents/" + info.caller.account_id + "/" + info.region;
  for (const ListFilter& filter : filters) question += "\n" + filter.key + "=" + join(filter.values, "\t");
  std::vector<FoundDocument> found;
  for (FoundDocument& one : documents_.list(info.caller.account_id, info.region)) {
    const bool wanted = std::all_of(filters.begin(), filters.end(), [&](const ListFilter& filter) {
      return matches(one, filter, info.caller.account_id);
    });
    if (wanted) found.push_back(std::move(one));
  }
  std::string key;
  TRY(const Page page, page_of(request.next_token.value_or(""), question, found.size(), page_size(request.max_results),
                               [&](std::size_t i) -> std::string_view {
                                 key = found[i].document->owner + "/" + found[i].document->name;
                                 return key;
                               }));
  aws::ssm::ListDocumentsResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) response.document_identifiers.push_back(identify(found[i], info));
  if (!page.next_token.empty()) response.next_token = page.next_token;
  return response;
}

Result<aws::ssm::ListDocumentVersionsResponse> SsmService::versions_page(
    const Info& info, const aws::ssm::ListDocumentVersionsRequest& request) const {
  using namespace ssm_documents;
  TRY(const FoundDocument found, ssm_shared::find_document(documents_, info, *request.name, std::nullopt));
  std::vector<DocumentPtr> versions = {found.document};
  if (found.stored != nullptr) versions.assign(found.stored->versions.rbegin(), found.stored->versions.rend());
  const std::string question = "versions/" + info.caller.account_id + "/" + info.region + "/" + *request.name;
  TRY(const Page page,
      page_of(request.next_token.value_or(""), question, versions.size(), page_size(request.max_results),
              [&](std::size_t i) -> std::string_view { return versions[i]->version; }));
  aws::ssm::ListDocumentVersionsResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    const Document& from = *versions[i];
    aws::ssm::DocumentVersionInfo& to = response.document_versions.emplace_back();
    to.name = from.name;
    to.document_version = from.version;
    if (!from.version_name.empty()) to.version_name = from.version_name;
    if (!from.display_name.empty()) to.display_name = from.display_name;
    to.created_date = from.created;
    to.is_default_version = from.version == found.default_version;
    to.document_format.emplace(format_name(from.format));
    to.status.emplace("Active");
  }
  if (!page.next_token.empty()) response.next_token = page.next_token;
  return response;
}

Result<aws::ssm::ModifyDocumentPermissionResponse> SsmService::share(
    const Info& info, const aws::ssm::ModifyDocumentPermissionRequest& request) {
  using namespace ssm_documents;
  TRY(StoredDocument* const stored, own_document(documents_, info, *request.name));
  if (request.shared_document_version && *request.shared_document_version != "$ALL" &&
      *request.shared_document_version != "$DEFAULT") {
    return fail(fault(ErrorKind::unsupported, "ValidationException",
                      "Sharing a single version is not offered by this simulator", 400));
  }
  for (const std::string& account : request.account_ids_to_add) {
    const bool digits = account.size() == 12 && account.find_first_not_of("0123456789") == std::string::npos;
    if (digits || equals_ignore_case(account, "all")) continue;
    return fail(ssm_shared::validation_error("accountIdsToAdd", account,
                                             "Member must satisfy regular expression pattern: (?i)all|[0-9]{12}"));
  }
  if (stored->shared_with.size() + request.account_ids_to_add.size() > DocumentStore::kSharesMax) {
    return fail(fault(ErrorKind::conflict, "DocumentPermissionLimit",
                      "The document can't be shared with more Amazon Web Services accounts.", 400));
  }
  const auto spelled = [](const std::string& account) {
    return equals_ignore_case(account, "all") ? std::string("all") : account;
  };
  for (const std::string& account : request.account_ids_to_add) stored->shared_with.insert(spelled(account));
  for (const std::string& account : request.account_ids_to_remove) stored->shared_with.erase(spelled(account));
  return aws::ssm::ModifyDocumentPermissionResponse();
}

Result<aws::ssm::DescribeDocumentPermissionResponse> SsmService::shares(
    const Info& info, const aws::ssm::DescribeDocumentPermissionRequest& request) const {
  using namespace ssm_documents;
  TRY_VOID(authorize(info, own_arn(info, *request.name)));
  const StoredDocument* stored = documents_.own(info.caller.account_id, info.region, *request.name);
  if (stored == nullptr) return fail(no_document(*request.name));
  const std::vector<std::string> accounts(stored->shared_with.begin(), stored->shared_with.end());
  const std::string question = "shares/" + info.caller.account_id + "/" + info.region + "/" + *request.name;
  const std::size_t size = request.max_results ? static_cast<std::size_t>(*request.max_results) : 200;
  TRY(const Page page, page_of(request.next_token.value_or(""), question, accounts.size(), size,
                               [&](std::size_t i) -> std::string_view { return accounts[i]; }));
  aws::ssm::DescribeDocumentPermissionResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    response.account_ids.push_back(accounts[i]);
    aws::ssm::AccountSharingInfo& shared = response.account_sharing_info_list.emplace_back();
    shared.account_id = accounts[i];
    shared.shared_document_version = "$DEFAULT";
  }
  if (!page.next_token.empty()) response.next_token = page.next_token;
  return response;
}

}  // namespace postern::sim
