#pragma once

/// A deployment report as one page for people.

#include <string>

#include "report/deployment.hpp"

namespace postern::report {

struct DeploymentLimits {
  DeploymentLimits() = default;
  std::size_t servers = 5'000;     ///< rows; those that are not protected first
  std::size_t classes = 200;       ///< different fates
  std::size_t places = 2'000;      ///< accounts and Regions
  std::size_t names = 4U << 10U;   ///< bytes of one class's folded names
  std::size_t reason = 1U << 10U;  ///< bytes of one reason
};

/// As HtmlWriter has it; bounded by the limits, and what is left out is counted and said.
std::string deployment_html(const Deployment& deployment, const DeploymentLimits& limits = DeploymentLimits());

}  // namespace postern::report
