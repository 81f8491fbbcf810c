#include "cli/run_document.hpp"

#include "adapters/document_source.hpp"
#include "base/text.hpp"
#include "cli/run_secrets.hpp"

namespace postern::cli {
namespace document_options {

constexpr std::size_t kFileMax = 64U << 10U;  // more than SSM takes with everything else
constexpr std::size_t kShownMax = 160;

/// NAME=@FILE as NAME=content, NAME=@@x as NAME=@x.
Result<std::string> with_file(const Command& command, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || text.size() == equals + 1 || text[equals + 1] != '@') return text;
  const std::string name = text.substr(0, equals + 1);
  const std::string path = text.substr(equals + 2);
  if (path.starts_with('@')) return name + path;
  Result<std::string> content = command.host().files->read(path, kFileMax);
  if (!content) {
    return fail(Error(ErrorKind::usage, "the parameter " + printable(text.substr(0, equals), 60) + ": cannot read " +
                                            printable(path, 200))
                    .caused_by(std::move(content).error()));
  }
  return name + *content;
}

Result<std::vector<std::string>> parameters_of(const Command& command, std::string_view option) {
  std::vector<std::string> parameters;
  for (const std::string& text : command.invocation().values(option)) {
    TRY(std::string one, with_file(command, text));
    parameters.push_back(std::move(one));
  }
  return parameters;
}

std::string described(const flow::DocumentSpec& document) {
  std::string out = "document " + document.name;
  if (!document.version.empty()) out += " version " + document.version;
  std::vector<std::string> names;
  for (const auto& [name, values] : document.parameters) names.push_back(name);
  if (!names.empty()) out += " (with " + printable(join(names, ", "), kShownMax) + ")";
  return out;
}

/// Marks in place of the secrets; the node that runs a document has no way to read a parameter for it.
Result<void> add_secrets(const Command& command, flow::CommandSpec& spec) {
  TRY(const std::vector<SecretOption> secrets, chosen_secrets(command));
  const std::string salt = flow::make_secret_salt(command.ctx());
  for (const SecretOption& secret : secrets) {
    if (!secret.parameter.empty()) {
      return fail(ErrorKind::usage, "--secret " + printable(secret.name, 60) +
                                        "=ssm: is for commands and scripts. A document's parameter may refer to one "
                                        "itself: --parameter '" +
                                        printable(secret.name, 60) + "={{ssm:NAME}}' --allow-references");
    }
    for (std::optional<flow::DocumentSpec>* document : {&spec.document, &spec.windows_document}) {
      if (!*document) continue;
      std::vector<std::string>& values = (*document)->parameters[secret.name];
      if (!values.empty()) {
        return fail(ErrorKind::usage, "the parameter " + printable(secret.name, 60) + " is given twice");
      }
      values.push_back(flow::secret_mark(salt, secret.name));
    }
  }
  mark_secrets(spec, secrets, salt);
  return Result<void>();
}

}  // namespace document_options

bool asks_for_document(const Invocation& invocation) {
  for (const char* option :
       {"--document", "--document-windows", "--parameter", "--parameter-windows", "--allow-references"}) {
    if (invocation.has(option)) return true;
  }
  return false;
}

Result<flow::CommandSpec> chosen_document(const Command& command) {
  const Invocation& invocation = command.invocation();
  const auto everywhere = invocation.value("--document");
  const auto windows = invocation.value("--document-windows");
  if (!everywhere && !windows) {
    return fail(ErrorKind::usage, "--parameter and --allow-references belong to --document");
  }
  for (const char* option : {"--script", "--env", "--no-strict"}) {
    if (invocation.has(option)) return fail(ErrorKind::usage, std::string(option) + " does not go with --document");
  }
  if (!invocation.words.empty()) {
    return fail(ErrorKind::usage, "give a command after --, or --document, not both; a document takes --parameter");
  }
  if (!windows && invocation.has("--parameter-windows")) {
    return fail(ErrorKind::usage, "--parameter-windows belongs to --document-windows");
  }
  flow::CommandSpec spec;
  TRY(std::vector<std::string> parameters, document_options::parameters_of(command, "--parameter"));
  if (everywhere) {
    TRY(spec.document, flow::parse_document_spec(*everywhere, parameters));
    if (!windows) spec.windows_document = spec.document;
  }
  if (windows) {
    TRY(std::vector<std::string> own, document_options::parameters_of(command, "--parameter-windows"));
    if (own.empty()) own = std::move(parameters);
    TRY(spec.windows_document, flow::parse_document_spec(*windows, own));
  }
  TRY_VOID(document_options::add_secrets(command, spec));
  return spec;
}

std::string describe_document(const flow::CommandSpec& spec) {
  const auto& document = spec.document;
  const auto& windows = spec.windows_document;
  const bool same = document && windows && document->name == windows->name && document->version == windows->version &&
                    document->parameters == windows->parameters;
  std::string out = document ? document_options::described(*document) : std::string();
  if (windows && !same) out += (out.empty() ? "" : "; on Windows ") + document_options::described(*windows);
  return out;
}

rt::Task<Result<flow::DocumentLook>> look_at_what_is_sent(const Command& command, adapters::AwsSession& session,
                                                          flow::CommandSpec& spec,
                                                          const std::vector<fleet::Instance>& instances,
                                                          std::size_t concurrency) {
  adapters::SsmDocuments documents(session);
  flow::LookOptions options;
  options.concurrency = concurrency;
  if (command.invocation().has("--allow-references")) options.braces = flow::Braces::meant;
  std::vector<flow::DocumentNeed> needs = flow::document_needs(instances);
  CO_TRY(flow::DocumentLook look,
         co_await flow::look_at_documents(command.ctx(), documents, spec, std::move(needs), options));
  // Of our own two scripts we know what they take.
  for (const std::string& note : look.notes) {
    if (!spec.is_script()) command.err("warning: " + note + "\n");
    if (command.ctx().explainer().wants("run")) command.ctx().explainer().explain("run", note);
  }
  std::optional<std::chrono::seconds> given;
  if (command.invocation().has("--execution-timeout")) given = spec.execution_timeout;
  flow::settle_execution_time(spec, look, given);
  co_return look;
}

}  // namespace postern::cli
