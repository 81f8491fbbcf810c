#include "sim/kms/kms_service.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sim/agents/node_roles.hpp"
#include "sim/paging.hpp"

namespace postern::sim {
namespace kms_service {

using aws::server::fault;

constexpr std::size_t kPageDefault = 100;
constexpr std::int32_t kDataKeyMost = 1024;
constexpr std::string_view kAlgorithm = "SYMMETRIC_DEFAULT";

Error not_found(std::string message) {
  return fault(ErrorKind::not_found, "NotFoundException", std::move(message), 400);
}

Error invalid(std::string message) {
  return fault(ErrorKind::usage, "ValidationException", std::move(message), 400);
}

Error invalid_blob() {
  return fault(ErrorKind::usage, "InvalidCiphertextException", "", 400);
}

aws::kms::KeyMetadata shown(const KmsKey& key) {
  aws::kms::KeyMetadata to;
  to.aws_account_id = key.account;
  to.key_id = key.id;
  to.arn = key.arn();
  to.creation_date = key.created;
  to.enabled = key.enabled == Switch::on;
  to.description = key.description;
  to.key_usage.emplace("ENCRYPT_DECRYPT");
  to.key_state.emplace(key.enabled == Switch::on ? "Enabled" : "Disabled");
  to.origin.emplace("AWS_KMS");
  to.key_manager.emplace("CUSTOMER");
  to.customer_master_key_spec.emplace("SYMMETRIC_DEFAULT");
  to.key_spec.emplace("SYMMETRIC_DEFAULT");
  to.encryption_algorithms.emplace_back(kAlgorithm);
  to.multi_region = false;
  return to;
}

Access with_context(Access access, const EncryptionContext& context) {
  std::vector<std::string> names;
  for (const auto& [name, value] : context) {
    access.with("kms:EncryptionContext:" + name, value);
    names.push_back(name);
  }
  if (!names.empty()) access.with_list("kms:EncryptionContextKeys", std::move(names));
  return access;
}

template <class Map>
EncryptionContext context_of(const Map& from) {
  EncryptionContext made;
  for (const auto& [name, value] : from) made[name] = value;
  return made;
}

Result<void> check_algorithm(const std::optional<aws::Open<aws::kms::EncryptionAlgorithmSpec>>& asked) {
  if (!asked || asked->text() == kAlgorithm) return {};
  return fail(fault(ErrorKind::usage, "InvalidKeyUsageException",
                    "The algorithm " + printable(asked->text(), 40) + " does not fit the key", 400));
}

Result<Page> page(const std::string& question, const std::optional<std::string>& marker,
                  const std::optional<std::int32_t>& limit, std::size_t count,
                  FunctionRef<std::string_view(std::size_t)> key) {
  const std::size_t size = limit ? static_cast<std::size_t>(*limit) : kPageDefault;
  Result<Page> made = page_of(marker.value_or(""), question, count, size, key);
  if (made) return made;
  return fail(fault(ErrorKind::usage, "InvalidMarkerException", "The marker is not valid.", 400));
}

}  // namespace kms_service

Result<const KmsKey*> KmsService::usable(const Info& info, const std::string& asked, const EncryptionContext& context) {
  using namespace kms_service;
  const KmsKey* key = keys_.find(info.caller.account_id, info.region, asked);
  if (key == nullptr) {
    const bool bare = !asked.starts_with("arn:");
    const std::string_view kind = asked.starts_with("alias/") ? "" : "key/";
    const std::string arn =
        bare ? "arn:aws:kms:" + info.region + ":" + info.caller.account_id + ":" + std::string(kind) + asked : asked;
    const bool alias = arn.find(":alias/") != std::string::npos;
    TRY_VOID(authorize(info, with_context(Access().on(arn), context)));
    return fail(not_found(alias ? "Alias " + printable(arn, 300) + " is not found."
                                : "Key '" + printable(arn, 300) + "' does not exist"));
  }
  TRY_VOID(authorize(info, with_context(Access().on(key->resource()), context)));
  const bool describes = info.operation->name == "DescribeKey" || info.operation->name == "CreateAlias";
  if (key->enabled == Switch::off && !describes) {
    return fail(fault(ErrorKind::refused, "DisabledException", key->arn() + " is disabled.", 400));
  }
  return key;
}

Result<aws::kms::CreateKeyResponse> KmsService::create_key(const Info& info,
                                                           const aws::kms::CreateKeyRequest& request) {
  using namespace kms_service;
  Tags tags;
  for (const aws::kms::Tag& tag : request.tags) tags[*tag.tag_key] = *tag.tag_value;
  TRY_VOID(authorize(info, Access().tagging(tags)));
  const bool symmetric = (!request.key_spec || request.key_spec->text() == kAlgorithm) &&
                         (!request.customer_master_key_spec || request.customer_master_key_spec->text() == kAlgorithm);
  const bool own = !request.origin || request.origin->text() == "AWS_KMS";
  const bool plain = !request.key_usage || request.key_usage->text() == "ENCRYPT_DECRYPT";
  if (!symmetric || !own || !plain || request.multi_region.value_or(false) || request.custom_key_store_id) {
    return fail(fault(ErrorKind::unsupported, "UnsupportedOperationException",
                      "Only symmetric keys of one Region are offered by this simulator", 400));
  }
  KmsKey key;
  key.account = info.caller.account_id;
  key.region = info.region;
  key.description = request.description.value_or("");
  key.created = std::chrono::floor<std::chrono::milliseconds>(cloud_.now(info.ctx.clock()));
  key.tags = std::move(tags);
  TRY(key.policy, read_key_policy(request.policy.value_or(default_key_policy(key.account))));
  const KmsKey* made = keys_.add(std::move(key), info.ctx.random());
  if (made == nullptr) {
    return fail(fault(ErrorKind::refused, "LimitExceededException", "Too many keys are in this simulated cloud", 400));
  }
  aws::kms::CreateKeyResponse response;
  response.key_metadata = shown(*made);
  return response;
}

Result<aws::kms::DescribeKeyResponse> KmsService::describe_key(const Info& info,
                                                               const aws::kms::DescribeKeyRequest& request) {
  TRY(const KmsKey* const key, usable(info, *request.key_id, EncryptionContext()));
  aws::kms::DescribeKeyResponse response;
  response.key_metadata = kms_service::shown(*key);
  return response;
}

Result<aws::kms::ListKeysResponse> KmsService::list_keys(const Info& info, const aws::kms::ListKeysRequest& request) {
  TRY_VOID(authorize(info));
  const auto all = keys_.keys(info.caller.account_id, info.region);
  TRY(const Page page,
      kms_service::page("kms-keys/" + info.caller.account_id + "/" + info.region, request.marker, request.limit,
                        all.size(), [&](std::size_t i) -> std::string_view { return all[i]->id; }));
  aws::kms::ListKeysResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    aws::kms::KeyListEntry& to = response.keys.emplace_back();
    to.key_id = all[i]->id;
    to.key_arn = all[i]->arn();
  }
  response.truncated = !page.next_token.empty();
  if (*response.truncated) response.next_marker = page.next_token;
  return response;
}

