#include "aws/core/rest_binding.hpp"

#include <algorithm>

#include "aws/core/prepare.hpp"
#include "aws/core/reply.hpp"
#include "aws/core/rest_header.hpp"
#include "aws/core/rest_uri.hpp"
#include "aws/core/scalar.hpp"
#include "base/text.hpp"

namespace postern::aws {
namespace rest_binding {

using Pairs = std::vector<std::pair<std::string, std::string>>;

tl::unexpected<Error> usage(const OperationSpec& op, const Member& member, std::string_view why) {
  return fail(ErrorKind::usage, std::string(op.service->id) + " " + std::string(op.name) + ": " +
                                    std::string(member.name) + " " + std::string(why));
}

tl::unexpected<Error> malformed(const Member& member, std::string_view why) {
  return fail(ErrorKind::malformed, std::string(why) + " (" + std::string(member.name) + ")");
}

const Member* find_label(const Shape& shape, std::string_view label) {
  for (const Member& member : shape.members) {
    if (member.location == Location::uri && member.wire_name == label) return &member;
  }
  return nullptr;
}

std::string scalar_text(const Shape& shape, const void* value, TimeFormat member_format) {
  std::string text;
  append_scalar(text, shape, value, time_format_of(shape, member_format, TimeFormat::iso8601));
  return text;
}

Result<void> append_path(std::string& target, const UriTemplate& uri, const OperationSpec& op, const void* input) {
  for (const UriTemplate::Segment& segment : uri.segments()) {
    target += '/';
    if (segment.part == UriTemplate::Part::literal) {
      target += segment.text;
      continue;
    }
    const Member* member = find_label(*op.input, segment.text);
    if (member == nullptr) return fail(ErrorKind::internal, "the template names a label that is no member");
    const void* field = member_value(input, *member);
    const std::string text = field == nullptr ? std::string() : scalar_text(*member->shape, field, member->time_format);
    if (text.empty()) return usage(op, *member, "must not be empty: it is part of the URL");
    percent_encode_to(target, text, segment.part == UriTemplate::Part::greedy ? Slash::keep : Slash::encode);
  }
  return Result<void>();
}

/// The query of a request being written.
class QueryWriter {
 public:
  QueryWriter(std::string& target, const UriTemplate& uri) : target_(target), uri_(uri) {
    if (!uri.query_text().empty()) target.append("?").append(uri.query_text());
    started_ = !uri.query_text().empty();
  }
  void members(const Shape& shape, const void* input) {
    for (const Member& member : shape.members) {
      const void* field = member.location == Location::query ? member_value(input, member) : nullptr;
      if (field != nullptr) values(member.wire_name, *member.shape, field, member.time_format);
    }
    for (const Member& member : shape.members) {
      const void* field = member.location == Location::query_map ? member_value(input, member) : nullptr;
      if (field != nullptr) map(shape, input, member, field);
    }
  }

 private:
  /// A key of the map that a named parameter has already is left out.
  void map(const Shape& shape, const void* input, const Member& member, const void* field) {
    member.shape->ops->map->each(field, *member.shape->element, [&](std::string_view key, const void* value) {
      const bool named = std::any_of(shape.members.begin(), shape.members.end(), [&](const Member& other) {
        return other.location == Location::query && other.wire_name == key && member_value(input, other) != nullptr;
      });
      const bool literal = std::any_of(uri_.query().begin(), uri_.query().end(),
                                       [&](const auto& candidate) { return candidate.name == key; });
      if (value != nullptr && !named && !literal) values(key, *member.shape->element, value, TimeFormat::unset);
    });
  }
  void values(std::string_view key, const Shape& shape, const void* value, TimeFormat member_format) {
    if (shape.kind != Kind::list) return pair(key, scalar_text(shape, value, member_format));
    const ListOps& ops = *shape.ops->list;
    for (std::size_t i = 0; i < ops.size(value); ++i) {
      const void* const element = ops.at(value, i, *shape.element);
      if (element != nullptr) pair(key, scalar_text(*shape.element, element, member_format));
    }
  }
  void pair(std::string_view key, std::string_view text) {
    target_ += started_ ? '&' : '?';
    started_ = true;
    percent_encode_to(target_, key);
    target_ += '=';
    percent_encode_to(target_, text);
  }

