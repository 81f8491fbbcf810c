#pragma once

/// A VPC endpoint's policy, judged: whom it keeps out who has to come through, and whom it lets through who has not.

#include <string>
#include <vector>

#include "access/copies.hpp"
#include "access/endpoint_facts.hpp"

namespace postern::access {

struct PolicyVerdict {
  PolicyVerdict() = default;
  bool open = false;                   ///< identities of another account come through, or get at another's buckets
  std::vector<std::string> forbidden;  ///< actions, or buckets of AWS's, that nodes need and that it forbids
  bool unsure = false;                 ///< it asks for what is not known here: the role, its tags, the organisation
  std::string unread;                  ///< why it could not be judged at all
};

struct CopiesVerdict {
  CopiesVerdict() = default;
  std::vector<std::string> forbidden;  ///< places that nodes cannot put into, or fetch from
  bool unsure = false;                 ///< as in PolicyVerdict
};

/// `replication`: DRS's buckets are needed too.
PolicyVerdict judge_policy(const NetworkFacts& place, const VpcFacts& vpc, const EndpointFacts& endpoint,
                           bool replication);
/// Whether an endpoint of S3's lets through what nodes do in places for copies by the hub's signature. Whose the bucket
/// is cannot be known: it passes when it does for the hub's, the VPC's or an account that the policy names. A policy
/// that cannot be judged forbids nothing here.
CopiesVerdict judge_copies(const NetworkFacts& place, const VpcFacts& vpc, const EndpointFacts& endpoint,
                           const Copies& copies);

}  // namespace postern::access
