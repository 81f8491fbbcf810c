#include "aws/core/rest_bucket.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace postern::aws {

bool is_host_bucket(std::string_view bucket) noexcept {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return bucket.size() >= 3 && bucket.size() <= 63 && bucket.front() != '-' && bucket.back() != '-' &&
         std::all_of(bucket.begin(), bucket.end(), allowed);
}

std::string move_bucket_to_host(const OperationSpec& op, http::Request& request) {
  if (!op.service->s3_rules || !op.request_uri.starts_with("/{Bucket}")) return {};
  const std::string_view target = request.target;
  const std::size_t end = std::min(target.find_first_of("/?", 1), target.size());
  std::string bucket(target.substr(1, end - 1));
  if (!is_host_bucket(bucket)) return {};
  std::string rest(target.substr(end));
  if (!rest.starts_with('/')) rest.insert(0, "/");
  request.target = std::move(rest);
  return bucket + ".";
}

std::string_view bucket_in_host(std::string_view host, std::span<const std::string> bases) noexcept {
  host = host.substr(0, host.find(':'));
  for (const std::string& base : bases) {
    if (host.size() > base.size() + 1 && equals_ignore_case(host.substr(host.size() - base.size()), base) &&
        host[host.size() - base.size() - 1] == '.')
      return host.substr(0, host.size() - base.size() - 1);
  }
  if (host.find(".amazonaws.") == std::string_view::npos) return {};
  std::size_t at = host.rfind(".s3.");
  if (at == std::string_view::npos) at = host.rfind(".s3-");
  return at == std::string_view::npos ? std::string_view() : host.substr(0, at);
}

std::string path_style_target(const http::Request& request, std::span<const std::string> bases) {
  const std::string_view bucket = bucket_in_host(request.headers.get("Host"), bases);
  if (bucket.empty()) return request.target;
  std::string target = "/";
  percent_encode_to(target, bucket);
  // "/?location" of a bucket's host is "/name?location".
  const std::string_view rest = request.target;
  return target.append(rest.starts_with("/?") || rest == "/" ? rest.substr(1) : rest);
}

}  // namespace postern::aws
