#pragma once

/// Policies of VPC endpoints.

#include <string>
#include <string_view>
#include <vector>

#include "access/copies.hpp"
#include "cfn/value.hpp"

namespace postern::access {

/// A condition of the template: no organisation was given.
inline constexpr std::string_view kHasAccountOnly = "HasAccountOnly";

/// The statement of s3_policy() about own buckets: a policy that has it is one of ours, or was made from one.
inline constexpr std::string_view kOwnBuckets = "OwnBuckets";

/// Identities of the organisation, else of the account, and nobody else.
cfn::Value own_identities_policy();
/// Of the gateway to S3: AWS's buckets that agents (and installers of DRS) read, own buckets, and the places of copies
/// for what the hub has signed: neither the hub nor its bucket need be of the account.
cfn::Value s3_policy(bool replication, const Copies& copies);

}  // namespace postern::access
