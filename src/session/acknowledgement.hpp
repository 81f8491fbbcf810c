#pragma once

/// The payload of `acknowledge` (protocol.md B1.3). Every message has one, so that it is worth being quick.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::session {

/// `type` is that of the acknowledged message, `id` its UUID.
std::string write_acknowledgement_of(std::string_view type, std::string_view id, std::int64_t sequence);
/// The number alone says which: ids and the name of the type are not looked at by anybody. Absent: no acknowledgement.
std::optional<std::int64_t> read_acknowledgement(std::string_view payload);

}  // namespace postern::session
