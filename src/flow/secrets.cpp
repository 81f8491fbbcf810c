#include "flow/secrets.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "flow/script.hpp"
#include "rt/random_hex.hpp"

namespace postern::flow {
namespace secrets {

constexpr int kRounds = 100'000;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kRedactedMin = 4;  // shorter ones are everywhere in any output
constexpr std::string_view kHidden = "[left out: the secrets of this run are not at hand]";

void replace_in(std::vector<std::string>& lines, const std::string& from, const std::string& to) {
  for (std::string& line : lines) {
    if (line == from) line = to;
  }
}

void replace_in(std::optional<DocumentSpec>& document, const std::string& mark, const std::string& value) {
  if (!document) return;
  for (auto& [name, values] : document->parameters) replace_in(values, mark, value);
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace secrets

std::string secret_mark(std::string_view salt, std::string_view name) {
  return "postern-secret-" + std::string(salt) + "-" + std::string(name);
}

std::string make_secret_salt(rt::CallContext ctx) {
  return rt::random_hex(ctx.random(), secrets::kSaltBytes);
}

std::string secret_digest(std::string_view salt, std::string_view value) {
  std::array<std::uint8_t, 32> digest{};
  const auto* salt_bytes = reinterpret_cast<const unsigned char*>(salt.data());
  const int done =
      PKCS5_PBKDF2_HMAC(value.data(), static_cast<int>(value.size()), salt_bytes, static_cast<int>(salt.size()),
                        secrets::kRounds, EVP_sha256(), static_cast<int>(digest.size()), digest.data());
  CHECK(done == 1);
  return to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

bool sounds_secret(std::string_view name) {
  std::string plain = to_lower(name);
  std::erase_if(plain, [](char c) { return c == '_' || c == '-' || c == '.'; });
  for (const std::string_view word :
       {"password", "passwd", "passphrase", "secret", "token", "credential", "apikey", "privatekey", "accesskey"}) {
    if (plain.find(word) != std::string::npos) return true;
  }
  return false;
}

Result<CommandSpec> SecretValues::fill(CommandSpec spec) const {
  for (const SecretUse& use : spec.secrets) {
    const auto found = values_.find(use.name);
    if (found == values_.end()) {
      return fail(Error(ErrorKind::usage, "the secret " + use.name + " is not at hand").delivered(Delivery::not_sent));
    }
    const std::string& value = found->second.reveal();
    const std::string mark = secret_mark(spec.secret_salt, use.name);
    replace_secret_lines(spec, use.name, export_for_sh(EnvVariable(use.name, value)),
                         export_for_powershell(EnvVariable(use.name, value)));
    secrets::replace_in(spec.document, mark, value);
    secrets::replace_in(spec.windows_document, mark, value);
  }
  for (const Shell shell : {Shell::sh, Shell::powershell}) {
    if (encoded_size(spec.lines(shell)) <= kScriptBytesMax) continue;
    return fail(Error(ErrorKind::usage, "with its secrets the command is larger than the " +
                                            std::to_string(kScriptBytesMax) + " bytes that Systems Manager takes")
                    .delivered(Delivery::not_sent));
  }
  return spec;
}

void SecretValues::redact(std::string& text) const {
  if (hidden_) {
    if (!text.empty()) text = secrets::kHidden;
    return;
  }
  for (const auto& [name, value] : values_) {
    if (value.reveal().size() < secrets::kRedactedMin) continue;
    secrets::replace_all(text, value.reveal(), "[secret " + name + "]");
  }
}

std::string read_parameter_for_sh(std::string_view variable, std::string_view parameter) {
  const std::string name(variable);
  const std::string where = quote_for_sh(parameter);
  return name + "=$(aws ssm get-parameter ${AWS_SSM_REGION_NAME:+--region \"$AWS_SSM_REGION_NAME\"} --name " + where +
         " --with-decryption --query Parameter.Value --output text) || { echo " +
         quote_for_sh("postern: this node could not read the parameter " + std::string(parameter)) +
         " >&2; exit 1; }; export " + name;
}

std::string read_parameter_for_powershell(std::string_view variable, std::string_view parameter) {
  return "$env:" + std::string(variable) + " = (Get-SSMParameter -Name " + quote_for_powershell(parameter) +
         " -WithDecryption $true -ErrorAction Stop).Value";
}

void replace_secret_lines(CommandSpec& spec, std::string_view variable, const std::string& sh,
                          const std::string& powershell) {
  const EnvVariable marked(std::string(variable), secret_mark(spec.secret_salt, variable));
  secrets::replace_in(spec.sh_lines, export_for_sh(marked), sh);
  secrets::replace_in(spec.powershell_lines, export_for_powershell(marked), powershell);
}

}  // namespace postern::flow
