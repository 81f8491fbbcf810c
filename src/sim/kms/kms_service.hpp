#pragma once

/// KMS: symmetric keys and data keys, as far as sessions need them.

#include <string>

#include "aws/kms/server.hpp"
#include "rt/context.hpp"
#include "sim/kms/key_store.hpp"

namespace postern::sim {

/// Not offered: asymmetric, multi-Region and imported keys, grants. Cloud and ctx's effects outlive it.
class KmsService final : public aws::kms::Handler {
 public:
  using Info = aws::server::CallInfo;

  KmsService(Cloud& cloud, rt::CallContext ctx) : cloud_(cloud), ctx_(ctx) {}
  KeyStore& keys() noexcept { return keys_; }

  Result<aws::kms::CreateKeyResponse> create_key(const Info& info, const aws::kms::CreateKeyRequest& request) override;
  Result<aws::kms::DescribeKeyResponse> describe_key(const Info& info,
                                                     const aws::kms::DescribeKeyRequest& request) override;
  Result<aws::kms::ListKeysResponse> list_keys(const Info& info, const aws::kms::ListKeysRequest& request) override;
  Result<aws::kms::CreateAliasResponse> create_alias(const Info& info,
                                                     const aws::kms::CreateAliasRequest& request) override;
  Result<aws::kms::ListAliasesResponse> list_aliases(const Info& info,
                                                     const aws::kms::ListAliasesRequest& request) override;
  Result<aws::kms::GenerateDataKeyResponse> generate_data_key(const Info& info,
                                                              const aws::kms::GenerateDataKeyRequest& request) override;
  Result<aws::kms::EncryptResponse> encrypt(const Info& info, const aws::kms::EncryptRequest& request) override;
  Result<aws::kms::DecryptResponse> decrypt(const Info& info, const aws::kms::DecryptRequest& request) override;

  /// Decrypt with the role of a node, as its agent calls it. Fails as the operation does.
  Result<Secret<std::string>> decrypt_as(const Instance& node, std::string_view blob, const EncryptionContext& context,
                                         const std::string& key_id);

 private:
  /// The key that is asked for, once the caller may do the operation with it.
  Result<const KmsKey*> usable(const Info& info, const std::string& asked, const EncryptionContext& context);

  Cloud& cloud_;
  rt::CallContext ctx_;
  KeyStore keys_;
};

}  // namespace postern::sim
