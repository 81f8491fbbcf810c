#pragma once

/// Parameter Store, the little of it that commands and fleets need: names, versions, secrets that stay secret.

#include <map>
#include <tuple>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "sim/ssm/document.hpp"

namespace postern::sim {

struct StoredParameter {
  StoredParameter() = default;
  enum class Type : std::uint8_t { string, string_list, secure_string };
  std::string name;
  Type type = Type::string;
  Secret<> value;
  std::int64_t version = 1;
  std::string data_type = "text";
  std::string allowed_pattern;
  WallTime modified;
  std::map<std::string, std::string> tags;
};

class ParameterStore {
 public:
  static constexpr std::size_t kParametersMax = 10'000;  ///< standard parameters per account and Region (AWS's quota)
  static constexpr std::size_t kValueBytesMax = 4'096;   ///< of a standard parameter

  /// Null when there is none. `name` may be an ARN of the same account and Region.
  StoredParameter* find(const std::string& account, const std::string& region, std::string_view name);
  const StoredParameter* find(const std::string& account, const std::string& region, std::string_view name) const;
  /// Adds or replaces. Fails with ParameterLimitExceeded.
  Result<const StoredParameter*> put(const std::string& account, const std::string& region, StoredParameter parameter);
  /// False when there was none.
  bool erase(const std::string& account, const std::string& region, std::string_view name);
  /// Below "/a/b", by name; `recursive` also those deeper down.
  enum class Depth : std::uint8_t { one_level, recursive };
  std::vector<const StoredParameter*> below(const std::string& account, const std::string& region,
                                            std::string_view path, Depth depth) const;

  /// The values of a command with every {{ssm:name}} replaced, as the service does before it sends. Fails with
  /// InvalidParameters for an unknown name and for a SecureString, which documents cannot use.
  Result<DocumentValues> put_in(const std::string& account, const std::string& region, DocumentValues values) const;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // account, Region, name
  std::map<Key, StoredParameter> parameters_;
};

}  // namespace postern::sim
