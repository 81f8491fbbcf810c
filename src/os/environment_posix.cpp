#include <pwd.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>

#include "os/environment.hpp"

extern char** environ;

namespace postern::os {
namespace {

struct Account {
  std::string name;
  std::string home;
};

Account find_account() {
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  Account account;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    account.name = found->pw_name;
    account.home = found->pw_dir;
  }
  return account;
}

class PosixEnvironment final : public Environment {
 public:
  PosixEnvironment() {
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
      const std::string_view text(*entry);
      const std::size_t equals = text.find('=');
      // Of duplicates the first counts, as for getenv.
      if (equals != std::string_view::npos)
        variables_.try_emplace(std::string(text.substr(0, equals)), text.substr(equals + 1));
    }
    Account account = find_account();
    home_ = get("HOME").value_or("");
    if (home_.empty()) home_ = account.home;
    while (home_.size() > 1 && home_.ends_with('/')) home_.pop_back();
    user_ = account.name.empty() ? std::to_string(::geteuid()) : account.name;
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0) host_ = host.data();
  }

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
  std::string home_;
  std::string user_;
  std::string host_;
};

}  // namespace

std::unique_ptr<Environment> make_posix_environment() {
  return std::make_unique<PosixEnvironment>();
}

}  // namespace postern::os
