#pragma once

/// What `postern render documents` writes. Calls nothing.

#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "cli/render_roles.hpp"

namespace postern::cli {

enum class RenderFormat : std::uint8_t { cloudformation, terraform, document };

/// The template of the document that installs the replication agent, or the document itself in YAML.
Result<Rendered> render_documents(RenderFormat format);

/// "sha256-0123456789abcdef": the name of the version with the content of today.
std::string install_document_version();

}  // namespace postern::cli
