#pragma once

/// AWS partitions and Regions (botocore's partitions.json, aws.md 7.5). A Region that came later than this table is
/// placed by its name's pattern.

#include <span>
#include <string_view>

namespace postern::aws {

struct Partition {
  std::string_view id;                        ///< "aws-cn": also what stands in its ARNs
  std::string_view dns_suffix;                ///< "amazonaws.com.cn"
  std::string_view dual_stack_suffix;         ///< "api.amazonwebservices.com.cn"
  std::string_view global_region;             ///< where its global services are signed for, unless they say otherwise
  std::string_view global_name;               ///< the pseudo Region, "aws-cn-global"
  std::span<const std::string_view> regions;  ///< those known when this was written, sorted
};

/// All partitions, "aws" first.
std::span<const Partition> partitions();

/// By id ("aws-us-gov"), or null.
const Partition* find_partition(std::string_view id) noexcept;

/// The partition of a Region or pseudo Region: by the table, else by the partition's pattern, else "aws" for a name
/// that has the shape of a Region; null for anything else.
const Partition* partition_of_region(std::string_view region) noexcept;

/// True when the table has it.
bool is_known_region(std::string_view region) noexcept;

/// The known Region nearest to a misspelt one, or empty.
std::string_view nearest_region(std::string_view word);

}  // namespace postern::aws
