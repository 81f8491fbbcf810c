#pragma once

// Written by tools/awsgen from AWS's service model of tiny (2020-01-01); not to be edited.

#include "aws/core/server.hpp"
#include "aws/tiny/ops.hpp"

namespace postern::aws::tiny {

/// One virtual per operation. What is not overridden answers that this server does not offer it.
/// Requests arrive decoded and checked against the model; errors with an AwsFault go to the caller as they are,
/// all others as InternalFailure.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual rt::Task<Result<DeleteThingResponse>> delete_thing(server::CallInfo info, DeleteThingRequest request);
  virtual rt::Task<Result<ListThingsResponse>> list_things(server::CallInfo info, ListThingsRequest request);
  virtual rt::Task<Result<StartThingResponse>> start_thing(server::CallInfo info, StartThingRequest request);
};

/// Every operation with the way to its handler method. `handler` must outlive the binding.
server::Binding bind(Handler& handler);

}  // namespace postern::aws::tiny
