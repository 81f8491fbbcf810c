#pragma once

/// Rows of the command table: the document of our own that installs agents.

#include "cli/deploy_options.hpp"

namespace postern::cli::deploy_options {

inline constexpr OptionSpec kRenderDocuments[] = {
    {"--format", "", Arity::one, "FORMAT",
     "a template (default: cloudformation), or the document itself, for aws ssm create-document --document-format YAML",
     "cloudformation|terraform|document"},
    {"--out", "-O", Arity::one, "FILE", "write there instead of to stdout; an existing file is not overwritten", ""},
    {"--force", "", Arity::flag, "", "overwrite --out", ""},
};
inline constexpr std::string_view kRenderDocumentsExamples[] = {"postern render documents > documents.yaml",
                                                                "postern render documents --format document"};
inline constexpr OptionSpec kDeployDocuments[] = {
    kVia, kStackName, kDeployDryRun, kDeployYes, kDeployConcurrency,
};
inline constexpr std::string_view kDeployDocumentsExamples[] = {
    "postern deploy documents --dry-run", "postern deploy documents --account payments-prod --region us-east-1"};

inline constexpr CommandSpec kRenderDocumentsCommand = {
    "render documents",
    Verb::render_documents,
    "",
    "the document that installs the replication agent, as CloudFormation or Terraform",
    "Writes the template of the document by which `dr rollout` installs agents into another account (--into) or on "
    "some disks only (--devices), for which AWS's own has no parameters. Its steps for Linux and Windows check the "
    "installer against the hash that AWS publishes and run nothing without it; no key is ever given. Calls nothing.",
    kRenderDocuments,
    Positionals::none,
    kRenderDocumentsExamples};
inline constexpr CommandSpec kDeployDocumentsCommand = {
    "deploy documents",
    Verb::deploy_documents,
    "",
    "put the document into accounts and Regions, as CloudFormation stacks",
    "Deploys what `postern render documents` writes into every Region of every account where nodes are. A changed "
    "document is a new version, named by the hash of its content, and becomes the default; runs that are under way "
    "keep theirs. Change sets are shown first, as by `deploy roles`. Exit code 0 when nothing is left to do.",
    kDeployDocuments,
    Positionals::none,
    kDeployDocumentsExamples};

}  // namespace postern::cli::deploy_options
