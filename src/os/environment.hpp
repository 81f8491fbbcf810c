#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern::os {

/// Environment variables and who and where we are.
class Environment {
 public:
  virtual ~Environment() = default;
  /// The variable's value; absent when it is not set (set to nothing is an empty value).
  virtual std::optional<std::string> get(std::string_view name) const = 0;
  /// All variables, sorted by name.
  virtual std::vector<std::pair<std::string, std::string>> all() const = 0;
  /// The user's home folder without a trailing slash; empty when nobody knows.
  virtual std::string home_dir() const = 0;
  /// Login name, or the user's number when it has no name.
  virtual std::string user_name() const = 0;
  virtual std::string host_name() const = 0;
};

/// This process's environment, as it was when this was called.
std::unique_ptr<Environment> make_posix_environment();

}  // namespace postern::os
