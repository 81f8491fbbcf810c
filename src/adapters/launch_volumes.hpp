#pragma once

/// The volumes of recovery instances: what a cleanup may leave behind.

#include <map>
#include <string>
#include <vector>

#include "adapters/aws_session.hpp"

namespace postern::adapters {

struct VolumeLeft {
  VolumeLeft() = default;
  std::string id;
  std::string state;  ///< "available", "in-use"
};

class LaunchVolumes {
 public:
  explicit LaunchVolumes(AwsSession& session) : session_(session) {}
  /// The ids of the volumes that are attached to these instances, by instance.
  rt::Task<Result<std::map<std::string, std::vector<std::string>>>> attached_to(rt::CallContext ctx,
                                                                                fleet::ScopePtr site,
                                                                                std::vector<std::string> instances);
  /// Those of these volumes that are still there.
  rt::Task<Result<std::vector<VolumeLeft>>> left_of(rt::CallContext ctx, fleet::ScopePtr site,
                                                    std::vector<std::string> volumes);

 private:
  AwsSession& session_;
};

}  // namespace postern::adapters
