#include "sim/iam/totp.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdlib>

#include "base/check.hpp"

namespace postern::sim {
namespace totp {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kSeedBytesMax = 128;
constexpr std::int64_t kStepSeconds = 30;
constexpr std::int64_t kDriftSteps = 1;

std::int64_t digit_of(char c) noexcept {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  const std::size_t at = kAlphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<std::int64_t>(at);
}

}  // namespace totp

std::string to_base32(std::string_view bytes) {
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(byte);
    count += 8;
    while (count >= 5) {
      count -= 5;
      text.push_back(totp::kAlphabet[(bits >> static_cast<unsigned>(count)) & 31U]);
    }
  }
  if (count > 0) text.push_back(totp::kAlphabet[(bits << static_cast<unsigned>(5 - count)) & 31U]);
  return text;
}

std::optional<std::string> from_base32(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == ' ') continue;
    const std::int64_t digit = totp::digit_of(c);
    if (digit < 0 || bytes.size() > totp::kSeedBytesMax) return std::nullopt;
    bits = (bits << 5U) | static_cast<std::uint32_t>(digit);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU));
  }
  if (bytes.empty() || bytes.size() > totp::kSeedBytesMax) return std::nullopt;
  return bytes;
}

std::int64_t totp_step(WallTime now) noexcept {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  return seconds / totp::kStepSeconds;
}

std::string totp_code(std::string_view seed, std::int64_t step) {
  std::array<unsigned char, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i) {
    counter[counter.size() - 1 - i] = static_cast<unsigned char>((static_cast<std::uint64_t>(step) >> (8 * i)) & 0xFFU);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const unsigned char* made = HMAC(EVP_sha1(), seed.data(), static_cast<int>(seed.size()), counter.data(),
                                   counter.size(), digest.data(), &size);
  CHECK(made != nullptr && size == 20);
  const std::size_t at = digest[size - 1] & 0x0FU;
  const std::uint32_t number = (static_cast<std::uint32_t>(digest[at] & 0x7FU) << 24U) |
                               (static_cast<std::uint32_t>(digest[at + 1]) << 16U) |
                               (static_cast<std::uint32_t>(digest[at + 2]) << 8U) | digest[at + 3];
  std::string code = std::to_string(number % 1'000'000);
  return std::string(6 - code.size(), '0') + code;
}

bool spend_code(MfaDevice& device, std::string_view code, WallTime now) {
  const std::int64_t here = totp_step(now) + device.clock_off;
  for (std::int64_t step = here - totp::kDriftSteps; step <= here + totp::kDriftSteps; ++step) {
    if (step <= device.spent || totp_code(device.seed.reveal(), step) != code) continue;
    device.spent = step;
    return true;
  }
  return false;
}

bool spend_codes(MfaDevice& device, std::string_view first, std::string_view second, WallTime now, std::int64_t steps) {
  const std::int64_t here = totp_step(now);
  const std::string_view seed = device.seed.reveal();
  for (std::int64_t off = -steps; off <= steps; ++off) {
    const std::int64_t step = here + off;
    if (step <= device.spent || totp_code(seed, step) != first || totp_code(seed, step + 1) != second) continue;
    // A second code that is not due yet was typed by someone whose clock is ahead.
    device.spent = step + 1;
    device.clock_off = std::abs(off) <= totp::kDriftSteps ? 0 : off;
    return true;
  }
  return false;
}

}  // namespace postern::sim
