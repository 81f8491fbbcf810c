#include "aws/auth/shared_config.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/wipe.hpp"

namespace postern::aws::auth {

namespace {

Result<std::string> read_or_nothing(os::Files& files, const std::string& path) {
  Result<std::string> text = files.read(path, kConfigFileBytesMax);
  if (!text && text.error().kind() == ErrorKind::not_found) return std::string();
  return text;
}

bool is_variable_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

const IniValue* Profile::value(std::string_view key) const noexcept {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : found->second.value;
}

const std::string* Profile::find(std::string_view key) const noexcept {
  const IniValue* found = value(key);
  return found == nullptr ? nullptr : &found->text();
}

std::string expand_path(const os::Environment& environment, std::string_view path) {
  std::string out;
  std::size_t i = 0;
  if (path == "~" || path.starts_with("~/")) {
    out = environment.home_dir();
    i = 1;
  }
  while (i < path.size()) {
    if (path[i] != '$') {
      out += path[i++];
      continue;
    }
    const bool braces = i + 1 < path.size() && path[i + 1] == '{';
    const std::size_t start = i + (braces ? 2U : 1U);
    std::size_t end = start;
    while (end < path.size() && is_variable_char(path[end])) ++end;
    const bool complete = end > start && (!braces || (end < path.size() && path[end] == '}'));
    const auto value = complete ? environment.get(path.substr(start, end - start)) : std::nullopt;
    const std::size_t next = complete ? end + (braces ? 1U : 0U) : i + 1;
    out.append(value ? std::string_view(*value) : path.substr(i, next - i));
    i = next;
  }
  return out;
}

Result<std::shared_ptr<const SharedConfig>> SharedConfig::load(const os::Environment& environment, os::Files& files) {
  const auto path_of = [&environment](std::string_view variable, std::string_view standard) {
    const auto set = environment.get(variable);
    return expand_path(environment, set && !set->empty() ? std::string_view(*set) : standard);
  };
  const std::string config_path = path_of("AWS_CONFIG_FILE", "~/.aws/config");
  const std::string credentials_path = path_of("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
  TRY(std::string config, read_or_nothing(files, config_path));
  TRY(std::string credentials, read_or_nothing(files, credentials_path));
  auto parsed = parse(config, config_path, credentials, credentials_path);
  wipe(config);
  wipe(credentials);
  return parsed;
}

Result<std::shared_ptr<const SharedConfig>> SharedConfig::parse(std::string_view config_text, std::string config_path,
                                                                std::string_view credentials_text,
                                                                std::string credentials_path) {
  auto shared = std::make_shared<SharedConfig>();
  TRY(shared->config_, parse_ini(config_text, std::move(config_path)));
  TRY(shared->credentials_, parse_ini(credentials_text, std::move(credentials_path)));
  shared->index();
  return std::shared_ptr<const SharedConfig>(std::move(shared));
}

void SharedConfig::index() {
  for (const IniSection& section : config_.sections) {
    if (section.name == "default") {
      config_profiles_.emplace("default", &section);
      continue;
    }
    const std::vector<std::string> words = split_words(section.name);
    if (words.size() != 2) continue;
    if (words[0] == "profile") config_profiles_.insert_or_assign(words[1], &section);
    if (words[0] == "sso-session") sso_sessions_.insert_or_assign(words[1], &section);
    if (words[0] == "services") services_.insert_or_assign(words[1], &section);
  }
  const auto overlay = [this](const std::string& name, const IniSection& section) {
    Profile& profile = profiles_.try_emplace(name, name).first->second;
    for (const auto& [key, value] : section.values) profile.values_[key].value = &value;
  };
  for (const auto& [name, section] : config_profiles_) overlay(name, *section);
  for (const IniSection& section : credentials_.sections) overlay(section.name, section);
}

const Profile* SharedConfig::profile(std::string_view name) const noexcept {
  const auto found = profiles_.find(name);
  return found == profiles_.end() ? nullptr : &found->second;
}

Result<const Profile*> SharedConfig::require_profile(std::string_view name) const {
  if (const Profile* found = profile(name)) return found;
  std::vector<std::string_view> names;
  for (const auto& [known, ignored] : profiles_) names.push_back(known);
  const std::string_view near = nearest(name, names);
  std::string text =
      "the profile '" + printable(name, 80) + "' is neither in " + config_.path + " nor in " + credentials_.path;
  if (!near.empty()) text += ": did you mean " + std::string(near) + "?";
  return fail(ErrorKind::credentials, std::move(text));
}

const IniSection* SharedConfig::in_credentials_file(std::string_view name) const noexcept {
  return credentials_.find(name);
}

const IniSection* SharedConfig::in_config_file(std::string_view name) const noexcept {
  const auto found = config_profiles_.find(name);
  return found == config_profiles_.end() ? nullptr : found->second;
}

const IniSection* SharedConfig::services(std::string_view name) const noexcept {
  const auto found = services_.find(name);
  return found == services_.end() ? nullptr : found->second;
}

const IniSection* SharedConfig::sso_session(std::string_view name) const noexcept {
  const auto found = sso_sessions_.find(name);
  return found == sso_sessions_.end() ? nullptr : found->second;
}

std::vector<std::string> SharedConfig::profile_names() const {
  std::vector<std::string> names;
  for (const auto& [name, ignored] : profiles_) names.push_back(name);
  return names;
}

}  // namespace postern::aws::auth
