#include "aws/auth/process_provider.hpp"

#include "aws/auth/credential_json.hpp"
#include "base/text.hpp"
#include "base/wipe.hpp"

namespace postern::aws::auth {

rt::Task<Result<Credentials>> ProcessProvider::resolve(rt::CallContext ctx) {
  const Profile* profile = config_->profile(profile_);
  const std::string* command = profile == nullptr ? nullptr : profile->find("credential_process");
  if (command == nullptr) co_return does_not_apply("the profile has no credential_process");
  if (processes_ == nullptr) co_return fail(ErrorKind::credentials, describe() + ": no programs can be started here");
  std::vector<std::string> words = split_words(*command);
  if (words.empty()) {
    co_return fail(ErrorKind::credentials, describe() + ": the command is empty or a quote is left open");
  }
  const std::string program = words.front();
  os::ProcessSpec spec(std::move(words));
  const rt::CallContext limited = ctx.within(kTimeout);
  Result<os::ProcessResult> ran = co_await processes_->run(limited, std::move(spec));
  if (!ran) {
    if (ran.error().kind() == ErrorKind::cancelled) co_return fail(std::move(ran).error());
    co_return fail(Error(ErrorKind::credentials, describe() + ": " + printable(program, 200) + " could not be run")
                       .caused_by(std::move(ran).error()));
  }
  if (!ran->succeeded()) {
    wipe(ran->output);
    const std::string how = ran->signal != 0 ? "was killed by signal " + std::to_string(ran->signal)
                                             : "ended with status " + std::to_string(ran->exit_code);
    const std::string said(trim(ran->errors));
    co_return fail(ErrorKind::credentials, describe() + ": " + printable(program, 200) + " " + how +
                                               (said.empty() ? std::string() : ": " + printable(said, 300)));
  }
  Result<Credentials> found = parse_credential_json(ran->output, CredentialDocument::process, describe());
  wipe(ran->output);
  co_return found;
}

}  // namespace postern::aws::auth
