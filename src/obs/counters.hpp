#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "obs/log.hpp"

namespace postern::obs {

/// Named counts of one command, shown with -vv. Ordered, so that they print the same every time.
class Counters {
 public:
  void add(std::string_view name, std::int64_t by = 1) {
    const auto found = counts_.find(name);
    if (found == counts_.end()) {
      counts_.emplace(std::string(name), by);
    } else {
      found->second += by;
    }
  }
  const std::map<std::string, std::int64_t, std::less<>>& all() const noexcept { return counts_; }
  /// As fields of one event; they name texts of this object.
  LogFields fields() const {
    LogFields fields;
    for (const auto& [name, count] : counts_) fields.emplace_back(std::string_view(name), count);
    return fields;
  }

 private:
  std::map<std::string, std::int64_t, std::less<>> counts_;
};

}  // namespace postern::obs
