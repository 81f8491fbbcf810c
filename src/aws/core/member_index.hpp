#pragma once

/// Finding a structure's member by its name on the wire, at the speed of a compare when members come in a steady order.

#include <string_view>

#include "aws/core/shape.hpp"

namespace postern::aws {

/// Structures have few members, and peers send them in the same order again and again: the search starts behind the
/// last hit and wraps around.
class MemberFinder {
 public:
  explicit MemberFinder(const Shape& shape) noexcept : members_(shape.members) {}

  const Member* by_wire_name(std::string_view name) noexcept {
    if (name.empty()) return nullptr;
    const char first = name.front();
    // Length and first letter tell nearly all names apart, so that most comparisons end here.
    return find([name, first](const Member& member) {
      const std::string_view wire = member.wire_name;
      return wire.size() == name.size() && wire.front() == first && wire == name;
    });
  }
  template <class Matches>
  const Member* find(Matches matches) noexcept {
    const std::size_t count = members_.size();
    for (std::size_t tried = 0, at = next_; tried < count; ++tried, ++at) {
      if (at >= count) at = 0;
      if (matches(members_[at])) {
        next_ = at + 1;
        return &members_[at];
      }
    }
    return nullptr;
  }

 private:
  std::span<const Member> members_;
  std::size_t next_ = 0;
};

}  // namespace postern::aws
