#include "aws/core/prepare.hpp"

#include <algorithm>

#include "aws/core/codec.hpp"

namespace postern::aws {
namespace prepare {

bool is_dns_label(std::string_view text) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), allowed);
}

/// Finds the first required member that is not set. The path is built on the way back only.
class RequiredWalk {
 public:
  /// True when all is well.
  bool visit(const Shape& shape, const void* value, int depth) {
    if (depth > kMaxNesting) return miss("too deeply nested");
    switch (shape.kind) {
      case Kind::structure:
        return structure(shape, value, depth);
      case Kind::list:
        return list(shape, value, depth);
      case Kind::map:
        return map(shape, value, depth);
      default:
        return true;
    }
  }
  std::string text() const {
    std::string path;
    for (auto part = path_.rbegin(); part != path_.rend(); ++part) {
      if (!path.empty() && !part->starts_with('[')) path += '.';
      path += *part;
    }
    return path.empty() ? problem_ : path + ' ' + problem_;
  }

 private:
  bool miss(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }
  bool at(std::string part) {
    path_.push_back(std::move(part));
    return false;
  }
  bool structure(const Shape& shape, const void* value, int depth) {
    for (const Member& member : shape.members) {
      const void* field = member_value(value, member);
      if (field == nullptr && member.required) {
        miss("is required");
        return at(std::string(member.name));
      }
      if (field != nullptr && !visit(*member.shape, field, depth + 1)) return at(std::string(member.name));
    }
    return true;
  }
  bool list(const Shape& shape, const void* value, int depth) {
    if (shape.element->kind > Kind::map) return true;
    const ListOps& ops = *shape.ops->list;
    for (std::size_t i = 0; i < ops.size(value); ++i) {
      const void* element = ops.at(value, i, *shape.element);
      if (element != nullptr && !visit(*shape.element, element, depth + 1)) return at("[" + std::to_string(i) + "]");
    }
    return true;
  }
  bool map(const Shape& shape, const void* value, int depth) {
    if (shape.element->kind > Kind::map) return true;
    bool fine = true;
    shape.ops->map->each(value, *shape.element, [&](std::string_view key, const void* element) {
      if (fine && element != nullptr && !visit(*shape.element, element, depth + 1))
        fine = at("[" + std::string(key) + "]");
    });
    return fine;
  }

  std::string problem_;
  std::vector<std::string> path_;
};

}  // namespace prepare

void fill_idempotency_tokens(const OperationSpec& op, void* input, FunctionRef<std::string()> make_token) {
  for (const Member& member : op.input->members) {
    if (!member.idempotency_token || member.shape->kind != Kind::string) continue;
    if (member_value(input, member) != nullptr) continue;
    member.shape->ops->text->set(member_emplace(input, member), make_token());
  }
}

Result<std::string> expand_host_prefix(const OperationSpec& op, const void* input) {
  const std::string where = std::string(op.service->id) + " " + std::string(op.name) + ": ";
  std::string out;
  std::string_view rest = op.host_prefix;
  while (!rest.empty()) {
    const std::size_t open = rest.find('{');
    out += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = rest.find('}', open);
    if (close == std::string_view::npos) return fail(ErrorKind::internal, where + "a broken host prefix");
    const std::string_view label = rest.substr(open + 1, close - open - 1);
    rest.remove_prefix(close + 1);
    const auto member = std::find_if(op.input->members.begin(), op.input->members.end(),
                                     [&](const Member& candidate) { return candidate.name == label; });
    const void* field = member == op.input->members.end() ? nullptr : member_value(input, *member);
    if (field == nullptr || member->shape->kind != Kind::string)
      return fail(ErrorKind::usage, where + std::string(label) + " is required: it is part of the host name");
    const std::string_view text = member->shape->ops->text->get(field);
    if (!prepare::is_dns_label(text))
      return fail(ErrorKind::usage, where + std::string(label) + " must be a DNS label: it is part of the host name");
    out += text;
  }
  return out;
}

Result<void> check_required(const OperationSpec& op, const void* input) {
  prepare::RequiredWalk walk;
  if (walk.visit(*op.input, input, 0)) return {};
  return fail(ErrorKind::usage, std::string(op.service->id) + " " + std::string(op.name) + ": " + walk.text());
}

}  // namespace postern::aws
