#pragma once

/// SHA-256 and HMAC-SHA-256 as SigV4 needs them: algorithms fetched once, contexts reused (measured: 2.4 us for a whole
/// signature against 4.8 us with the one-shot functions, which also slow each other down between threads).

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace postern::aws {

using Sha256Digest = std::array<unsigned char, 32>;

/// A keyed HMAC context. Wiped by OpenSSL when it is destroyed.
class HmacKey {
 public:
  struct State;
  explicit HmacKey(std::unique_ptr<State> state);
  HmacKey(HmacKey&&) noexcept;
  HmacKey& operator=(HmacKey&&) noexcept;
  ~HmacKey();
  /// Keeps the key: may be called any number of times.
  Sha256Digest sign(std::string_view data);
  /// Another key in the same context, which costs less than another context.
  void rekey(std::string_view secret);

 private:
  std::unique_ptr<State> state_;
};

/// The fetched algorithms and one digest context. Not for two threads at once.
class SigningCrypto {
 public:
  SigningCrypto();
  ~SigningCrypto();
  SigningCrypto(const SigningCrypto&) = delete;
  SigningCrypto& operator=(const SigningCrypto&) = delete;

  /// False when this host's OpenSSL offers no SHA-256 or HMAC (a broken or locked-down configuration): nothing else may
  /// be called.
  bool ok() const noexcept;
  Sha256Digest sha256(std::string_view data);
  HmacKey key(std::string_view secret);
  Sha256Digest hmac(std::string_view secret, std::string_view data);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Appends 64 lower-case hex digits.
void append_hex(std::string& out, const Sha256Digest& digest);
/// Takes the same time wherever the first difference is; lengths are not secret.
bool equal_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace postern::aws
