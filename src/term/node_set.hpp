#pragma once

/// Names folded as ClusterShell folds them: web01 web02 web03 web07 -> web[01-03,07].

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace postern::term {

/// A name list as folded text, "db1,web[01-03,07]", sorted with numbers in numeric order, duplicates once. Padding is
/// part of a name: 1 and 01 are different. AWS ids (i-0ab12..., mi-...) are never folded, for nobody could search for
/// them.
std::string fold_names(std::span<const std::string> names);

/// The names that folded text stands for, in its order, duplicates kept. Several brackets make the product. Fails with
/// usage on malformed text and on more than `max_names` names.
Result<std::vector<std::string>> expand_names(std::string_view folded, std::size_t max_names = 100'000);

/// Sorts as people do: runs of digits by value, the rest by bytes.
bool natural_less(std::string_view a, std::string_view b) noexcept;

}  // namespace postern::term
