#include "sim/agents/node_keys.hpp"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>

#include "base/encoding.hpp"

namespace postern::sim {
namespace node_keys {

constexpr int kBitsLeast = 2048;
constexpr std::size_t kDerMax = 2048;
constexpr int kSaltBytes = 32;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

Key read(std::string_view public_key) {
  const auto der = from_base64(public_key);
  if (!der || der->size() > kDerMax) return nullptr;
  const auto* at = reinterpret_cast<const unsigned char*>(der->data());
  Key key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der->size())));
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) return nullptr;
  return key;
}

}  // namespace node_keys

Result<void> check_node_key(std::string_view public_key) {
  const node_keys::Key key = node_keys::read(public_key);
  if (key == nullptr) return fail(ErrorKind::usage, "the public key is not an RSA key in DER and base64");
  if (EVP_PKEY_get_bits(key.get()) < node_keys::kBitsLeast) {
    return fail(ErrorKind::usage, "the public key has fewer than 2048 bits");
  }
  return {};
}

bool verify_node_signature(std::string_view public_key, std::string_view text, std::string_view signature) {
  const node_keys::Key key = node_keys::read(public_key);
  const auto bytes = from_base64(signature);
  if (key == nullptr || !bytes) return false;
  const std::unique_ptr<EVP_MD_CTX, node_keys::FreeContext> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  if (context == nullptr) return false;
  if (EVP_DigestVerifyInit(context.get(), &parameters, EVP_sha256(), nullptr, key.get()) != 1) return false;
  if (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1) return false;
  if (EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, node_keys::kSaltBytes) != 1) return false;
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(bytes->data()), bytes->size(),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
}

}  // namespace postern::sim
