#include "sim/ec2_filters.hpp"

#include <algorithm>

#include "aws/core/server.hpp"
#include "base/text.hpp"

namespace postern::sim {
namespace ec2_filters {

using Values = std::vector<std::string>;

struct KnownFilter {
  std::string_view name;
  Values (*values)(const Instance& instance);
};

Values one(std::string value) {
  Values values;
  values.push_back(std::move(value));
  return values;
}

constexpr KnownFilter kFilters[] = {
    {"architecture", [](const Instance&) { return one("x86_64"); }},
    {"availability-zone", [](const Instance& i) { return one(i.placement->availability_zone); }},
    {"iam-instance-profile.arn",
     [](const Instance& i) {
       if (i.traits->instance_profile.empty()) return Values();
       return one("arn:aws:iam::" + i.account_id() + ":instance-profile/" + i.traits->instance_profile);
     }},
    {"image-id", [](const Instance& i) { return one(i.traits->image_id); }},
    {"instance-id", [](const Instance& i) { return one(i.id); }},
    {"instance-state-code", [](const Instance& i) { return one(std::to_string(static_cast<int>(i.state))); }},
    {"instance-state-name", [](const Instance& i) { return one(std::string(state_name(i.state))); }},
    {"instance-type", [](const Instance& i) { return one(i.traits->instance_type); }},
    {"owner-id", [](const Instance& i) { return one(i.account_id()); }},
    {"platform", [](const Instance& i) { return i.traits->platform == Platform::windows ? one("windows") : Values(); }},
    {"platform-details",
     [](const Instance& i) { return one(i.traits->platform == Platform::windows ? "Windows" : "Linux/UNIX"); }},
    {"private-ip-address", [](const Instance& i) { return one(i.private_ip()); }},
    {"reservation-id", [](const Instance& i) { return one(i.reservation_id()); }},
    {"subnet-id", [](const Instance& i) { return one(i.placement->subnet_id); }},
    {"tag-key",
     [](const Instance& i) {
       Values keys;
       if (!i.name.empty()) keys.emplace_back("Name");
       for (const auto& [key, value] : i.tags()) keys.push_back(key);
       return keys;
     }},
    {"tag-value",
     [](const Instance& i) {
       Values values;
       if (!i.name.empty()) values.push_back(i.name);
       for (const auto& [key, value] : i.tags()) values.push_back(value);
       return values;
     }},
    {"vpc-id", [](const Instance& i) { return one(i.placement->vpc_id); }},
};

const KnownFilter* find(std::string_view name) {
  for (const KnownFilter& filter : kFilters) {
    if (filter.name == name) return &filter;
  }
  return nullptr;
}

Values values_of(const Instance& instance, std::string_view name) {
  if (name.starts_with("tag:")) {
    const std::string key(name.substr(4));
    if (key == "Name") return instance.name.empty() ? Values() : one(instance.name);
    const auto found = instance.tags().find(key);
    return found == instance.tags().end() ? Values() : one(found->second);
  }
  return find(name)->values(instance);
}

}  // namespace ec2_filters

Result<void> check_filters(const std::vector<aws::ec2::Filter>& filters) {
  for (const aws::ec2::Filter& filter : filters) {
    const std::string name = filter.name.value_or("");
    if (name.starts_with("tag:") || ec2_filters::find(name) != nullptr) continue;
    return fail(aws::server::fault(ErrorKind::usage, "InvalidParameterValue",
                                   "The filter '" + printable(name, 100) + "' is invalid", 400));
  }
  return {};
}

bool matches_filters(const Instance& instance, const std::vector<aws::ec2::Filter>& filters) {
  return std::all_of(filters.begin(), filters.end(), [&](const aws::ec2::Filter& filter) {
    const ec2_filters::Values values = ec2_filters::values_of(instance, *filter.name);
    return std::any_of(filter.values.begin(), filter.values.end(), [&](const std::string& pattern) {
      return std::any_of(values.begin(), values.end(),
                         [&](const std::string& value) { return glob_match(pattern, value); });
    });
  });
}

std::int32_t state_code(std::string_view state) {
  if (state == "pending") return 0;
  if (state == "running") return 16;
  if (state == "shutting-down") return 32;
  if (state == "terminated") return 48;
  if (state == "stopping") return 64;
  return 80;
}

}  // namespace postern::sim
