#pragma once

/// What credential providers need of the world, handed to them explicitly.

#include <functional>
#include <string>

#include "aws/core/call.hpp"
#include "http/client.hpp"
#include "os/environment.hpp"
#include "os/files.hpp"
#include "os/processes.hpp"
#include "rt/context.hpp"
#include "rt/task.hpp"

namespace postern::aws::auth {

/// Asks a person for the code of an MFA device; empty function: there is nobody to ask.
using MfaPrompt =
    std::function<rt::Task<Result<std::string>>(rt::CallContext ctx, std::string serial, std::string refused)>;

/// Borrowed: all outlive the providers.
struct ProviderParts {
  ProviderParts() = default;
  const os::Environment* environment = nullptr;
  os::Files* files = nullptr;
  os::Processes* processes = nullptr;  ///< null: credential_process does not work here
  http::Client* metadata_client =
      nullptr;                 ///< must not go through a proxy; null: neither container nor instance metadata
  Invoker* invoker = nullptr;  ///< for STS
  MfaPrompt mfa_prompt;
  std::string session_name;  ///< RoleSessionName where the profile names none; make_session_name() builds one
};

/// The topic under which every decision about credentials is explained.
inline constexpr std::string_view kCredentialsTopic = "credentials";

/// A provider that has nothing to offer fails with not_found and the reason; a chain goes on to the next one. Every
/// other error means that it was meant and failed, and ends the chain.
inline tl::unexpected<Error> does_not_apply(std::string why) {
  return fail(ErrorKind::not_found, std::move(why));
}

/// An error of a provider that does apply: an answer that means not_found (a 404 from a wrong endpoint) must not send
/// the chain on to another identity.
inline Error meant(Error error) {
  return error.kind() == ErrorKind::not_found ? std::move(error).as(ErrorKind::service) : std::move(error);
}

}  // namespace postern::aws::auth
