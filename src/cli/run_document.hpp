#pragma once

/// run --document: documents and their parameters from the command line, looked at in every scope before anything is
/// sent. The judging is flow/document_look.hpp's.

#include <string>
#include <vector>

#include "adapters/aws_session.hpp"
#include "cli/command.hpp"
#include "flow/document_look.hpp"

namespace postern::cli {

/// Whether a document was asked for, rather than a command or a script.
bool asks_for_document(const Invocation& invocation);

/// --document, --document-windows, --parameter, --parameter-windows. A value @FILE is read from the file (@@ stands for
/// one @). Fails with usage.
Result<flow::CommandSpec> chosen_document(const Command& command);

/// For plans: the documents with the names of their parameters; never values, which may be nobody's business.
std::string describe_document(const flow::CommandSpec& spec);

/// Looks at what the instances that can be reached would be sent; says what could not be looked at. The spec learns how
/// long its documents may run.
rt::Task<Result<flow::DocumentLook>> look_at_what_is_sent(const Command& command, adapters::AwsSession& session,
                                                          flow::CommandSpec& spec,
                                                          const std::vector<fleet::Instance>& instances,
                                                          std::size_t concurrency);

}  // namespace postern::cli
