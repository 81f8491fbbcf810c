#pragma once

/// The checksums that bodies of REST requests carry (docs.aws.amazon.com/AmazonS3/latest/userguide/
/// checking-object-integrity-upload.html).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::aws {

enum class ChecksumKind : std::uint8_t { crc32, crc32c, crc64nvme, sha1, sha256, md5 };

/// "CRC32", "crc64nvme", ...; md5 has no such name.
std::optional<ChecksumKind> checksum_kind(std::string_view name) noexcept;
/// "crc32": what follows "x-amz-checksum-".
std::string_view checksum_name(ChecksumKind kind) noexcept;

/// The checksum's bytes, most significant first. Empty when this host's OpenSSL does not offer the digest.
std::string checksum(ChecksumKind kind, std::string_view data);

}  // namespace postern::aws
