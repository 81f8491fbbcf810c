#pragma once

#include <map>
#include <string>
#include <utility>

#include "os/environment.hpp"

namespace postern::world {

/// Variables that a test sets; "operator" on "laptop" with /home/operator unless told otherwise.
class MapEnvironment final : public os::Environment {
 public:
  void set(std::string name, std::string value) { variables_.insert_or_assign(std::move(name), std::move(value)); }
  void unset(std::string_view name) {
    const auto at = variables_.find(name);
    if (at != variables_.end()) variables_.erase(at);
  }
  void set_home_dir(std::string path) { home_ = std::move(path); }
  void set_user_name(std::string name) { user_ = std::move(name); }
  void set_host_name(std::string name) { host_ = std::move(name); }

  std::optional<std::string> get(std::string_view name) const override {
    const auto at = variables_.find(name);
    if (at == variables_.end()) return std::nullopt;
    return at->second;
  }
  std::vector<std::pair<std::string, std::string>> all() const override {
    return {variables_.begin(), variables_.end()};
  }
  std::string home_dir() const override { return home_; }
  std::string user_name() const override { return user_; }
  std::string host_name() const override { return host_; }

 private:
  std::map<std::string, std::string, std::less<>> variables_;
  std::string home_ = "/home/operator";
  std::string user_ = "operator";
  std::string host_ = "laptop";
};

}  // namespace postern::world
