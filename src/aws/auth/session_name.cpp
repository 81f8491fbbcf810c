#include "aws/auth/session_name.hpp"

#include <algorithm>

#include "aws/core/partitions.hpp"
#include "base/text.hpp"

namespace postern::aws::auth {

namespace {

constexpr std::size_t kSessionNameMax = 64;
constexpr std::size_t kExternalIdMax = 1224;
constexpr std::size_t kRoleArnMax = 2048;

bool is_sts_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_+=,.@-").find(c) != std::string_view::npos;
}

std::string sts_name(std::string_view text) {
  std::string out;
  for (const char c : text) out += is_sts_name_char(c) ? c : '-';
  return out;
}

}  // namespace

std::string make_session_name(std::string_view user, std::string_view what) {
  std::string tail = sts_name(what);
  constexpr std::string_view kStart = "postern";
  const std::size_t tail_max = kSessionNameMax - kStart.size() - 1;
  if (tail.size() > tail_max) tail.resize(tail_max);
  if (!tail.empty()) tail.insert(0, "-");
  const std::size_t room = kSessionNameMax - kStart.size() - tail.size();
  std::string middle = sts_name(user);
  if (room < 2) middle.clear();
  if (!middle.empty()) {
    middle.resize(std::min(middle.size(), room - 1));
    middle.insert(0, "-");
  }
  return std::string(kStart) + middle + tail;
}

std::string name_of_caller(std::string_view arn) {
  const std::size_t slash = arn.rfind('/');
  return slash == std::string_view::npos ? std::string() : sts_name(arn.substr(slash + 1)).substr(0, kSessionNameMax);
}

Result<RoleArn> parse_role_arn(std::string_view text) {
  const auto wrong = [text](std::string_view why) {
    return fail(ErrorKind::usage, "'" + printable(text, 200) + "' is not the ARN of a role: " + std::string(why) +
                                      " (arn:aws:iam::ACCOUNT:role/NAME)");
  };
  if (text.size() > kRoleArnMax) return wrong("it is too long");
  const auto parts = split(text, ':');
  if (parts.size() != 6 || parts[0] != "arn") return wrong("it needs six parts with ':' between");
  if (find_partition(parts[1]) == nullptr) return wrong("there is no such partition");
  if (parts[2] != "iam" || !parts[3].empty()) return wrong("roles belong to iam and to no Region");
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (parts[4].size() != 12 || !std::all_of(parts[4].begin(), parts[4].end(), digit)) {
    return wrong("the account must have 12 digits");
  }
  if (!parts[5].starts_with("role/") || parts[5].ends_with('/')) return wrong("the last part must be role/NAME");
  RoleArn role;
  role.partition = parts[1];
  role.account_id = parts[4];
  role.name = parts[5].substr(parts[5].rfind('/') + 1);
  return role;
}

std::string session_name_problem(std::string_view name) {
  if (name.size() < 2 || name.size() > kSessionNameMax) return "a role session name has 2 to 64 characters";
  if (!std::all_of(name.begin(), name.end(), is_sts_name_char)) {
    return "a role session name consists of letters, digits and _+=,.@-";
  }
  return {};
}

std::string external_id_problem(std::string_view external_id) {
  if (external_id.size() < 2 || external_id.size() > kExternalIdMax) return "an external id has 2 to 1224 characters";
  const auto good = [](char c) { return is_sts_name_char(c) || c == ':' || c == '/'; };
  if (!std::all_of(external_id.begin(), external_id.end(), good)) {
    return "an external id consists of letters, digits and _+=,.@:/-";
  }
  return {};
}

}  // namespace postern::aws::auth
