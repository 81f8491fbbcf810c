#pragma once

/// A session in the ledger: who asked for it, into what, by which document and why, before it is started; the
/// session's id when it is; how it ended. What went through it is never there: a transcript is a file of the user's, of
/// which the ledger has the hash (docs/formats/ledger.md).

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/run_ledger.hpp"
#include "ledger/stream_writer.hpp"

namespace postern::cli {

/// The prefix of the streams of sessions.
inline constexpr std::string_view kSessionPrefix = "session/";

/// What is known before a session is started.
struct SessionBegin {
  SessionBegin() = default;
  std::string verb;  ///< "shell"
  std::string operator_name;
  std::string account;
  std::string account_name;
  std::string region;
  std::string access;  ///< how the account was got into
  std::string target;
  std::string target_name;
  std::string document;
  std::string reason;
  Json parameters;  ///< of the document, as far as they may be kept
};

struct SessionClose {
  SessionClose() = default;
  std::string cause;  ///< "closed", "left", "failed", "interrupted", "not started"
  std::string text;   ///< what the service or the error said
  std::optional<int> exit_code;
  std::uint64_t bytes_to_node = 0;
  std::uint64_t bytes_from_node = 0;
  std::uint64_t connections = 0;  ///< of a port session
  unsigned reconnections = 0;
  std::string transcript;         ///< a file; empty: none
  std::string transcript_sha256;  ///< hexadecimal
};

/// Writes the stream of one session. `store` outlives it.
class SessionRecord {
 public:
  SessionRecord(ledger::Store& store, std::string world, std::string id);
  const std::string& id() const noexcept { return id_; }

  /// Before StartSession. Durable when it returns.
  rt::Task<Result<void>> ask(rt::CallContext ctx, SessionBegin begin);
  rt::Task<Result<void>> open(rt::CallContext ctx, std::string session_id);
  /// The head of the stream is noted in the chain of heads.
  rt::Task<Result<void>> close(rt::CallContext ctx, SessionClose end);

 private:
  rt::Task<Result<void>> add(rt::CallContext ctx, std::string type, Json body);

  ledger::Store& store_;
  std::string world_;
  std::string id_;
  Json summary_;
  ledger::StreamWriter writer_;
};

/// A session as a list has it: what SessionRecord's summary says, with its id and times.
Json session_row(const ledger::StreamInfo& info);

}  // namespace postern::cli
