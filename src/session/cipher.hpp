#pragma once

/// SessionCipher: how a session with a KMS key encrypts its payloads (protocol.md B1.5): AES-256-GCM, no additional
/// data, 12 bytes of nonce, the text, 16 bytes of tag.

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "rt/random.hpp"
#include "session/channel.hpp"

namespace postern::session {

constexpr std::size_t kDataKeyBytes = 64;

class SessionCipher {
 public:
  /// `key` is KMS's plaintext data key: its first half is what the agent encrypts with, the second the client. Fails
  /// with malformed when it does not have 64 bytes.
  static Result<SessionCipher> make(End end, const Secret<std::string>& key);
  /// `random` makes the nonce.
  std::string seal(rt::Random& random, std::string_view text) const;
  /// Fails with malformed: too short, or not what the other end sealed.
  Result<std::string> open(std::string_view sealed) const;

 private:
  SessionCipher() = default;
  Secret<std::string> own_;
  Secret<std::string> other_;
};

}  // namespace postern::session