  std::string& target_;
  const UriTemplate& uri_;
  bool started_ = false;
};

/// Null, or the first member that cannot be sent, with the reason.
struct HeaderProblem {
  const Member* member = nullptr;
  const char* why = nullptr;
};

void add_prefixed(const Member& member, const void* field, http::Headers& headers, HeaderProblem& problem) {
  const Shape& element = *member.shape->element;
  member.shape->ops->map->each(field, element, [&](std::string_view key, const void* value) {
    if (value == nullptr) return;
    std::string name = std::string(member.wire_name) + std::string(key);
    std::string text = scalar_text(element, value, member.time_format);
    if (!is_header_name(name)) {
      problem.member = &member;
      problem.why = "has a key that cannot be part of a header's name";
    } else if (!is_header_text(text)) {
      problem.member = &member;
      problem.why = "has a value that no header can hold";
    } else {
      headers.add(std::move(name), std::move(text));
    }
  });
}

HeaderProblem add_headers(const Shape& shape, const void* value, http::Headers& headers) {
  HeaderProblem problem;
  for (const Member& member : shape.members) {
    if (member.location != Location::header && member.location != Location::headers) continue;
    const void* const field = member_value(value, member);
    if (field == nullptr) continue;
    if (member.location == Location::headers) {
      add_prefixed(member, field, headers, problem);
      continue;
    }
    std::string text;
    if (const char* why = append_header(text, member, field)) {
      problem.member = &member;
      problem.why = why;
      continue;
    }
    headers.add(std::string(member.wire_name), std::move(text));
  }
  return problem;
}

/// The value of a field; those of repeated fields are joined, as RFC 9110 section 5.3 allows.
std::optional<std::string> field_text(const http::Headers& headers, const Member& member) {
  std::optional<std::string> out;
  for (const auto& [name, value] : headers.fields()) {
    if (!equals_ignore_case(name, member.wire_name)) continue;
    if (!out)
      out = value;
    else if (member.shape->kind == Kind::list)
      out->append(", ").append(value);
  }
  return out;
}

Result<void> take_prefixed(const Member& member, const http::Headers& headers, void* object) {
  const Shape& element = *member.shape->element;
  void* const map = member_emplace(object, member);
  for (const auto& [name, value] : headers.fields()) {
    if (!starts_with_ignore_case(name, member.wire_name) || name.size() == member.wire_name.size()) continue;
    if (!is_utf8(value)) return malformed(member, "invalid UTF-8 in a header");
    const std::string key = name.substr(member.wire_name.size());
    if (const char* why = parse_scalar(element, value, member.shape->ops->map->emplace(map, key, element)))
      return malformed(member, why);
  }
  return Result<void>();
}

Result<void> take_headers(const Shape& shape, const http::Headers& headers, void* object) {
  for (const Member& member : shape.members) {
    if (member.location == Location::headers) TRY_VOID(take_prefixed(member, headers, object));
    if (member.location != Location::header) continue;
    const auto text = field_text(headers, member);
    if (!text) continue;
    if (!is_utf8(*text)) return malformed(member, "invalid UTF-8 in a header");
    // An empty field says nothing about a number or a date.
    const bool may_be_empty = member.shape->kind == Kind::string || member.shape->kind == Kind::list;
    if (!may_be_empty && trim(*text).empty()) continue;
    if (const char* why = parse_header(member, *text, member_emplace(object, member))) return malformed(member, why);
  }
  return Result<void>();
}

Result<void> take_labels(const OperationSpec& op, std::string_view path, void* input) {
  const UriTemplate uri(op.request_uri);
  const auto labels = uri.match(path);
  if (!labels) return fail(ErrorKind::malformed, "the path is not one of this operation");
  std::size_t next = 0;
  for (const UriTemplate::Segment& segment : uri.segments()) {
    if (segment.part == UriTemplate::Part::literal) continue;
    const auto text = percent_decode((*labels)[next++]);
    const Member* member = find_label(*op.input, segment.text);
    if (member == nullptr) return fail(ErrorKind::malformed, "the template names a label that is no member");
    if (!text || !is_utf8(*text)) return malformed(*member, "not a percent-encoded text");
    if (const char* why = parse_scalar(*member->shape, *text, member_emplace(input, *member)))
      return malformed(*member, why);
  }
  return Result<void>();
}

/// One parameter into a scalar, or as a further element of a list.
const char* take_value(const Shape& shape, std::string_view text, void* value) {
  if (shape.kind != Kind::list) return parse_scalar(shape, text, value);
  return parse_scalar(*shape.element, text, shape.ops->list->append(value, *shape.element));
}

Result<void> take_query(const Shape& shape, const Pairs& pairs, void* input) {
  for (const Member& member : shape.members) {
    if (member.location != Location::query && member.location != Location::query_map) continue;
    for (const auto& [key, text] : pairs) {
      if (member.location == Location::query && key != member.wire_name) continue;
      void* slot = nullptr;
      if (member.location == Location::query) {
        slot = member_emplace(input, member);
      } else {
        void* const map = member_emplace(input, member);
        slot = member.shape->ops->map->emplace(map, key, *member.shape->element);
      }
      const Shape& value = member.location == Location::query ? *member.shape : *member.shape->element;
      if (const char* why = take_value(value, text, slot)) return malformed(member, why);
    }
  }
  return Result<void>();
}

}  // namespace rest_binding

const Member* payload_member(const Shape& shape) noexcept {
  for (const Member& member : shape.members) {
    if (member.payload) return &member;
  }
  return nullptr;
}

bool has_body_members(const Shape& shape, MessageSide side) noexcept {
  return std::any_of(shape.members.begin(), shape.members.end(),
                     [side](const Member& member) { return is_in_body(member, side) && !member.payload; });
}

bool has_body_values(const Shape& shape, const void* value) {
  return std::any_of(shape.members.begin(), shape.members.end(), [value](const Member& member) {
    return member.location == Location::body && !member.payload && member_value(value, member) != nullptr;
  });
}

Result<http::Request> encode_rest_head(const OperationSpec& op, const void* input) {
  TRY_VOID(check_required(op, input));
  const UriTemplate uri(op.request_uri);
  http::Request request;
  request.method = op.http_method;
  request.target.clear();
  TRY_VOID(rest_binding::append_path(request.target, uri, op, input));
  rest_binding::QueryWriter(request.target, uri).members(*op.input, input);
  const auto problem = rest_binding::add_headers(*op.input, input, request.headers);
  if (problem.member != nullptr) return rest_binding::usage(op, *problem.member, problem.why);
  return request;
}

Result<void> decode_rest_head(const OperationSpec& op, const http::Request& request, void* input) {
  TRY_VOID(rest_binding::take_labels(op, request.path(), input));
  if (!request.query().empty()) {
    const auto pairs = parse_form(request.query());
    if (!pairs) return fail(ErrorKind::malformed, "the query is not percent-encoded");
    for (const auto& [key, text] : *pairs) {
      if (!is_utf8(key) || !is_utf8(text)) return fail(ErrorKind::malformed, "invalid UTF-8 in the query");
    }
    TRY_VOID(rest_binding::take_query(*op.input, *pairs, input));
  }
  return rest_binding::take_headers(*op.input, request.headers, input);
}

void encode_rest_headers(const Shape& shape, const void* value, http::Headers& headers) {
  rest_binding::add_headers(shape, value, headers);
}

Result<void> decode_rest_headers(const Shape& shape, const http::Response& response, void* value) {
  for (const Member& member : shape.members) {
    if (member.location == Location::status_code && member.shape->kind == Kind::int32)
      *static_cast<std::int32_t*>(member_emplace(value, member)) = response.status;
  }
  return rest_binding::take_headers(shape, response.headers, value);
}

void default_content_type(http::Headers& headers, std::string_view type) {
  if (headers.find("Content-Type") == nullptr) headers.add("Content-Type", std::string(type));
}

int reply_status(const OperationSpec& op, const void* output) {
  for (const Member& member : op.output->members) {
    if (member.location != Location::status_code || member.shape->kind != Kind::int32) continue;
    const void* const field = member_value(output, member);
    const std::int32_t status = field == nullptr ? 0 : *static_cast<const std::int32_t*>(field);
    if (status >= 200 && status < 600) return status;
  }
  return op.success_status;
}

Result<void> take_raw_payload(const Member& member, std::string_view body, void* object) {
  if (body.empty()) return Result<void>();
  const Shape& shape = *member.shape;
  if (shape.kind == Kind::blob) {
    static_cast<Blob*>(member_emplace(object, member))->bytes = body;
    return Result<void>();
  }
  if (!is_utf8(body)) return rest_binding::malformed(member, "invalid UTF-8");
  if (const char* why = parse_scalar(shape, body, member_emplace(object, member)))
    return rest_binding::malformed(member, why);
  return Result<void>();
}

bool is_html(const http::Response& response) noexcept {
  return starts_with_ignore_case(response.headers.get("Content-Type"), "text/html") ||
         starts_with_ignore_case(trim(response.body), "<!doctype html") ||
         starts_with_ignore_case(trim(response.body), "<html");
}

}  // namespace postern::aws
