#pragma once

/// What changed between looks, without flapping: a worse state counts when two looks in a row saw it, a better one when
/// three did. Pure.

#include <cstdint>
#include <map>
#include <string>

#include "recovery/health.hpp"

namespace postern::recovery {

struct Transition {
  Transition() = default;
  Replication from = Replication::unknown;
  Replication to = Replication::unknown;
};

class Transitions {
 public:
  /// What the look says of a server, by a key that is its own. The first look of a server is where it begins.
  std::optional<Transition> see(const std::string& key, Replication now);

 private:
  struct Seen {
    Seen() = default;
    Replication told = Replication::unknown;
    Replication next = Replication::unknown;
    std::uint32_t times = 0;
  };
  std::map<std::string, Seen, std::less<>> seen_;
};

}  // namespace postern::recovery
