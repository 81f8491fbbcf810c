#pragma once

/// CopyTalk: the conversation of `cp` with a node, over one session: orders out, replies in.

#include <cstdint>
#include <string>

#include "cli/copy_server.hpp"
#include "rt/context.hpp"
#include "session/data_channel.hpp"

namespace postern::cli {

/// One task asks for replies while another sends. The channel outlives it.
class CopyTalk {
 public:
  CopyTalk(session::DataChannel& channel, CopyMark mark) : channel_(channel), reader_(std::move(mark)) {}

  /// Until the node takes orders. Fails with unsupported when it lacks a program, timeout, or as reply().
  rt::Task<Result<void>> begin(rt::CallContext ctx);
  /// Sends all of it; a cancellation lets it be finished, for a moment, so that nothing is cut.
  rt::Task<Result<void>> send(rt::CallContext ctx, std::string bytes);
  /// The node's next word. Fails with unavailable when the session is over (what it said last is in the message),
  /// cancelled.
  rt::Task<Result<CopyReply>> reply();

  /// Hears what comes until the session is over.
  rt::Task<Result<void>> drain();

  std::uint64_t bytes_to_node() const noexcept { return to_node_; }
  std::uint64_t bytes_from_node() const noexcept { return from_node_; }
  /// How long send() has waited for the other side.
  Duration waited_to_send() const noexcept { return waited_to_send_; }
  const std::string& closed_text() const noexcept { return closed_text_; }

 private:
  rt::Task<Result<void>> expect(CopyReply::Kind kind);
  Error ended() const;

  session::DataChannel& channel_;
  CopyReader reader_;
  std::string noise_;  ///< the last line that was nobody's
  std::string closed_text_;
  std::optional<Error> broken_;
  bool over_ = false;
  std::uint64_t to_node_ = 0;
  std::uint64_t from_node_ = 0;
  Duration waited_to_send_{};
  std::string lacks_;
};

}  // namespace postern::cli
