#pragma once

/// A VPC endpoint's policy, judged: whom it keeps out who has to come through, and whom it lets through who has not.

#include <string>
#include <vector>

#include "access/endpoint_facts.hpp"

namespace postern::access {

struct PolicyVerdict {
  PolicyVerdict() = default;
  bool open = false;                   ///< identities of another account come through, or get at another's buckets
  std::vector<std::string> forbidden;  ///< actions, or buckets of AWS's, that nodes need and that it forbids
  bool unsure = false;                 ///< it asks for what is not known here: the role, its tags, the organisation
  std::string unread;                  ///< why it could not be judged at all
};

/// `replication`: DRS's buckets are needed too.
PolicyVerdict judge_policy(const NetworkFacts& place, const VpcFacts& vpc, const EndpointFacts& endpoint,
                           bool replication);

}  // namespace postern::access
