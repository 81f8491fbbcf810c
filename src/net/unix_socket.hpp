#pragma once

/// Unix domain sockets: a server that only this host's users can reach, by the rights of a file.

#include <memory>
#include <string>

#include "net/stream.hpp"

namespace postern::net {

/// Listens at a path that does not exist yet; close() and the destructor remove it. Only this user may connect (mode
/// 0600). local() has the path as its host. Fails with usage when the path is too long for a socket (107 bytes),
/// conflict when something is there already, unavailable for the rest.
Result<std::unique_ptr<Listener>> listen_unix(rt::Executor executor, const std::string& path);

}  // namespace postern::net
