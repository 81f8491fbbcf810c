#pragma once

// Written by tools/awsgen from AWS's service model of tiny (2020-01-01); not to be edited.

/// Forward declarations, nothing else.

namespace postern::aws::tiny {

struct Broken;
struct Colour;
struct DeleteThingResponse;
struct ListThingsRequest;
struct ListThingsResponse;
struct ListThingsShape;
struct Node;
struct StartThingRequest;
struct Thing;
struct TooManyThings;
using DeleteThingRequest = Thing;
using StartThingResponse = Thing;

}  // namespace postern::aws::tiny
