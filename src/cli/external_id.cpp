#include "cli/external_id.hpp"

#include "rt/random_hex.hpp"

namespace postern::cli {

std::string new_external_id(rt::Random& random) {
  return rt::random_hex(random, 16);
}

}  // namespace postern::cli
