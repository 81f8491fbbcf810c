#pragma once

// Written by tools/awsgen from AWS's service model of tiny (2020-01-01); not to be edited.

/// One tag per operation: `co_await aws::call<Tag>(...)`.

#include <span>

#include "aws/core/spec.hpp"
#include "aws/tiny/types.hpp"

namespace postern::aws::tiny {

const aws::ServiceSpec& service();
/// Every operation of the selection, by name.
std::span<const aws::OperationSpec* const> operations();

/// A second delete finds nothing.
struct DeleteThing {
  using Request = DeleteThingRequest;
  using Response = DeleteThingResponse;
  static const aws::OperationSpec& spec();
};
struct ListThings {
  using Request = ListThingsRequest;
  using Response = ListThingsResponse;
  static const aws::OperationSpec& spec();
};
struct StartThing {
  using Request = StartThingRequest;
  using Response = StartThingResponse;
  static const aws::OperationSpec& spec();
};

}  // namespace postern::aws::tiny
