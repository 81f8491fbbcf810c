#include "ledger/chain.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/encoding.hpp"

namespace postern::ledger {
namespace {

/// The first frame of every chain: a later way of chaining has another one (docs/formats/ledger.md).
constexpr std::string_view kChainTag = "postern.ledger.chain.v1";

/// Hashes frames: eight bytes of length, most significant first, then the bytes, so that no two lists of frames read
/// the same.
class FramedHash {
 public:
  void add(std::string_view bytes) {
    const std::array<std::uint8_t, 8> length = big_endian(bytes.size());
    hasher_.add(std::string_view(reinterpret_cast<const char*>(length.data()), length.size()));
    hasher_.add(bytes);
  }
  void add(const Digest& digest) { add(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size())); }
  void add_number(std::uint64_t value) {
    const std::array<std::uint8_t, 8> bytes = big_endian(value);
    add(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  Digest finish() { return hasher_.finish(); }

 private:
  static std::array<std::uint8_t, 8> big_endian(std::uint64_t value) {
    std::array<std::uint8_t, 8> out{};
    for (std::size_t i = out.size(); i-- > 0; value >>= 8U) out[i] = static_cast<std::uint8_t>(value & 0xFFU);
    return out;
  }

  Hasher hasher_;
};

Error broken_chain(std::string message, std::uint64_t seq) {
  return Error(ErrorKind::malformed, std::move(message)).with("seq", std::to_string(seq));
}

}  // namespace

Hasher::Hasher() : context_(EVP_MD_CTX_new()) {
  CHECK(context_ != nullptr);
  CHECK(EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1);
}

Hasher::~Hasher() {
  EVP_MD_CTX_free(context_);
}

void Hasher::add(std::string_view bytes) {
  CHECK(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
}

Digest Hasher::finish() {
  Digest out;
  CHECK(EVP_DigestFinal_ex(context_, out.data(), nullptr) == 1);
  return out;
}

Digest sha256(std::string_view bytes) {
  Digest out;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return out;
}

std::string to_hex(const Digest& digest) {
  return postern::to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

std::optional<Digest> from_hex(std::string_view hex) {
  const std::optional<std::string> bytes = postern::from_hex(hex);
  Digest out;
  if (!bytes || bytes->size() != out.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

Digest chain_start(std::string_view world, std::string_view stream) {
  FramedHash hash;
  hash.add(kChainTag);
  hash.add(world);
  hash.add(stream);
  return hash.finish();
}

Digest chain_next(const Digest& before, const Record& record) {
  FramedHash hash;
  hash.add(before);
  hash.add_number(record.seq);
  hash.add_number(static_cast<std::uint64_t>(record.at.time_since_epoch().count()));
  hash.add(record.type);
  hash.add(record.body);
  return hash.finish();
}

Result<Digest> verify_chain(const Digest& before, std::uint64_t first_seq, const std::vector<Record>& records) {
  Digest head = before;
  std::uint64_t seq = first_seq;
  for (const Record& record : records) {
    if (record.seq != seq) {
      return fail(broken_chain("a record is missing from the chain", seq).with("found", std::to_string(record.seq)));
    }
    const Digest expected = chain_next(head, record);
    if (record.hash != expected) {
      return fail(broken_chain("a record does not fit into the chain", seq)
                      .with("expected", to_hex(expected))
                      .with("found", to_hex(record.hash)));
    }
    head = expected;
    ++seq;
  }
  return head;
}

}  // namespace postern::ledger
