#pragma once

/// What an account keeps in a Region beside its network: launch templates, key pairs, and the tokens that make calls
/// idempotent.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "aws/ec2/types.hpp"

namespace postern::sim::ec2 {

struct TemplateRecord {
  TemplateRecord() = default;
  aws::ec2::LaunchTemplate shape;
  std::map<std::int64_t, aws::ec2::LaunchTemplateVersion> versions;
};

/// What a ClientToken has led to.
struct TokenUse {
  TokenUse() = default;
  std::string digest;            ///< of the parameters it came with
  std::vector<std::string> ids;  ///< what was made
};

struct Catalog {
  Catalog() = default;
  std::map<std::string, TemplateRecord, std::less<>> templates;         ///< by id
  std::map<std::string, aws::ec2::KeyPairInfo, std::less<>> key_pairs;  ///< by name
  /// Of volumes and interfaces, which follow from their instance and have no record of their own; by id.
  std::map<std::string, std::map<std::string, std::string>, std::less<>> part_tags;
  std::map<std::string, TokenUse, std::less<>> tokens;  ///< by operation and token
};

}  // namespace postern::sim::ec2
