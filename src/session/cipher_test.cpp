#include "session/cipher.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/encoding.hpp"
#include "world/random.hpp"

namespace postern::session {
namespace cipher_test {

/// Gives what it was told to give: for vectors.
class FixedRandom final : public rt::Random {
 public:
  explicit FixedRandom(std::string bytes) : bytes_(std::move(bytes)) {}
  void fill(std::span<std::uint8_t> bytes) override {
    ASSERT_LE(bytes.size(), bytes_.size());
    std::copy_n(bytes_.begin(), bytes.size(), bytes.begin());
    bytes_.erase(0, bytes.size());
  }

 private:
  std::string bytes_;
};

/// Key and nonce of test case 14 of the GCM specification: all zero, 16 bytes of zeros.
TEST(SessionCipher, IsAes256GcmWithTheNonceInFrontAndTheTagBehind) {
  const SessionCipher client = *SessionCipher::make(End::client, Secret<std::string>(std::string(64, '\0')));
  FixedRandom zeros(std::string(12, '\0'));
  EXPECT_EQ(to_hex(client.seal(zeros, std::string(16, '\0'))),
            "000000000000000000000000"
            "cea7403d4d606b6e074ec5d3baf39d18"
            "d0d1c8a799996bf0265b98b5d48ab919");
  FixedRandom more(std::string(12, '\0'));
  EXPECT_EQ(to_hex(client.seal(more, "")), "000000000000000000000000530f8afbc74536b9a963b4f1c4cb738b");
}

/// The first half of the data key is the agent's, the second the client's.
TEST(SessionCipher, EachEndHasItsOwnHalfOfTheKey) {
  world::SeededRandom random(1, "nonce");
  const Secret<std::string> key(std::string(32, 'a') + std::string(32, 'c'));
  const SessionCipher client = *SessionCipher::make(End::client, key);
  const SessionCipher agent = *SessionCipher::make(End::agent, key);
  const std::string sealed = client.seal(random, "ls -l");
  EXPECT_EQ(sealed.size(), 12U + 5U + 16U);
  EXPECT_EQ(agent.open(sealed).value_or("?"), "ls -l");
  EXPECT_FALSE(client.open(sealed).has_value()) << "nobody reads back what they wrote themselves";
  EXPECT_EQ(client.open(agent.seal(random, "total 0")).value_or("?"), "total 0");
  EXPECT_EQ(agent.open(client.seal(random, "")).value_or("?"), "");
  EXPECT_NE(client.seal(random, "ls -l"), sealed) << "no nonce twice";

  const SessionCipher halves =
      *SessionCipher::make(End::agent, Secret<std::string>(std::string(32, 'c') + std::string(32, 'a')));
  EXPECT_EQ(client.open(sealed).has_value(), false);
  EXPECT_FALSE(halves.open(sealed).has_value());
}

TEST(SessionCipher, NothingThatWasChangedIsOpened) {
  world::SeededRandom random(1, "nonce");
  const Secret<std::string> key(std::string(64, 'k'));
  const SessionCipher client = *SessionCipher::make(End::client, key);
  const SessionCipher agent = *SessionCipher::make(End::agent, key);
  const std::string sealed = client.seal(random, "text");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(agent.open(changed).has_value()) << i;
    EXPECT_FALSE(agent.open(sealed.substr(0, i)).has_value()) << i;
  }
  EXPECT_FALSE(agent.open(sealed + "x").has_value());
}

TEST(SessionCipher, AKeyOfAnotherLengthIsNone) {
  for (const std::size_t size : {0U, 32U, 63U, 65U}) {
    const Result<SessionCipher> made = SessionCipher::make(End::client, Secret<std::string>(std::string(size, 'k')));
    ASSERT_FALSE(made.has_value()) << size;
    EXPECT_EQ(made.error().kind(), ErrorKind::malformed);
  }
}

}  // namespace cipher_test
}  // namespace postern::session
