#pragma once

/// What a command printed beyond what Systems Manager answers with, from where the node wrote it: a bucket or a log
/// group.

#include "adapters/aws_session.hpp"
#include "flow/plan.hpp"
#include "rt/sync.hpp"

namespace postern::adapters {

/// More of one stream of one target is not read: it is said then.
inline constexpr std::size_t kWholeOutputMax = 1U << 20U;

/// One stream (stdout or stderr) of one target.
struct OutputStream {
  OutputStream() = default;
  std::string command_id;
  std::string instance_id;
  std::string name;    ///< "stdout", "stderr"
  std::string plugin;  ///< "aws:runShellScript"
  std::string url;     ///< StandardOutputUrl as Systems Manager has it; may be empty
  std::string kept;    ///< what Systems Manager kept of it, with its mark
};

struct WholeText {
  WholeText() = default;
  std::string text;
  bool truncated = false;  ///< longer than kWholeOutputMax
};

/// "PREFIX/COMMAND/INSTANCE/awsrunShellScript/0.awsrunShellScript/stdout": what stands in the URL behind the command's
/// id, else where the agent puts the stream of a document with one step.
std::string output_object_key(const flow::OutputPlaces& places, const OutputStream& stream);
/// "COMMAND/INSTANCE/aws-runShellScript/stdout".
std::string output_stream_name(const OutputStream& stream);
/// What was kept before Systems Manager's mark of a cut.
std::string_view before_mark(std::string_view kept);

/// The session outlives it. A few streams are read at once, the others wait: each may be kWholeOutputMax.
class WholeOutput {
 public:
  WholeOutput(AwsSession& session, flow::OutputPlaces places)
      : session_(session), places_(std::move(places)), turns_(kAtOnce) {}

  bool configured() const noexcept { return places_.any(); }
  /// What the node wrote may lag behind the command's end: looked for again for some seconds, until it was so in vain
  /// for several streams that their nodes seem to have no right to write. A bucket is read with the
  /// scope's credentials and, when they may not, with the hub's. Errors say what is missing where.
  rt::Task<Result<WholeText>> read(rt::CallContext ctx, fleet::ScopePtr scope, OutputStream stream);

 private:
  static constexpr std::size_t kAtOnce = 32;  // with their replies about 100 MiB
  rt::Task<Result<WholeText>> from_bucket(rt::CallContext ctx, const fleet::Scope& scope, const OutputStream& stream);
  rt::Task<Result<WholeText>> object(rt::CallContext ctx, aws::CallScope call, std::string key);
  rt::Task<Result<WholeText>> from_logs(rt::CallContext ctx, const fleet::Scope& scope, const OutputStream& stream);

  AwsSession& session_;
  flow::OutputPlaces places_;
  rt::Semaphore turns_;
  unsigned in_vain_ = 0;  ///< streams that never came, one after the other
};

}  // namespace postern::adapters
