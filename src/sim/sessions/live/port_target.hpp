#pragma once

/// Where the connections of a port session go. Private to the live sessions.

#include "sim/sessions/live/session_work.hpp"

namespace postern::sim::live {

/// A connection to the port. Fails with refused when it would lead to an address that forwards may not reach, else as
/// the dialer does.
rt::Task<Result<std::unique_ptr<net::Stream>>> dial_port(const WorkParts& parts);
/// "Forwarding to IP address 169.254.169.254 is forbidden."
std::string forbidden_text(std::string_view host);

}  // namespace postern::sim::live
