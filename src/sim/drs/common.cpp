#include "sim/drs/common.hpp"

#include "base/text.hpp"
#include "base/time.hpp"

namespace postern::sim::drs {
namespace common {

Error refusal(ErrorKind kind, std::string code, std::string message, int status) {
  return aws::server::fault(kind, std::move(code), std::move(message), status);
}

constexpr std::size_t kKeyMax = 128;
constexpr std::size_t kValueMax = 256;

}  // namespace common

Error invalid(std::string message) {
  return common::refusal(ErrorKind::usage, "ValidationException", std::move(message), 400);
}

Error not_found(std::string_view kind, const std::string& id) {
  return common::refusal(ErrorKind::not_found, "ResourceNotFoundException",
                         std::string(kind) + " " + printable(id, 120) + " does not exist", 404);
}

Error conflict(std::string message) {
  return common::refusal(ErrorKind::conflict, "ConflictException", std::move(message), 409);
}

Error quota_exceeded(std::string message) {
  return common::refusal(ErrorKind::service, "ServiceQuotaExceededException", std::move(message), 402);
}

Error uninitialized() {
  return common::refusal(ErrorKind::service, "UninitializedAccountException",
                         "The account has not been initialized for Elastic Disaster Recovery in this Region", 400);
}

Error denied(std::string message) {
  return common::refusal(ErrorKind::denied, "AccessDeniedException", std::move(message), 403);
}

std::string iso_time(WallTime time) {
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

Result<std::optional<WallTime>> time_of(const std::optional<std::string>& text, std::string_view member) {
  if (!text) return std::optional<WallTime>();
  const auto time = parse_rfc3339(*text);
  if (!time) return fail(invalid(std::string(member) + " is no ISO 8601 time: " + printable(*text, 40)));
  return std::optional<WallTime>(*time);
}

Result<void> check_tags(const Tags& tags) {
  if (tags.size() > kTagsMax) return fail(invalid("a resource has at most 50 tags"));
  for (const auto& [key, value] : tags) {
    if (key.empty() || key.size() > common::kKeyMax || starts_with_ignore_case(key, "aws:")) {
      return fail(invalid("the tag key '" + printable(key, 140) + "' is not valid"));
    }
    if (value.size() > common::kValueMax)
      return fail(invalid("the value of tag " + printable(key, 140) + " is too long"));
  }
  return {};
}

}  // namespace postern::sim::drs
