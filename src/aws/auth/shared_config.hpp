#pragma once

/// ~/.aws/config and ~/.aws/credentials together: profiles, [sso-session x] and [services x].

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/auth/config_file.hpp"
#include "base/error.hpp"
#include "os/environment.hpp"
#include "os/files.hpp"

namespace postern::aws::auth {

/// A profile: the keys of its section in the config file, overlaid with those of the credentials file.
class Profile {
 public:
  explicit Profile(std::string name) : name_(std::move(name)) {}
  const std::string& name() const noexcept { return name_; }
  /// The value, or null. An empty value counts as there.
  const std::string* find(std::string_view key) const noexcept;
  const IniValue* value(std::string_view key) const noexcept;
  bool has(std::string_view key) const noexcept { return value(key) != nullptr; }

 private:
  friend class SharedConfig;
  struct Found {
    Found() = default;
    const IniValue* value = nullptr;  // in one of SharedConfig's files
  };
  std::string name_;
  std::map<std::string, Found, std::less<>> values_;
};

/// Immutable once loaded; hand it on as shared_ptr<const SharedConfig>: the providers made from it own it together.
class SharedConfig {
 public:
  SharedConfig() = default;
  SharedConfig(const SharedConfig&) = delete;  // profiles point into the files
  SharedConfig& operator=(const SharedConfig&) = delete;

  /// Reads both files (AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE move them; "~" and $VARIABLES are expanded). A
  /// file that does not exist is empty. Errors: usage with path:line, denied when a file cannot be read.
  static Result<std::shared_ptr<const SharedConfig>> load(const os::Environment& environment, os::Files& files);
  static Result<std::shared_ptr<const SharedConfig>> parse(std::string_view config_text, std::string config_path,
                                                           std::string_view credentials_text,
                                                           std::string credentials_path);

  /// Null when neither file has it.
  const Profile* profile(std::string_view name) const noexcept;
  /// As profile(), or a credentials error that names both files and the nearest profile.
  Result<const Profile*> require_profile(std::string_view name) const;
  /// The profile's section of one file alone: the providers of keys look at them one by one.
  const IniSection* in_credentials_file(std::string_view name) const noexcept;
  const IniSection* in_config_file(std::string_view name) const noexcept;
  const IniSection* services(std::string_view name) const noexcept;
  const IniSection* sso_session(std::string_view name) const noexcept;
  std::vector<std::string> profile_names() const;
  const std::string& config_path() const noexcept { return config_.path; }
  const std::string& credentials_path() const noexcept { return credentials_.path; }

 private:
  void index();

  IniFile config_;
  IniFile credentials_;
  std::map<std::string, Profile, std::less<>> profiles_;
  std::map<std::string, const IniSection*, std::less<>> config_profiles_;
  std::map<std::string, const IniSection*, std::less<>> services_;
  std::map<std::string, const IniSection*, std::less<>> sso_sessions_;
};

/// "~/x" and "$HOME/x", as Python's expanduser and expandvars; a variable that is not set stays as it is written.
std::string expand_path(const os::Environment& environment, std::string_view path);

}  // namespace postern::aws::auth
