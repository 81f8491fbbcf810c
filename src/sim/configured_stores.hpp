#pragma once

/// What a config says of documents, buckets and keys, put where the services keep them.

#include "sim/config.hpp"
#include "sim/kms/key_store.hpp"
#include "sim/s3/store.hpp"
#include "sim/ssm/document_store.hpp"

namespace postern::sim {

/// Errors: usage, with the name of what is wrong.
Result<void> add_configured_documents(const CloudConfig& config, WallTime now, DocumentStore& documents);
Result<void> add_configured_buckets(const CloudConfig& config, WallTime now, Store& store);
Result<void> add_configured_keys(const CloudConfig& config, WallTime now, KeyStore& keys);
/// Whether all will succeed. `config` names its Regions.
Result<void> check_configured_stores(const CloudConfig& config, WallTime now);

}  // namespace postern::sim
