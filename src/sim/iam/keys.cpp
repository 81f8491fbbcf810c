#include "base/encoding.hpp"
#include "sim/iam/identity.hpp"

namespace postern::sim {
namespace key_ring {

constexpr std::size_t kSessionsMax = 20'000;
constexpr std::size_t kTokenBytes = 240;
constexpr std::size_t kSecretBytes = 30;
constexpr std::size_t kIdLetters = 16;

std::string random_letters(rt::Random& random, std::size_t count) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text.push_back(kAlphabet[random.below(kAlphabet.size())]);
  return text;
}

std::string random_base64(rt::Random& random, std::size_t bytes) {
  std::vector<std::uint8_t> buffer(bytes);
  random.fill(buffer);
  return to_base64(std::string_view(reinterpret_cast<const char*>(buffer.data()), buffer.size()));
}

}  // namespace key_ring

AccessKey* KeyRing::find(std::string_view id) {
  const auto found = keys_.find(id);
  return found == keys_.end() ? nullptr : &found->second;
}

const AccessKey* KeyRing::find(std::string_view id) const {
  const auto found = keys_.find(id);
  return found == keys_.end() ? nullptr : &found->second;
}

void KeyRing::erase(std::string_view id) {
  const auto found = keys_.find(id);
  if (found == keys_.end()) return;
  if (found->second.sort == AccessKey::Sort::issued) --issued_;
  keys_.erase(found);
}

IssuedKey KeyRing::issue(IdentityPtr identity, WallTime expires, rt::Random& random) {
  using namespace key_ring;
  if (issued_ >= kSessionsMax) drop_oldest_session();
  IssuedKey issued;
  issued.access_key_id = "ASIA" + random_letters(random, kIdLetters);
  issued.secret_access_key = Secret<>(random_base64(random, kSecretBytes));
  issued.session_token = Secret<>("IQoJb3JpZ2luX2Vj" + random_base64(random, kTokenBytes));
  issued.expires = expires;
  AccessKey key;
  key.sort = AccessKey::Sort::issued;
  key.known.secret_access_key = issued.secret_access_key;
  key.known.session_token = issued.session_token;
  key.known.expires = expires;
  key.identity = std::move(identity);
  put(issued.access_key_id, std::move(key));
  ++issued_;
  return issued;
}

IssuedKey KeyRing::create(const std::shared_ptr<User>& user, WallTime now, rt::Random& random) {
  using namespace key_ring;
  IssuedKey made;
  made.access_key_id = "AKIA" + random_letters(random, kIdLetters);
  made.secret_access_key = Secret<>(random_base64(random, kSecretBytes));
  AccessKey key;
  key.known.secret_access_key = made.secret_access_key;
  key.user = user;
  key.created = now;
  put(made.access_key_id, std::move(key));
  return made;
}

void KeyRing::drop_oldest_session() {
  auto oldest = keys_.end();
  for (auto key = keys_.begin(); key != keys_.end(); ++key) {
    if (key->second.sort != AccessKey::Sort::issued) continue;
    if (oldest == keys_.end() || key->second.known.expires < oldest->second.known.expires) oldest = key;
  }
  if (oldest == keys_.end()) return;
  keys_.erase(oldest);
  --issued_;
}

}  // namespace postern::sim
