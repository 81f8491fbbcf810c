"""server.hpp and server.cpp: the typed server half, which the simulated cloud implements."""

from emit_types import banner, close_namespace, open_namespace
from names import method_name


def _answer(service, operation):
    """The method's result and parameters."""
    name = operation.name
    if service.plain_handlers:
        return f"Result<{name}Response>", ("const server::CallInfo&", f"const {name}Request&")
    return f"rt::Task<Result<{name}Response>>", ("server::CallInfo", f"{name}Request")


def emit_server(service):
    out = ["#pragma once\n\n", banner(service), "\n", '#include "aws/core/server.hpp"\n', f'#include "aws/{service.id}/ops.hpp"\n',
           "\n", open_namespace(service), "\n",
           "/// One virtual per operation. What is not overridden answers that this server does not offer it.\n",
           "/// Requests arrive decoded and checked against the model; errors with an AwsFault go to the caller as they are,\n",
           "/// all others as InternalFailure.\n",
           "class Handler {\n", " public:\n", "  virtual ~Handler() = default;\n"]
    for operation in service.operations:
        result, (info, request) = _answer(service, operation)
        out.append(f"  virtual {result} {method_name(operation.name)}({info} info, {request} request);\n")
    out += ["};\n\n", "/// Every operation with the way to its handler method. `handler` must outlive the binding.\n",
            "server::Binding bind(Handler& handler);\n"]
    return "".join(out + ["\n", close_namespace(service)])


def emit_server_source(service):
    out = [banner(service), "\n", f'#include "aws/{service.id}/server.hpp"\n', "\n", open_namespace(service), "\n"]
    for operation in service.operations:
        name = operation.name
        result, (info, request) = _answer(service, operation)
        body = (f"return fail(server::not_offered_error({name}::spec()))" if service.plain_handlers
                else f"return server::not_offered<{name}Response>({name}::spec())")
        out.append(f"{result} Handler::{method_name(name)}({info}, {request}) {{\n  {body};\n}}\n\n")
    out.append("server::Binding bind(Handler& handler) {\n  static const server::Entry kEntries[] = {\n")
    thunk = "invoke_plain" if service.plain_handlers else "invoke_method"
    out += [f"      {{&{o.name}::spec(), &server::{thunk}<{o.name}, Handler, &Handler::{method_name(o.name)}>}},\n"
            for o in service.operations]
    out.append("  };\n  return server::Binding(service(), &handler, kEntries);\n}\n")
    return "".join(out + ["\n", close_namespace(service)])
