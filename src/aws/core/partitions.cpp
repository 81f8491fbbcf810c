#include "aws/core/partitions.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"

namespace postern::aws {

namespace {

constexpr std::array<std::string_view, 34> kAwsRegions = {
    "af-south-1",     "ap-east-1",      "ap-east-2",      "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    "ap-south-1",     "ap-south-2",     "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
    "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1",   "ca-west-1",      "eu-central-1",
    "eu-central-2",   "eu-north-1",     "eu-south-1",     "eu-south-2",     "eu-west-1",      "eu-west-2",
    "eu-west-3",      "il-central-1",   "me-central-1",   "me-south-1",     "mx-central-1",   "sa-east-1",
    "us-east-1",      "us-east-2",      "us-west-1",      "us-west-2"};
constexpr std::array<std::string_view, 2> kChinaRegions = {"cn-north-1", "cn-northwest-1"};
constexpr std::array<std::string_view, 1> kEuscRegions = {"eusc-de-east-1"};
constexpr std::array<std::string_view, 2> kGovRegions = {"us-gov-east-1", "us-gov-west-1"};
constexpr std::array<std::string_view, 2> kIsoRegions = {"us-iso-east-1", "us-iso-west-1"};
constexpr std::array<std::string_view, 2> kIsoBRegions = {"us-isob-east-1", "us-isob-west-1"};
constexpr std::array<std::string_view, 1> kIsoERegions = {"eu-isoe-west-1"};
constexpr std::array<std::string_view, 2> kIsoFRegions = {"us-isof-east-1", "us-isof-south-1"};

constexpr std::array<Partition, 8> kPartitions = {{
    {"aws", "amazonaws.com", "api.aws", "us-east-1", "aws-global", kAwsRegions},
    {"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1", "aws-cn-global", kChinaRegions},
    {"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1", "aws-eusc-global", kEuscRegions},
    {"aws-us-gov", "amazonaws.com", "api.aws", "us-gov-west-1", "aws-us-gov-global", kGovRegions},
    {"aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1", "aws-iso-global", kIsoRegions},
    {"aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1", "aws-iso-b-global", kIsoBRegions},
    {"aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1", "aws-iso-e-global", kIsoERegions},
    {"aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1", "aws-iso-f-global", kIsoFRegions},
}};

/// The part of a Region's name before "-<word>-<digits>", or empty when it is not such a name: "us-gov" of
/// "us-gov-west-1".
std::string_view region_prefix(std::string_view region) {
  const std::size_t last = region.rfind('-');
  if (last == std::string_view::npos || last == 0 || last + 1 == region.size()) return {};
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const std::string_view number = region.substr(last + 1);
  if (!std::all_of(number.begin(), number.end(), digit)) return {};
  const std::size_t middle = region.rfind('-', last - 1);
  if (middle == std::string_view::npos || middle == 0) return {};
  const std::string_view word = region.substr(middle + 1, last - middle - 1);
  const auto word_char = [&](char c) { return lower(c) || digit(c) || c == '_'; };
  if (word.empty() || !std::all_of(word.begin(), word.end(), word_char)) return {};
  const std::string_view prefix = region.substr(0, middle);
  const auto prefix_char = [&](char c) { return lower(c) || c == '-'; };
  return std::all_of(prefix.begin(), prefix.end(), prefix_char) ? prefix : std::string_view();
}

}  // namespace

std::span<const Partition> partitions() {
  return kPartitions;
}

const Partition* find_partition(std::string_view id) noexcept {
  for (const Partition& partition : kPartitions) {
    if (partition.id == id) return &partition;
  }
  return nullptr;
}

const Partition* partition_of_region(std::string_view region) noexcept {
  for (const Partition& partition : kPartitions) {
    if (region == partition.global_name) return &partition;
    if (std::find(partition.regions.begin(), partition.regions.end(), region) != partition.regions.end())
      return &partition;
  }
  const std::string_view prefix = region_prefix(region);
  if (prefix == "cn") return find_partition("aws-cn");
  if (prefix == "eusc-de") return find_partition("aws-eusc");
  if (prefix == "us-gov") return find_partition("aws-us-gov");
  if (prefix == "us-iso") return find_partition("aws-iso");
  if (prefix == "us-isob") return find_partition("aws-iso-b");
  if (prefix == "eu-isoe") return find_partition("aws-iso-e");
  if (prefix == "us-isof") return find_partition("aws-iso-f");
  // Two letters are the commercial partition's habit; new ones (il, mx) came without notice.
  if (prefix.size() == 2 && prefix.find('-') == std::string_view::npos) return find_partition("aws");
  return nullptr;
}

bool is_known_region(std::string_view region) noexcept {
  for (const Partition& partition : kPartitions) {
    if (std::find(partition.regions.begin(), partition.regions.end(), region) != partition.regions.end()) return true;
  }
  return false;
}

std::string_view nearest_region(std::string_view word) {
  std::vector<std::string_view> all;
  for (const Partition& partition : kPartitions)
    all.insert(all.end(), partition.regions.begin(), partition.regions.end());
  return nearest(word, all);
}

}  // namespace postern::aws
