#pragma once

/// The document of our own that installs the replication agent: into another account, or on some disks only, which
/// AWS's does not offer.

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "cfn/template.hpp"

namespace postern::access {

/// In the account of the nodes: names that begin with AWS are AWS's.
inline constexpr std::string_view kOwnInstallDocument = "Postern-InstallReplicationAgent";

/// A Command document of schema 2.2 with a step for Linux and one for Windows. Its parameters are Region, AccountId,
/// Devices and Tags, each with a pattern that keeps a shell from reading anything but words into it.
cfn::Value install_document();
/// The same as JSON.
std::string install_document_json();
/// As YAML, for people and for `aws ssm create-document --document-format YAML`.
std::string install_document_yaml();
/// Whether a document's content, as Systems Manager gives it in JSON, is that: layout and order do not matter.
bool is_install_document(std::string_view content);

/// A regional stack with the document. A change of its content makes a new version with a name of its own
/// ("sha256-..."), which becomes the default; earlier ones stay, so that runs that are pinned to them go on.
Result<cfn::Template> document_template(std::string_view version_name);

}  // namespace postern::access
