#include "sim/cloudtrail/recorded_calls.hpp"

#include <algorithm>
#include <cmath>

#include "base/json.hpp"
#include "base/time.hpp"

namespace postern::sim::trail {
namespace recorded_calls {

using aws::Kind;
using aws::Shape;

struct Names {
  std::string_view service;
  std::string_view operation;  ///< empty: all of the service
};

/// S3's object operations, what flows through topics, buses, log groups and metrics, and the agent's messages.
constexpr Names kNoManagementEvents[] = {
    {"s3", "AbortMultipartUpload"},
    {"s3", "CompleteMultipartUpload"},
    {"s3", "CopyObject"},
    {"s3", "CreateMultipartUpload"},
    {"s3", "DeleteObject"},
    {"s3", "DeleteObjects"},
    {"s3", "GetObject"},
    {"s3", "HeadObject"},
    {"s3", "ListObjectsV2"},
    {"s3", "PutObject"},
    {"s3", "UploadPart"},
    {"s3", "HeadBucket"},
    {"sns", "Publish"},
    {"sns", "PublishBatch"},
    {"events", "PutEvents"},
    {"logs", "PutLogEvents"},
    {"logs", "GetLogEvents"},
    {"logs", "FilterLogEvents"},
    {"cloudwatch", "PutMetricData"},
    {"cloudwatch", "GetMetricData"},
    {"cloudwatch", "GetMetricStatistics"},
    {"cloudwatch", "ListMetrics"},
    {"ec2messages", ""},
};

/// Members that no model calls sensitive, and that nobody should find in a log.
constexpr std::string_view kSecretNames[] = {"SessionToken", "TokenCode", "SecretAccessKey"};

std::string lower_first(std::string_view name) {
  std::string out(name);
  // "KMSKeyId" would be odd as "kMSKeyId", and is what AWS writes.
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

Json value_of(const Shape& shape, const void* v);

Json structure_of(const Shape& shape, const void* v) {
  Json out = Json::object();
  for (const aws::Member& member : shape.members) {
    const void* const field = aws::member_value(v, member);
    if (field == nullptr) continue;
    const bool secret = std::ranges::find(kSecretNames, member.name) != std::end(kSecretNames);
    out.set(lower_first(member.name), secret ? Json(kHidden) : value_of(*member.shape, field));
  }
  return out;
}

Json list_of(const Shape& shape, const void* v) {
  Json out = Json::array();
  const aws::ListOps& ops = *shape.ops->list;
  for (std::size_t i = 0; i < ops.size(v); ++i) {
    const void* const element = ops.at(v, i, *shape.element);
    out.push_back(element == nullptr ? Json() : value_of(*shape.element, element));
  }
  return out;
}

Json map_of(const Shape& shape, const void* v) {
  Json out = Json::object();
  shape.ops->map->each(v, *shape.element, [&](std::string_view key, const void* element) {
    out.set(key, element == nullptr ? Json() : value_of(*shape.element, element));
  });
  return out;
}

Json number_of(double number) {
  return std::isfinite(number) ? Json(number) : Json();
}

Json value_of(const Shape& shape, const void* v) {
  if (shape.sensitive) return Json(kHidden);
  switch (shape.kind) {
    case Kind::structure:
      return structure_of(shape, v);
    case Kind::list:
      return list_of(shape, v);
    case Kind::map:
      return map_of(shape, v);
    case Kind::string:
      return Json(shape.ops->text->get(v));
    case Kind::boolean:
      return Json(*static_cast<const bool*>(v));
    case Kind::int32:
      return Json(*static_cast<const std::int32_t*>(v));
    case Kind::int64:
      return Json(*static_cast<const std::int64_t*>(v));
    case Kind::float32:
      return number_of(static_cast<double>(*static_cast<const float*>(v)));
    case Kind::float64:
      return number_of(*static_cast<const double*>(v));
    case Kind::blob:
      return Json::object().set("size", static_cast<std::int64_t>(static_cast<const Blob*>(v)->bytes.size()));
    case Kind::timestamp:
      return Json(format_rfc3339(std::chrono::floor<std::chrono::seconds>(*static_cast<const WallTime*>(v))));
  }
  return Json();
}

}  // namespace recorded_calls

bool is_management_event(const aws::OperationSpec& operation) {
  return std::ranges::none_of(recorded_calls::kNoManagementEvents, [&](const recorded_calls::Names& names) {
    return names.service == operation.service->id && (names.operation.empty() || names.operation == operation.name);
  });
}

std::string event_source(const aws::ServiceSpec& service) {
  return std::string(service.endpoint_prefix) + ".amazonaws.com";
}

std::string call_text(aws::ConstErased value) {
  const Json made = recorded_calls::value_of(*value.shape, value.value);
  if (made.empty()) return std::string();
  std::string text = made.dump();
  if (text.size() <= kTextMax) return text;
  return Json::object().set("omitted", true).set("originalSize", static_cast<std::int64_t>(text.size())).dump();
}

}  // namespace postern::sim::trail
