#include "aws/core/pager.hpp"

#include "base/check.hpp"
#include "base/text.hpp"

namespace postern::aws {
namespace {

const Member* find_member(const Shape& shape, std::string_view name) {
  for (const Member& member : shape.members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

}  // namespace

PageTokens::PageTokens(const OperationSpec& operation) : operation_(&operation) {
  CHECK(operation.pagination != nullptr);
}

void PageTokens::apply(void* request) const {
  if (token_.empty()) return;
  const Member* member = find_member(*operation_->input, operation_->pagination->input_token);
  CHECK(member != nullptr && member->shape->kind == Kind::string);
  member->shape->ops->text->set(member_emplace(request, *member), token_);
}

Result<bool> PageTokens::advance(const void* response) {
  std::string next;
  const Shape* shape = operation_->output;
  const void* value = response;
  for (const std::string_view part : split(operation_->pagination->output_token, '.')) {
    const Member* member = value == nullptr ? nullptr : find_member(*shape, part);
    if (member == nullptr) return false;
    value = member_value(value, *member);
    shape = member->shape;
  }
  if (value != nullptr && shape->kind == Kind::string) next = shape->ops->text->get(value);
  if (next.empty()) return false;
  if (!seen_.insert(next).second) {
    return fail(ErrorKind::malformed, std::string(operation_->name) + " returned the same page token twice");
  }
  if (++pages_ >= kPagesMax) {
    return fail(ErrorKind::malformed,
                std::string(operation_->name) + " has more than " + std::to_string(kPagesMax) + " pages");
  }
  token_ = std::move(next);
  return true;
}

}  // namespace postern::aws
