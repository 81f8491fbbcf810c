#pragma once

/// Finding launch templates and their versions, for whoever launches from them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "sim/ec2/catalog.hpp"

namespace postern::sim::ec2 {

/// By id or by name, of which exactly one is given. Fails with AWS's InvalidLaunchTemplate... errors.
Result<TemplateRecord*> find_template(Catalog& catalog, const std::optional<std::string>& id,
                                      const std::optional<std::string>& name);
/// The number that "3", "$Latest" or "$Default" means; absent when there is no such version.
std::optional<std::int64_t> template_version(const TemplateRecord& record, std::string_view text);
/// A new version with the next number; the first one is the default.
aws::ec2::LaunchTemplateVersion& add_template_version(TemplateRecord& record,
                                                      const aws::ec2::RequestLaunchTemplateData& data,
                                                      const std::optional<std::string>& description,
                                                      const std::string& caller, WallTime now);
Error unknown_version(std::string_view text);

}  // namespace postern::sim::ec2
