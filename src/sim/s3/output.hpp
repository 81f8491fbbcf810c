#pragma once

/// Where agents put the output of commands: the cloud's own object store.

#include "sim/cloud.hpp"
#include "sim/s3/store.hpp"
#include "sim/ssm/output_store.hpp"

namespace postern::sim {

/// Writes with the rights of the node: its instance must have a role, and the bucket must be its account's own or have
/// a policy that lets the account in. Fails with the codes of PutObject. Cloud, store and ctx's clock outlive it.
class S3OutputStore final : public OutputStore {
 public:
  S3OutputStore(const Cloud& cloud, Store& store, rt::CallContext ctx) : cloud_(cloud), store_(store), ctx_(ctx) {}
  Result<void> put(const std::string& account, const std::string& region, const std::string& instance_id,
                   const std::string& bucket, const std::string& key, std::string body) override;

 private:
  const Cloud& cloud_;
  Store& store_;
  rt::CallContext ctx_;
};

}  // namespace postern::sim
