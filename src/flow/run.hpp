#pragma once

/// Who watches a run, and how its commands are marked in Systems Manager.

#include <string>

#include "fleet/batch.hpp"
#include "flow/result.hpp"

namespace postern::flow {

/// Told as things happen; must not fail.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void on_sent(const fleet::Batch& batch, const std::string& command_id) {}
  /// `running` counts targets that are sent and not done.
  virtual void on_progress(const Totals& done, std::size_t running) {}
  virtual void on_note(std::string_view text) {}
};

/// The mark at the beginning of every comment: "postern op=01ARZ3NDEKTSV4RRFFQ69G5FAV ".
std::string comment_mark(std::string_view op_id);
/// Mark, the run ("r=01ARZ...", so that a run can be put together again from its commands) and the user's comment, at
/// most 100 characters (SSM's limit), cut at a character.
std::string make_comment(std::string_view op_id, std::string_view run_id, std::string_view user_comment);

}  // namespace postern::flow
