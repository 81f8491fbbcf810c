#include "aws/core/rest_checksum.hpp"

#include <openssl/evp.h>

#include <array>
#include <utility>

#include "base/text.hpp"

namespace postern::aws {
namespace rest_checksum {

constexpr std::pair<std::string_view, ChecksumKind> kNames[] = {
    {"crc32", ChecksumKind::crc32}, {"crc32c", ChecksumKind::crc32c}, {"crc64nvme", ChecksumKind::crc64nvme},
    {"sha1", ChecksumKind::sha1},   {"sha256", ChecksumKind::sha256}, {"md5", ChecksumKind::md5},
};

/// One remainder per byte; reflected, as all three polynomials are used.
template <class Word>
constexpr std::array<Word, 256> make_table(Word polynomial) {
  std::array<Word, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    Word rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest & 1) != 0 ? (rest >> 1) ^ polynomial : rest >> 1;
    table[byte] = rest;
  }
  return table;
}

constexpr auto kCrc32 = make_table<std::uint32_t>(0xEDB88320U);
constexpr auto kCrc32c = make_table<std::uint32_t>(0x82F63B78U);
constexpr auto kCrc64 = make_table<std::uint64_t>(0x9A6C9329AC4BC9B5ULL);

template <class Word>
std::string crc(const std::array<Word, 256>& table, std::string_view data) {
  Word rest = ~Word{0};
  for (const char c : data) {
    const auto index = static_cast<unsigned char>(rest ^ static_cast<unsigned char>(c));
    rest = (rest >> 8) ^ table[index];
  }
  rest = ~rest;
  std::string out(sizeof(Word), '\0');
  for (std::size_t i = sizeof(Word); i > 0; --i, rest >>= 8) out[i - 1] = static_cast<char>(rest & 0xFF);
  return out;
}

std::string digest(const EVP_MD* algorithm, std::string_view data) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(data.data(), data.size(), bytes, &size, algorithm, nullptr) != 1) return {};
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

}  // namespace rest_checksum

std::optional<ChecksumKind> checksum_kind(std::string_view name) noexcept {
  for (const auto& [known, kind] : rest_checksum::kNames) {
    if (kind != ChecksumKind::md5 && equals_ignore_case(known, name)) return kind;
  }
  return std::nullopt;
}

std::string_view checksum_name(ChecksumKind kind) noexcept {
  return rest_checksum::kNames[static_cast<std::size_t>(kind)].first;
}

std::string checksum(ChecksumKind kind, std::string_view data) {
  switch (kind) {
    case ChecksumKind::crc32:
      return rest_checksum::crc(rest_checksum::kCrc32, data);
    case ChecksumKind::crc32c:
      return rest_checksum::crc(rest_checksum::kCrc32c, data);
    case ChecksumKind::crc64nvme:
      return rest_checksum::crc(rest_checksum::kCrc64, data);
    case ChecksumKind::sha1:
      return rest_checksum::digest(EVP_sha1(), data);
    case ChecksumKind::sha256:
      return rest_checksum::digest(EVP_sha256(), data);
    case ChecksumKind::md5:
      return rest_checksum::digest(EVP_md5(), data);
  }
  return {};
}

}  // namespace postern::aws
