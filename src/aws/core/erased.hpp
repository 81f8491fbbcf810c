#pragma once

/// Operations on values of which only the descriptor is known.

#include "aws/core/shape.hpp"

namespace postern::aws {

/// Deep equality; not-a-number equals itself. An unset member equals only an unset one, except that a bare container
/// that is empty counts as unset on either side. The two values must be of the same shape but may be stored
/// differently.
bool equal(ConstErased a, ConstErased b);

/// Copies a value into a default-constructed one of the same shape and any storage.
void copy_into(ConstErased from, Erased to);

/// Follows a member path of structures ("Result.NextToken"); null when a part is not set or not a member. The shape of
/// the last member goes into `shape` when it is given.
const void* find_path(ConstErased value, std::string_view path, const Shape** shape = nullptr);

}  // namespace postern::aws
