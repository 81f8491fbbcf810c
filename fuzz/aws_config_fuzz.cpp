// ~/.aws/config, word splitting and the JSON of credential helpers. What a file yields must point into the file.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "aws/auth/config_file.hpp"
#include "aws/auth/credential_json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::aws::auth;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  if (const auto file = parse_ini(text, "config")) {
    for (const IniSection& section : file->sections) {
      if (section.line < 1 || section.line > lines || section.name.empty()) std::abort();
      for (const auto& [key, value] : section.values) {
        if (key.empty() || value.line() <= section.line || value.line() > lines) std::abort();
        if (section.find(key) != &value) std::abort();
      }
      split_words(section.name);
    }
  }
  for (const CredentialDocument kind : {CredentialDocument::process, CredentialDocument::metadata}) {
    const auto found = parse_credential_json(text, kind, "fuzz");
    if (found && (found->access_key_id.empty() || found->secret_access_key.empty())) std::abort();
  }
  return 0;
}
