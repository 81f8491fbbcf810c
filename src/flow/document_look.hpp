#pragma once

/// Documents looked at before anything is sent: what they are in every account and Region of a plan, whether they take
/// their parameters, and which version a run is pinned to.

#include <span>
#include <string>
#include <vector>

#include "flow/waves.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::flow {

class DocumentPort {
 public:
  virtual ~DocumentPort() = default;
  /// What Systems Manager says of a document, with what its content says of its parameters as far as that may be read.
  /// not_found when the scope has no such document or version.
  virtual rt::Task<Result<DocumentDescription>> describe(rt::CallContext ctx, fleet::ScopePtr scope, std::string name,
                                                         std::string version) = 0;
};

/// A scope with targets of one shell.
struct DocumentNeed {
  DocumentNeed() = default;
  fleet::ScopePtr scope;
  Shell shell = Shell::sh;
};

/// The scopes and shells of the instances that can be reached; sorted, each once.
std::vector<DocumentNeed> document_needs(std::span<const fleet::Instance> instances);

struct DocumentLook {
  DocumentLook() = default;
  struct Seen {
    Seen() = default;
    fleet::ScopePtr scope;
    Shell shell = Shell::sh;
    DocumentDescription document;
  };
  std::vector<Seen> seen;          ///< of every need that could be looked at
  std::vector<std::string> notes;  ///< for people: what could not be looked at, and why that is safe
};

struct LookOptions {
  LookOptions() = default;
  Braces braces = Braces::refused;
  std::size_t concurrency = 16;
};

/// Describes what the needs are sent: one call for each scope, and one for each Region when the document is Amazon's.
/// Fails when a document would not be taken as it is: usage - it is not there, not active, or refuses its parameters;
/// refused - it may not be looked at and no version is named by its number, so that nobody could say what would run.
/// With a number, and for our own two scripts, a document that cannot be looked at is said in `notes`: its content
/// cannot change, and Systems Manager checks parameters before it runs anything. Cancelled as cancelled.
rt::Task<Result<DocumentLook>> look_at_documents(rt::CallContext ctx, DocumentPort& port, const CommandSpec& spec,
                                                 std::vector<DocumentNeed> needs, LookOptions options);

/// Why an instance cannot take what it would be sent, or empty.
std::string why_unfit(const CommandSpec& spec, const DocumentLook& look, const fleet::Instance& instance);

/// The pins of a plan's scopes: what was seen, or the version that was given. None for scripts.
std::vector<DocumentPin> document_pins(const CommandSpec& spec, const DocumentLook& look, const Plan& plan);

/// How long documents may run: a parameter executionTimeout that is given or the default of one counts; else
/// `given`, which becomes the value of such a parameter.
void settle_execution_time(CommandSpec& spec, const DocumentLook& look, std::optional<std::chrono::seconds> given);

/// A line per document and version for plans: "AWS-RunShellScript version 1 (sha256 0123456789ab)", with the number of
/// scopes when they differ.
std::vector<std::string> describe_documents(const DocumentLook& look);

}  // namespace postern::flow
