#pragma once

/// A deployment report as Markdown: for GitHub, and to be read as it is in a terminal of 80 columns.

#include <string>
#include <string_view>

#include "report/deployment_html.hpp"

namespace postern::report {

std::string deployment_markdown(const Deployment& deployment, const DeploymentLimits& limits = DeploymentLimits());

/// Untrusted text that stays text in GitHub's Markdown: as it is when there is nothing in it that could be markup, a
/// link or a mention, else as code. One line; control characters are visible escapes.
std::string markdown_text(std::string_view untrusted);
/// The same, always as code.
std::string markdown_code(std::string_view untrusted);

}  // namespace postern::report
