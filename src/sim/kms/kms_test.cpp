#include <gtest/gtest.h>

#include "aws/kms/ops.hpp"
#include "sim/testing/rig.hpp"

namespace postern::sim {
namespace kms_test {

using testing::Rig;

CloudConfig config_with_keys() {
  CloudConfig config = testing::rig_config(1);
  KeyConfig plain;
  plain.region = "us-east-1";
  plain.alias = "alias/sessions";
  KeyConfig off = plain;
  off.alias = "alias/off";
  off.enabled = Switch::off;
  KeyConfig closed = plain;
  closed.alias = "alias/closed";
  closed.policy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
                  R"("Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]})";
  config.accounts[1].keys = {plain, off, closed};
  return config;
}

std::string refused(const Error& error) {
  return error.aws() == nullptr ? error.to_text() : error.aws()->code;
}

class KmsTest : public ::testing::Test {
 protected:
  KmsTest() : rig_(config_with_keys()) { EXPECT_TRUE(rig_.become_operator()); }

  Result<aws::kms::GenerateDataKeyResponse> data_key(std::string key, std::string session = "s") {
    aws::kms::GenerateDataKeyRequest request;
    request.key_id = std::move(key);
    request.number_of_bytes = 64;
    request.encryption_context["aws:ssm:SessionId"] = std::move(session);
    return rig_.call<aws::kms::GenerateDataKey>(std::move(request));
  }
  Result<aws::kms::DecryptResponse> decrypt(const std::string& blob, std::string session = "s") {
    aws::kms::DecryptRequest request;
    request.ciphertext_blob.emplace(blob);
    request.encryption_context["aws:ssm:SessionId"] = std::move(session);
    return rig_.call<aws::kms::Decrypt>(std::move(request));
  }

  Rig rig_;
};

TEST_F(KmsTest, ADataKeyOpensWithItsContextOnly) {
  const auto made = data_key("alias/sessions");
  ASSERT_TRUE(made) << made.error().to_text();
  EXPECT_EQ(made->plaintext->bytes.size(), 64U);
  const auto opened = decrypt(made->ciphertext_blob->bytes);
  ASSERT_TRUE(opened) << opened.error().to_text();
  EXPECT_EQ(opened->plaintext->bytes, made->plaintext->bytes);
  EXPECT_EQ(*opened->key_id, *made->key_id);
  EXPECT_EQ(refused(decrypt(made->ciphertext_blob->bytes, "other").error()), "InvalidCiphertextException");
  std::string broken = made->ciphertext_blob->bytes;
  broken.back() = static_cast<char>(broken.back() ^ 1);
  EXPECT_EQ(refused(decrypt(broken).error()), "InvalidCiphertextException");
  EXPECT_EQ(refused(decrypt("nonsense").error()), "InvalidCiphertextException");
}

TEST_F(KmsTest, KeysAreFoundByEveryNameAndRefusedWhenOff) {
  const std::string arn = *data_key("alias/sessions")->key_id;
  for (const std::string& name :
       {arn, arn.substr(arn.rfind('/') + 1), std::string("arn:aws:kms:us-east-1:444455556666:alias/sessions")}) {
    EXPECT_TRUE(data_key(name)) << name;
  }
  EXPECT_EQ(refused(data_key("alias/none").error()), "NotFoundException");
  EXPECT_EQ(refused(data_key("alias/off").error()), "DisabledException");
}

TEST_F(KmsTest, TheKeyPolicyHasTheLastWord) {
  EXPECT_EQ(refused(data_key("alias/closed").error()), "AccessDeniedException");
  aws::Credentials hub;
  hub.access_key_id = "AKIARIGOPERATOR00001";
  hub.secret_access_key = Secret<>(std::string("secret"));
  rig_.use(std::move(hub));
  EXPECT_TRUE(data_key("arn:aws:kms:us-east-1:444455556666:alias/closed"));
  EXPECT_EQ(refused(data_key("arn:aws:kms:us-east-1:444455556666:alias/sessions").error()), "AccessDeniedException");
  // A condition on the context of the session.
  ASSERT_TRUE(
      rig_.become_operator(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*",)"
                           R"("Condition":{"StringEquals":{"kms:EncryptionContext:aws:ssm:SessionId":"mine"}}}]})"));
  EXPECT_TRUE(data_key("alias/sessions", "mine"));
  EXPECT_EQ(refused(data_key("alias/sessions", "yours").error()), "AccessDeniedException");
}

TEST_F(KmsTest, KeysAreMadeAndListed) {
  aws::kms::CreateKeyRequest request;
  request.description = "a case";
  const auto made = rig_.call<aws::kms::CreateKey>(std::move(request));
  ASSERT_TRUE(made) << made.error().to_text();
  aws::kms::CreateAliasRequest alias;
  alias.alias_name = "alias/new";
  alias.target_key_id = *made->key_metadata->key_id;
  EXPECT_TRUE(rig_.call<aws::kms::CreateAlias>(alias));
  EXPECT_EQ(refused(rig_.call<aws::kms::CreateAlias>(alias).error()), "AlreadyExistsException");
  EXPECT_EQ(rig_.call<aws::kms::ListKeys>(aws::kms::ListKeysRequest())->keys.size(), 4U);
  EXPECT_EQ(rig_.call<aws::kms::ListAliases>(aws::kms::ListAliasesRequest())->aliases.size(), 4U);
  EXPECT_EQ(*data_key("alias/new")->key_id, *made->key_metadata->arn);
}

}  // namespace kms_test
}  // namespace postern::sim
