#pragma once

/// What a config says of documents and buckets, put where the services keep them.

#include "sim/config.hpp"
#include "sim/s3/store.hpp"
#include "sim/ssm/document_store.hpp"

namespace postern::sim {

/// Errors: usage, with the name of what is wrong.
Result<void> add_configured_documents(const CloudConfig& config, WallTime now, DocumentStore& documents);
Result<void> add_configured_buckets(const CloudConfig& config, WallTime now, Store& store);
/// Whether both will succeed. `config` names its Regions.
Result<void> check_configured_stores(const CloudConfig& config, WallTime now);

}  // namespace postern::sim
