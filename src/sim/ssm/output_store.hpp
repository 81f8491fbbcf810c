#pragma once

#include <string>

#include "base/error.hpp"

namespace postern::sim {

/// Where agents put a command's full output: the cloud's S3, seen from a node.
class OutputStore {
 public:
  virtual ~OutputStore() = default;
  /// Writes an object with the rights of the node's role in `account`. What it fails with goes nowhere: a command does
  /// not fail because its output could not be kept.
  virtual Result<void> put(const std::string& account, const std::string& region, const std::string& instance_id,
                           const std::string& bucket, const std::string& key, std::string body) = 0;
};

/// "PREFIX/COMMAND/INSTANCE/awsrunShellScript/0.awsrunShellScript/stdout": where the agent puts a step's stream.
std::string output_key(const std::string& prefix, const std::string& command_id, const std::string& instance_id,
                       const std::string& action, const std::string& step, const std::string& stream);

}  // namespace postern::sim
