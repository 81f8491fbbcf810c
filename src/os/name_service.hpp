#pragma once

namespace postern::os {

/// Called first in main. Of a program that has the C library inside (docs/adr/0016): names are looked up in /etc/hosts
/// and by DNS, users in /etc/passwd, whatever nsswitch.conf says, for the host's plug-ins of the name service need the
/// host's C library and may not be loaded beside ours. Does nothing in a program that uses the host's.
void use_own_name_service() noexcept;

}  // namespace postern::os
