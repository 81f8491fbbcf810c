#include "aws/core/erased.hpp"

#include <cmath>
#include <map>
#include <string>

namespace postern::aws {
namespace erased {

bool same(const Shape& sa, const void* a, const Shape& sb, const void* b);

/// Both null, or both set and the same.
bool same_or_null(const Shape& sa, const void* a, const Shape& sb, const void* b) {
  return a == nullptr || b == nullptr ? a == b : same(sa, a, sb, b);
}

bool is_empty_container(const Shape& shape, const void* v) {
  if (v == nullptr) return true;
  if (shape.kind == Kind::list) return shape.ops->list->size(v) == 0;
  return shape.kind == Kind::map && shape.ops->map->size(v) == 0;
}

bool same_structure(const Shape& sa, const void* a, const Shape& sb, const void* b) {
  if (sa.members.size() != sb.members.size()) return false;
  for (std::size_t i = 0; i < sa.members.size(); ++i) {
    const Member& ma = sa.members[i];
    const Member& mb = sb.members[i];
    const void* const fa = member_value(a, ma);
    const void* const fb = member_value(b, mb);
    if ((ma.ops->empty_is_unset || mb.ops->empty_is_unset) && is_empty_container(*ma.shape, fa) &&
        is_empty_container(*mb.shape, fb))
      continue;
    if (!same_or_null(*ma.shape, fa, *mb.shape, fb)) return false;
  }
  return true;
}

bool same_list(const Shape& sa, const void* a, const Shape& sb, const void* b) {
  const std::size_t size = sa.ops->list->size(a);
  if (size != sb.ops->list->size(b)) return false;
  for (std::size_t i = 0; i < size; ++i) {
    const void* const ea = sa.ops->list->at(a, i, *sa.element);
    const void* const eb = sb.ops->list->at(b, i, *sb.element);
    if (!same_or_null(*sa.element, ea, *sb.element, eb)) return false;
  }
  return true;
}

bool same_map(const Shape& sa, const void* a, const Shape& sb, const void* b) {
  if (sa.ops->map->size(a) != sb.ops->map->size(b)) return false;
  std::map<std::string, const void*, std::less<>> entries;
  sa.ops->map->each(a, *sa.element,
                    [&](std::string_view key, const void* value) { entries.emplace(std::string(key), value); });
  bool fine = true;
  sb.ops->map->each(b, *sb.element, [&](std::string_view key, const void* value) {
    const auto found = entries.find(key);
    fine = fine && found != entries.end() && same_or_null(*sa.element, found->second, *sb.element, value);
  });
  return fine;
}

template <class T>
bool same_as(const void* a, const void* b) {
  const T& x = *static_cast<const T*>(a);
  const T& y = *static_cast<const T*>(b);
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(x) && std::isnan(y)) return true;
  }
  return x == y;
}

bool same(const Shape& sa, const void* a, const Shape& sb, const void* b) {
  if (sa.kind != sb.kind) return false;
  switch (sa.kind) {
    case Kind::structure:
      return same_structure(sa, a, sb, b);
    case Kind::list:
      return same_list(sa, a, sb, b);
    case Kind::map:
      return same_map(sa, a, sb, b);
    case Kind::string:
      return sa.ops->text->get(a) == sb.ops->text->get(b);
    case Kind::boolean:
      return same_as<bool>(a, b);
    case Kind::int32:
      return same_as<std::int32_t>(a, b);
    case Kind::int64:
      return same_as<std::int64_t>(a, b);
    case Kind::float32:
      return same_as<float>(a, b);
    case Kind::float64:
      return same_as<double>(a, b);
    case Kind::blob:
      return same_as<Blob>(a, b);
    case Kind::timestamp:
      return same_as<WallTime>(a, b);
  }
  return false;
}

template <class T>
void assign(const void* from, void* to) {
  *static_cast<T*>(to) = *static_cast<const T*>(from);
}

}  // namespace erased

bool equal(ConstErased a, ConstErased b) {
  return erased::same(*a.shape, a.value, *b.shape, b.value);
}

void copy_into(ConstErased from, Erased to) {
  const Shape& shape = *from.shape;
  const Shape& target = *to.shape;
  switch (shape.kind) {
    case Kind::structure:
      for (std::size_t i = 0; i < shape.members.size() && i < target.members.size(); ++i) {
        const void* field = member_value(from.value, shape.members[i]);
        if (field == nullptr) continue;
        copy_into(ConstErased(*shape.members[i].shape, field),
                  Erased(*target.members[i].shape, member_emplace(to.value, target.members[i])));
      }
      return;
    case Kind::list:
      for (std::size_t i = 0; i < shape.ops->list->size(from.value); ++i) {
        const void* element = shape.ops->list->at(from.value, i, *shape.element);
        if (element == nullptr)
          target.ops->list->append_null(to.value);
        else
          copy_into(ConstErased(*shape.element, element),
                    Erased(*target.element, target.ops->list->append(to.value, *target.element)));
      }
      return;
    case Kind::map:
      shape.ops->map->each(from.value, *shape.element, [&](std::string_view key, const void* element) {
        if (element == nullptr)
          target.ops->map->emplace_null(to.value, key);
        else
          copy_into(ConstErased(*shape.element, element),
                    Erased(*target.element, target.ops->map->emplace(to.value, key, *target.element)));
      });
      return;
    case Kind::string:
      return target.ops->text->set(to.value, shape.ops->text->get(from.value));
    case Kind::boolean:
      return erased::assign<bool>(from.value, to.value);
    case Kind::int32:
      return erased::assign<std::int32_t>(from.value, to.value);
    case Kind::int64:
      return erased::assign<std::int64_t>(from.value, to.value);
    case Kind::float32:
      return erased::assign<float>(from.value, to.value);
    case Kind::float64:
      return erased::assign<double>(from.value, to.value);
    case Kind::blob:
      return erased::assign<Blob>(from.value, to.value);
    case Kind::timestamp:
      return erased::assign<WallTime>(from.value, to.value);
  }
}

const void* find_path(ConstErased value, std::string_view path, const Shape** shape) {
  const Shape* at = value.shape;
  const void* here = value.value;
  while (here != nullptr) {
    const std::size_t dot = path.find('.');
    const std::string_view name = path.substr(0, dot);
    if (at->kind != Kind::structure) return nullptr;
    const Member* found = nullptr;
    for (const Member& member : at->members) {
      if (member.name == name) found = &member;
    }
    if (found == nullptr) return nullptr;
    here = member_value(here, *found);
    at = found->shape;
    if (dot == std::string_view::npos) break;
    path.remove_prefix(dot + 1);
  }
  if (shape != nullptr) *shape = at;
  return here;
}

}  // namespace postern::aws
