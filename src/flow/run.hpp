#pragma once

/// Who watches a run, and how its commands are marked in Systems Manager.

#include <span>
#include <string>

#include "fleet/batch.hpp"
#include "flow/run_model.hpp"

namespace postern::flow {

/// How much somebody who watches wants to know of what became durable: nothing, the records, or what targets printed
/// too.
enum class Telling : std::uint8_t { nothing, records, all };

/// Told as things happen; must not fail.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void on_sent(const fleet::Batch& batch, const std::string& command_id) {}
  /// `running` counts targets that are sent and not done.
  virtual void on_progress(const Totals& done, std::size_t running) {}
  virtual void on_note(std::string_view text) {}
  /// What on_recorded() is to be told; asked once per commit, for telling costs a copy.
  virtual Telling telling() const { return Telling::nothing; }
  /// These are durable now, with what they refer to. `model` has them, and perhaps later ones.
  virtual void on_recorded(const RunModel& model, std::span<const RunRecord> records,
                           std::span<const ledger::Blob> blobs) {}
};

/// The mark at the beginning of every comment: "postern op=01ARZ3NDEKTSV4RRFFQ69G5FAV ".
std::string comment_mark(std::string_view op_id);
/// Mark, the run ("r=01ARZ...", so that a run can be put together again from its commands) and the user's comment, at
/// most 100 characters (SSM's limit), cut at a character.
std::string make_comment(std::string_view op_id, std::string_view run_id, std::string_view user_comment);

}  // namespace postern::flow
