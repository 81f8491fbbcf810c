// Written by tools/awsgen from AWS's service model of tiny (2020-01-01); not to be edited.

#include "aws/tiny/server.hpp"

namespace postern::aws::tiny {

rt::Task<Result<DeleteThingResponse>> Handler::delete_thing(server::CallInfo, DeleteThingRequest) {
  return server::not_offered<DeleteThingResponse>(DeleteThing::spec());
}

rt::Task<Result<ListThingsResponse>> Handler::list_things(server::CallInfo, ListThingsRequest) {
  return server::not_offered<ListThingsResponse>(ListThings::spec());
}

rt::Task<Result<StartThingResponse>> Handler::start_thing(server::CallInfo, StartThingRequest) {
  return server::not_offered<StartThingResponse>(StartThing::spec());
}

server::Binding bind(Handler& handler) {
  static const server::Entry kEntries[] = {
      {&DeleteThing::spec(), &server::invoke_method<DeleteThing, Handler, &Handler::delete_thing>},
      {&ListThings::spec(), &server::invoke_method<ListThings, Handler, &Handler::list_things>},
      {&StartThing::spec(), &server::invoke_method<StartThing, Handler, &Handler::start_thing>},
  };
  return server::Binding(service(), &handler, kEntries);
}

}  // namespace postern::aws::tiny
