#include "os/errno_error.hpp"

#include <cerrno>
#include <system_error>

namespace postern::os {
namespace {

ErrorKind kind_of(int code) {
  switch (code) {
    case ENOENT:
      return ErrorKind::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::denied;
    case EEXIST:
    case ENOTEMPTY:
    case EBUSY:
    case ETXTBSY:
    case EAGAIN:
      return ErrorKind::conflict;
    case EISDIR:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case EINVAL:
    case ENOEXEC:
    case E2BIG:
      return ErrorKind::usage;
    case EPIPE:
    case ECONNRESET:
      return ErrorKind::unavailable;
    case ECANCELED:
      return ErrorKind::cancelled;
    default:
      return ErrorKind::internal;
  }
}

}  // namespace

Error errno_error(int code, std::string_view what) {
  return Error(kind_of(code), "cannot " + std::string(what) + ": " + std::generic_category().message(code));
}

Error errno_error(int code, std::string_view what, const std::string& path) {
  return errno_error(code, what).with("path", path);
}

}  // namespace postern::os
