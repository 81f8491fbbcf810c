#include "aws/core/sigv4_crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <utility>

#include "base/check.hpp"

namespace postern::aws {

namespace {

struct CryptoFree {
  void operator()(EVP_MD* p) const noexcept { EVP_MD_free(p); }
  void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
  void operator()(EVP_MAC* p) const noexcept { EVP_MAC_free(p); }
  void operator()(EVP_MAC_CTX* p) const noexcept { EVP_MAC_CTX_free(p); }
};

void set_key(EVP_MAC_CTX* context, std::string_view secret, const OSSL_PARAM* params) {
  // OpenSSL takes a null key to mean "none given", so an empty one needs an address.
  static constexpr unsigned char kNothing = 0;
  const auto* bytes = secret.empty() ? &kNothing : reinterpret_cast<const unsigned char*>(secret.data());
  CHECK(EVP_MAC_init(context, bytes, secret.size(), params) == 1);
}

}  // namespace

struct HmacKey::State {
  std::unique_ptr<EVP_MAC_CTX, CryptoFree> context;
};

struct SigningCrypto::State {
  std::unique_ptr<EVP_MD, CryptoFree> sha256{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  std::unique_ptr<EVP_MD_CTX, CryptoFree> digest{EVP_MD_CTX_new()};
  std::unique_ptr<EVP_MAC, CryptoFree> hmac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
};

HmacKey::HmacKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
HmacKey::HmacKey(HmacKey&&) noexcept = default;
HmacKey& HmacKey::operator=(HmacKey&&) noexcept = default;
HmacKey::~HmacKey() = default;

// After a successful fetch these calls fail only when memory is exhausted, which ends the program elsewhere too: hence
// CHECK.
Sha256Digest HmacKey::sign(std::string_view data) {
  Sha256Digest out;
  std::size_t size = 0;
  EVP_MAC_CTX* context = state_->context.get();
  // A null key keeps the one given before: this is what makes the cached context fast.
  CHECK(EVP_MAC_init(context, nullptr, 0, nullptr) == 1);
  CHECK(EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(data.data()), data.size()) == 1);
  CHECK(EVP_MAC_final(context, out.data(), &size, out.size()) == 1 && size == out.size());
  return out;
}

void HmacKey::rekey(std::string_view secret) {
  set_key(state_->context.get(), secret, nullptr);
}

SigningCrypto::SigningCrypto() : state_(std::make_unique<State>()) {}
SigningCrypto::~SigningCrypto() = default;

bool SigningCrypto::ok() const noexcept {
  return state_->sha256 && state_->digest && state_->hmac;
}

Sha256Digest SigningCrypto::sha256(std::string_view data) {
  Sha256Digest out;
  unsigned size = 0;
  EVP_MD_CTX* context = state_->digest.get();
  CHECK(EVP_DigestInit_ex2(context, state_->sha256.get(), nullptr) == 1);
  CHECK(EVP_DigestUpdate(context, data.data(), data.size()) == 1);
  CHECK(EVP_DigestFinal_ex(context, out.data(), &size) == 1 && size == out.size());
  return out;
}

HmacKey SigningCrypto::key(std::string_view secret) {
  auto state = std::make_unique<HmacKey::State>();
  state->context.reset(EVP_MAC_CTX_new(state_->hmac.get()));
  CHECK(state->context != nullptr);
  char name[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                               OSSL_PARAM_construct_end()};
  set_key(state->context.get(), secret, params);
  return HmacKey(std::move(state));
}

Sha256Digest SigningCrypto::hmac(std::string_view secret, std::string_view data) {
  return key(secret).sign(data);
}

void append_hex(std::string& out, const Sha256Digest& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  char text[64];
  for (std::size_t i = 0; i < digest.size(); ++i) {
    text[2 * i] = kDigits[digest[i] >> 4];
    text[2 * i + 1] = kDigits[digest[i] & 15];
  }
  out.append(text, sizeof text);
}

bool equal_constant_time(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace postern::aws
