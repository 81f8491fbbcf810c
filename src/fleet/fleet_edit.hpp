#pragma once

/// Changing a fleet file that people wrote: the one place is changed, everything else - comments, order, quotes - stays
/// as it is. Text in, text out; the result is read again before it is returned, and must mean what was asked for and
/// nothing else.

#include <string>
#include <string_view>

#include "fleet/fleet_file.hpp"

namespace postern::fleet {

/// The file with this ExternalId at the account, whether it had one or not. Errors: not_found when the account is not
/// in the file; usage when the file is wrong, or so written that only a person can change it (an alias, for one).
Result<std::string> with_external_id(std::string_view text, const std::string& name, const AccountId& account,
                                     std::string_view external_id);

/// The file with the account after the last. Errors: conflict when its id or name is there already; usage as above.
Result<std::string> with_account(std::string_view text, const std::string& name, const Account& account);

/// The file without the account. Errors as of with_external_id().
Result<std::string> without_account(std::string_view text, const std::string& name, const AccountId& account);

}  // namespace postern::fleet
