#pragma once

/// Values that a run needs and nobody else may read: kept as references with a digest in the ledger, put in place when
/// a command is sent, taken out of what nodes print. What holds their place until then is a mark that nobody types.

#include <map>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "flow/plan.hpp"
#include "rt/context.hpp"

namespace postern::flow {

/// The text that stands where a secret belongs, in lines and in parameters.
std::string secret_mark(std::string_view salt, std::string_view name);

/// Sixteen random bytes, hex.
std::string make_secret_salt(rt::CallContext ctx);

/// PBKDF2-HMAC-SHA-256 over the value with the run's salt, hex: the same value gives the same digest in one run only,
/// and guessing a short one takes work. It does not protect a value that is on a list of guesses.
std::string secret_digest(std::string_view salt, std::string_view value);

/// Names that are taken for secrets unless somebody says otherwise: password, passphrase, secret, token, credential,
/// api key, private key, access key; in any case, with or without _ and -.
bool sounds_secret(std::string_view name);

/// The values of a run's secrets, for as long as this process works on it.
class SecretValues {
 public:
  SecretValues() = default;
  void add(std::string name, Secret<std::string> value) { values_.insert_or_assign(std::move(name), std::move(value)); }
  /// They are not at hand: nothing can be sent, and outputs, in which they may be, are left out.
  void hide_outputs() noexcept { hidden_ = true; }

  /// The spec with every mark replaced. Usage when a value is missing, or when it has grown beyond what SSM takes.
  Result<CommandSpec> fill(CommandSpec spec) const;
  /// Occurrences of values of four bytes and more replaced by "[secret NAME]".
  void redact(std::string& text) const;

 private:
  std::map<std::string, Secret<std::string>, std::less<>> values_;
  bool hidden_ = false;
};

/// A line of sh, and one of PowerShell, with which a node reads a parameter of the Parameter Store itself and exports
/// it as a variable: the value is in no command, and the node's own role decides. Needs the AWS CLI, or AWS Tools for
/// PowerShell, on the node.
std::string read_parameter_for_sh(std::string_view variable, std::string_view parameter);
std::string read_parameter_for_powershell(std::string_view variable, std::string_view parameter);

/// Replaces the lines that set `variable` to its mark.
void replace_secret_lines(CommandSpec& spec, std::string_view variable, const std::string& sh,
                          const std::string& powershell);

}  // namespace postern::flow