Result<aws::kms::CreateAliasResponse> KmsService::create_alias(const Info& info,
                                                               const aws::kms::CreateAliasRequest& request) {
  using namespace kms_service;
  const std::string& name = *request.alias_name;
  const std::string arn = "arn:aws:kms:" + info.region + ":" + info.caller.account_id + ":" + name;
  // The alias and the key that it leads to: both must be granted.
  TRY_VOID(authorize(info, arn));
  TRY(const KmsKey* const key, usable(info, *request.target_key_id, EncryptionContext()));
  if (!name.starts_with("alias/") || name.starts_with("alias/aws/") || name.size() <= 6) {
    return fail(fault(ErrorKind::usage, "InvalidAliasNameException",
                      "Alias names begin with alias/ and not with alias/aws/", 400));
  }
  if (!keys_.add_alias(info.caller.account_id, info.region, name, key->id)) {
    return fail(fault(ErrorKind::conflict, "AlreadyExistsException",
                      "An alias with the name " + printable(arn, 300) + " already exists", 400));
  }
  return aws::kms::CreateAliasResponse();
}

Result<aws::kms::ListAliasesResponse> KmsService::list_aliases(const Info& info,
                                                               const aws::kms::ListAliasesRequest& request) {
  TRY_VOID(authorize(info));
  auto all = keys_.aliases(info.caller.account_id, info.region);
  const std::string wanted = request.key_id.value_or("");
  if (!wanted.empty()) {
    const KmsKey* key = keys_.find(info.caller.account_id, info.region, wanted);
    if (key == nullptr) return fail(kms_service::not_found("Key '" + printable(wanted, 300) + "' does not exist"));
    std::erase_if(all, [&](const auto& alias) { return alias.second != key->id; });
  }
  TRY(const Page page,
      kms_service::page("kms-aliases/" + info.caller.account_id + "/" + info.region + "/" + wanted, request.marker,
                        request.limit, all.size(), [&](std::size_t i) -> std::string_view { return all[i].first; }));
  aws::kms::ListAliasesResponse response;
  for (std::size_t i = page.begin; i < page.end; ++i) {
    aws::kms::AliasListEntry& to = response.aliases.emplace_back();
    to.alias_name = all[i].first;
    to.alias_arn = "arn:aws:kms:" + info.region + ":" + info.caller.account_id + ":" + all[i].first;
    to.target_key_id = all[i].second;
  }
  response.truncated = !page.next_token.empty();
  if (*response.truncated) response.next_marker = page.next_token;
  return response;
}

