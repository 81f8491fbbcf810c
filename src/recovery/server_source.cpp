#include "recovery/server_source.hpp"

namespace postern::recovery {

bool is_uninitialized(const Error& error) {
  return error.aws() != nullptr && error.aws()->code == "UninitializedAccountException";
}

}  // namespace postern::recovery
