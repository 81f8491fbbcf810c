#pragma once

/// A key pair as an agent makes one when it registers, for tests.

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/encoding.hpp"

namespace postern::sim::testing {

class NodeKey {
 public:
  explicit NodeKey(unsigned bits = 2048) : key_(EVP_RSA_gen(bits), &EVP_PKEY_free) { CHECK(key_ != nullptr); }

  /// DER SubjectPublicKeyInfo in base64.
  std::string public_key() const {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key_.get(), &der);
    CHECK(size > 0);
    std::string text = to_base64(std::string_view(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)));
    OPENSSL_free(der);
    return text;
  }

  /// RSA-PSS, SHA-256, salt of 32 bytes, in base64.
  std::string sign(std::string_view text) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    EVP_PKEY_CTX* parameters = nullptr;
    CHECK(EVP_DigestSignInit(context.get(), &parameters, EVP_sha256(), nullptr, key_.get()) == 1);
    CHECK(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1);
    CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 32) == 1);
    const auto* data = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t size = 0;
    CHECK(EVP_DigestSign(context.get(), nullptr, &size, data, text.size()) == 1);
    std::string signature(size, '\0');
    CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data, text.size()) ==
          1);
    signature.resize(size);
    return to_base64(signature);
  }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

}  // namespace postern::sim::testing