Result<aws::kms::GenerateDataKeyResponse> KmsService::generate_data_key(
    const Info& info, const aws::kms::GenerateDataKeyRequest& request) {
  using namespace kms_service;
  const EncryptionContext context = context_of(request.encryption_context);
  TRY(const KmsKey* const key, usable(info, *request.key_id, context));
  if (request.key_spec.has_value() == request.number_of_bytes.has_value()) {
    return fail(invalid("Please specify either number of bytes or key spec."));
  }
  std::int32_t count = request.number_of_bytes.value_or(0);
  if (request.key_spec) count = request.key_spec->text() == "AES_128" ? 16 : 32;
  if (count < 1 || count > kDataKeyMost) return fail(invalid("NumberOfBytes must be from 1 to 1024"));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
  info.ctx.random().fill(bytes);
  aws::kms::GenerateDataKeyResponse response;
  response.plaintext.emplace(std::string(bytes.begin(), bytes.end()));
  response.ciphertext_blob.emplace(KeyStore::seal(*key, context, response.plaintext->bytes, info.ctx.random()));
  response.key_id = key->arn();
  return response;
}

Result<aws::kms::EncryptResponse> KmsService::encrypt(const Info& info, const aws::kms::EncryptRequest& request) {
  using namespace kms_service;
  const EncryptionContext context = context_of(request.encryption_context);
  TRY(const KmsKey* const key, usable(info, *request.key_id, context));
  TRY_VOID(check_algorithm(request.encryption_algorithm));
  aws::kms::EncryptResponse response;
  response.ciphertext_blob.emplace(KeyStore::seal(*key, context, request.plaintext->bytes, info.ctx.random()));
  response.key_id = key->arn();
  response.encryption_algorithm.emplace(kAlgorithm);
  return response;
}

Result<aws::kms::DecryptResponse> KmsService::decrypt(const Info& info, const aws::kms::DecryptRequest& request) {
  using namespace kms_service;
  const EncryptionContext context = context_of(request.encryption_context);
  const std::string& blob = request.ciphertext_blob->bytes;
  const KmsKey* key = keys_.key_of(blob);
  if (key == nullptr || key->region != info.region) return fail(invalid_blob());
  TRY(key, usable(info, key->arn(), context));
  if (request.key_id && keys_.find(info.caller.account_id, info.region, *request.key_id) != key) {
    return fail(fault(ErrorKind::usage, "IncorrectKeyException",
                      "The key ID in the request does not identify a CMK that can perform this operation.", 400));
  }
  TRY_VOID(check_algorithm(request.encryption_algorithm));
  std::optional<std::string> text = KeyStore::open(*key, context, blob);
  if (!text) return fail(invalid_blob());
  aws::kms::DecryptResponse response;
  response.plaintext.emplace(std::move(*text));
  response.key_id = key->arn();
  response.encryption_algorithm.emplace(kAlgorithm);
  return response;
}

Result<Secret<std::string>> KmsService::decrypt_as(const Instance& node, std::string_view blob,
                                                   const EncryptionContext& context, const std::string& key_id) {
  using namespace kms_service;
  const KmsKey* key = keys_.key_of(blob);
  if (key == nullptr || keys_.find(node.account_id(), node.region(), key_id) != key) return fail(invalid_blob());
  const std::shared_ptr<Role> role = node_role(cloud_, node);
  if (role == nullptr) {
    return fail(fault(ErrorKind::denied, "AccessDeniedException", "the node has no role to decrypt with", 400));
  }
  iam::RequestContext request;
  request.set("aws:RequestedRegion", node.region());
  request.set("aws:SecureTransport", "true");
  const IdentityPtr identity = node_session(cloud_.directory(), role, node, cloud_.now(ctx_.clock()));
  const Access access = with_context(Access("kms:Decrypt").on(key->resource()), context);
  const iam::Evaluation evaluation = evaluate_access(cloud_, *identity, access, request);
  if (!evaluation.allowed()) {
    return fail(fault(ErrorKind::denied, "AccessDeniedException", evaluation.denial_text, 400));
  }
  if (key->enabled == Switch::off) {
    return fail(fault(ErrorKind::refused, "DisabledException", key->arn() + " is disabled.", 400));
  }
  std::optional<std::string> text = KeyStore::open(*key, context, blob);
  if (!text) return fail(invalid_blob());
  return Secret<std::string>(std::move(*text));
}

}  // namespace postern::sim
