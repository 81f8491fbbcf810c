#pragma once

/// Whom a run tells how it came out, and the places in S3 that the fleet file names. Values: nothing is asked here.

#include <cstdint>
#include <string>
#include <string_view>

#include "fleet/types.hpp"

namespace postern::fleet {

inline constexpr std::size_t kNotifyTargetsMax = 20;  ///< of one run: a notice is one call each

struct NotifyTarget {
  NotifyTarget() = default;
  enum class Kind : std::uint8_t { sns, event_bus, webhook };
  Kind kind = Kind::webhook;
  std::string arn;       ///< of the topic or the event bus; empty for a webhook
  AccountId account;     ///< that the ARN names
  Region region;         ///< that the ARN names: where the call goes
  SecretRef url;         ///< of a webhook: an address that holds a secret, or where it is read
  std::string name;      ///< of the topic or event bus
  bool is_fifo() const;  ///< a topic that wants groups and deduplication ids

  /// "arn:aws:sns:REGION:ACCOUNT:NAME", "arn:aws:events:REGION:ACCOUNT:event-bus/NAME", "https://...", "http://" of
  /// this host alone, "env:NAME" or "file:PATH" for a webhook's address. Usage with a sentence that does not repeat an
  /// address.
  static Result<NotifyTarget> parse(std::string_view text);
  /// For people and records: the ARN, the reference, or of a literal address its scheme and host alone.
  std::string label() const;
  /// Whether text() may be written down: not of a literal address.
  bool is_storable() const noexcept;
  /// What parse() takes again.
  std::string text() const;
  friend bool operator==(const NotifyTarget&, const NotifyTarget&) = default;
};

/// Why the address of a webhook cannot be one, without repeating it; empty when it can.
std::string check_webhook(std::string_view url);

/// "s3://BUCKET/PREFIX", the prefix without slashes at its ends; empty when there is none.
struct S3Place {
  S3Place() = default;
  std::string bucket;
  std::string prefix;
  Region region;  ///< of the bucket, when it is known
  static Result<S3Place> parse(std::string_view text);
  bool empty() const noexcept { return bucket.empty(); }
  std::string text() const;
  friend bool operator==(const S3Place&, const S3Place&) = default;
};

/// Why a log group's name is none; empty when it is one.
std::string check_log_group(std::string_view name);

}  // namespace postern::fleet
