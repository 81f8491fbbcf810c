#include "fleet/notify_target.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::fleet {
namespace {

constexpr std::size_t kUrlMax = 4096;
constexpr std::size_t kNameMax = 256;      // of a topic or an event bus
constexpr std::size_t kS3PrefixMax = 500;  // OutputS3KeyPrefix
constexpr std::size_t kLogGroupMax = 512;

bool is_word(std::string_view text, std::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [more](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || more.find(c) != more.npos;
  });
}

/// What stands between "://" and the first of / ? #.
std::string_view authority_of(std::string_view url) {
  const std::size_t at = url.find("://");
  if (at == std::string_view::npos) return {};
  const std::string_view rest = url.substr(at + 3);
  return rest.substr(0, rest.find_first_of("/?#"));
}

bool is_this_host(std::string_view authority) {
  if (authority.starts_with("[::1]")) return true;
  const std::string_view host = authority.substr(0, authority.find(':'));
  return host == "localhost" || host == "127.0.0.1";
}

Result<NotifyTarget> parse_arn(std::string_view text) {
  const auto wrong = [text](const std::string& why) {
    return fail(ErrorKind::usage, "'" + printable(text, 200) + "' is nothing to notify: " + why);
  };
  const std::vector<std::string_view> parts = split(text, ':');
  const bool sns = parts.size() == 6 && parts[2] == "sns";
  const bool events = parts.size() == 6 && parts[2] == "events" && parts[5].starts_with("event-bus/");
  if (!sns && !events) {
    return wrong("an ARN must be arn:aws:sns:REGION:ACCOUNT:TOPIC or arn:aws:events:REGION:ACCOUNT:event-bus/NAME");
  }
  NotifyTarget target;
  target.kind = sns ? NotifyTarget::Kind::sns : NotifyTarget::Kind::event_bus;
  target.arn = std::string(text);
  target.name = std::string(sns ? parts[5] : parts[5].substr(10));
  Result<Region> region = Region::parse(parts[3]);
  if (!region) return wrong(region.error().message());
  Result<AccountId> account = AccountId::parse(parts[4]);
  if (!account) return wrong(account.error().message());
  target.region = std::move(*region);
  target.account = std::move(*account);
  if (to_string(partition_of(target.region)) != parts[1]) {
    return wrong("the Region " + target.region.text() + " is not in the partition " + printable(parts[1], 20));
  }
  if (target.name.size() > kNameMax || !is_word(target.name, sns ? "_-." : "_-./")) return wrong("its name is none");
  return target;
}

}  // namespace

bool NotifyTarget::is_fifo() const {
  return kind == Kind::sns && name.ends_with(".fifo");
}

std::string check_webhook(std::string_view url) {
  const std::string_view authority = authority_of(url);
  const bool plain = url.starts_with("http://");
  if (!plain && !url.starts_with("https://")) return "the address of a webhook must begin with https://";
  if (plain && !is_this_host(authority)) return "the address of a webhook may be http:// on this host alone";
  if (authority.empty() || authority.find('@') != std::string_view::npos) return "the address of a webhook has no host";
  const bool clean = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!clean || url.size() > kUrlMax) return "the address of a webhook has characters that do not belong there";
  return {};
}

Result<NotifyTarget> NotifyTarget::parse(std::string_view text) {
  if (text.starts_with("arn:")) return parse_arn(text);
  NotifyTarget target;
  if (text.find("://") != std::string_view::npos && !text.starts_with("env:") && !text.starts_with("file:")) {
    if (std::string why = check_webhook(text); !why.empty()) return fail(ErrorKind::usage, std::move(why));
    target.url = SecretRef::literal(std::string(text));
    return target;
  }
  TRY(target.url, SecretRef::parse(text));
  if (target.url.kind == SecretRef::Kind::literal) {
    return fail(ErrorKind::usage,
                "'" + printable(text, 100) +
                    "' is nothing to notify: give the ARN of an SNS topic or of an event bus, https://..., or env:NAME "
                    "or file:PATH that holds the address of a webhook");
  }
  return target;
}

std::string NotifyTarget::label() const {
  if (kind != Kind::webhook) return arn;
  if (url.kind != SecretRef::Kind::literal) return "the webhook of " + url.to_text();
  return "the webhook at " + url.text.substr(0, url.text.find("://") + 3) + std::string(authority_of(url.text));
}

bool NotifyTarget::is_storable() const noexcept {
  return kind != Kind::webhook || url.kind != SecretRef::Kind::literal;
}

std::string NotifyTarget::text() const {
  return kind == Kind::webhook ? url.to_text() : arn;
}

Result<S3Place> S3Place::parse(std::string_view text) {
  const auto wrong = [text](const std::string& why) {
    return fail(ErrorKind::usage, "'" + printable(text, 200) + "' is no place in S3: " + why);
  };
  if (!text.starts_with("s3://")) return wrong("it must be s3://BUCKET or s3://BUCKET/PREFIX");
  std::string_view rest = text.substr(5);
  const std::size_t slash = rest.find('/');
  S3Place place;
  place.bucket = std::string(rest.substr(0, slash));
  const bool named = place.bucket.size() >= 3 && place.bucket.size() <= 63 && is_word(place.bucket, ".-") &&
                     to_lower(place.bucket) == place.bucket;
  if (!named) return wrong("a bucket's name has 3 to 63 small letters, digits, dots and hyphens");
  rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  while (rest.starts_with('/')) rest.remove_prefix(1);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.size() > kS3PrefixMax) return wrong("Systems Manager takes prefixes of at most 500 characters");
  if (!rest.empty() && !is_word(rest, "/_-.!*'()=")) return wrong("its prefix has characters that do not belong there");
  place.prefix = std::string(rest);
  return place;
}

std::string S3Place::text() const {
  return "s3://" + bucket + (prefix.empty() ? "" : "/" + prefix);
}

std::string check_log_group(std::string_view name) {
  if (!name.empty() && name.size() <= kLogGroupMax && is_word(name, "_-/.#")) return {};
  return "a log group's name has 1 to 512 letters, digits and _-/.#";
}

}  // namespace postern::fleet
