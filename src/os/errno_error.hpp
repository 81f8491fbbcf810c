#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern::os {

/// A system call's errno as an Error: "cannot open: Permission denied". `what` completes "cannot ...".
Error errno_error(int code, std::string_view what);
/// The same with context path=...
Error errno_error(int code, std::string_view what, const std::string& path);

}  // namespace postern::os
