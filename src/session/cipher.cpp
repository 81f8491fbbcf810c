#include "session/cipher.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "base/check.hpp"

namespace postern::session {
namespace cipher {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kKeyBytes = kDataKeyBytes / 2;

struct Free {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace cipher

Result<SessionCipher> SessionCipher::make(End end, const Secret<std::string>& key) {
  const std::string& bytes = key.reveal();
  if (bytes.size() != kDataKeyBytes) {
    return fail(ErrorKind::malformed, "a session's data key has " + std::to_string(kDataKeyBytes) + " bytes, not " +
                                          std::to_string(bytes.size()));
  }
  Secret<std::string> agents(bytes.substr(0, cipher::kKeyBytes));
  Secret<std::string> clients(bytes.substr(cipher::kKeyBytes));
  SessionCipher made;
  made.own_ = end == End::agent ? agents : clients;
  made.other_ = end == End::agent ? clients : agents;
  return made;
}

std::string SessionCipher::seal(rt::Random& random, std::string_view text) const {
  std::array<std::uint8_t, cipher::kNonceBytes> nonce{};
  random.fill(nonce);
  const cipher::Context context(EVP_CIPHER_CTX_new());
  CHECK(context != nullptr);
  std::string sealed(cipher::kNonceBytes + text.size() + cipher::kTagBytes, '\0');
  std::copy(nonce.begin(), nonce.end(), sealed.begin());
  unsigned char* const out = cipher::bytes_of(sealed) + cipher::kNonceBytes;
  int size = 0;
  int rest = 0;
  // Nothing of this depends on input: it fails when the library is broken.
  CHECK(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, cipher::bytes_of(std::string_view(own_.reveal())),
                           nonce.data()) == 1);
  CHECK(EVP_EncryptUpdate(context.get(), out, &size, cipher::bytes_of(text), static_cast<int>(text.size())) == 1);
  CHECK(EVP_EncryptFinal_ex(context.get(), out + size, &rest) == 1);
  CHECK(static_cast<std::size_t>(size + rest) == text.size());
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, cipher::kTagBytes, out + text.size()) == 1);
  return sealed;
}

Result<std::string> SessionCipher::open(std::string_view sealed) const {
  if (sealed.size() < cipher::kNonceBytes + cipher::kTagBytes) {
    return fail(ErrorKind::malformed, "an encrypted message is too short");
  }
  const std::string_view nonce = sealed.substr(0, cipher::kNonceBytes);
  const std::string_view text = sealed.substr(nonce.size(), sealed.size() - nonce.size() - cipher::kTagBytes);
  std::string tag(sealed.substr(sealed.size() - cipher::kTagBytes));
  const cipher::Context context(EVP_CIPHER_CTX_new());
  CHECK(context != nullptr);
  std::string opened(text.size(), '\0');
  int size = 0;
  int rest = 0;
  CHECK(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                           cipher::bytes_of(std::string_view(other_.reveal())), cipher::bytes_of(nonce)) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, cipher::kTagBytes, tag.data()) == 1);
  const bool good = EVP_DecryptUpdate(context.get(), cipher::bytes_of(opened), &size, cipher::bytes_of(text),
                                      static_cast<int>(text.size())) == 1 &&
                    EVP_DecryptFinal_ex(context.get(), cipher::bytes_of(opened) + size, &rest) == 1;
  if (!good) {
    // What the half-done decryption left is nobody's.
    wipe(opened);
    return fail(ErrorKind::malformed, "a message was not encrypted with this session's key");
  }
  return opened;
}

}  // namespace postern::session
