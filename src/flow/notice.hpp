#pragma once

/// Notice: what others are told of a run that came to rest (docs/formats/notice.md). Pure text: counts, never a line
/// per account, and nothing of the command itself, which may hold what is not for everybody.

#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "flow/run_model.hpp"

namespace postern::flow {

inline constexpr std::string_view kNoticeSchema = "postern.run.notice/1";

enum class NoticeEvent : std::uint8_t { ended, held, in_doubt, break_glass };
/// "run.ended", "run.held", "run.in_doubt", "run.break_glass".
std::string_view to_string(NoticeEvent event) noexcept;

struct Notice {
  Notice() = default;
  NoticeEvent event = NoticeEvent::ended;
  WallTime at;         ///< when it was told
  std::string run_id;  ///< empty when there is no run yet (break_glass)
  std::string status;  ///< run_status()
  std::string world;   ///< "aws", "sim:demo"
  std::string selector;
  std::string digest;  ///< of the plan, hex
  std::string operator_name;
  std::string reason;
  std::string ticket;
  std::string comment;
  Totals totals;
  std::size_t open = 0;     ///< targets that have not ended
  std::size_t targets = 0;  ///< all, with those that the plan skipped
  std::size_t accounts = 0;
  std::uint64_t version = 0;  ///< records in the run's chain
  std::string head;           ///< of the run's chain, hex; empty when it is not known
  std::string cause;          ///< of a hold: "budget", "gate"...
  std::string why;            ///< of a hold, of a send in doubt, of breaking the glass
  std::string go_on;          ///< how a run that is not over goes on, for people

  /// The same of two notices that tell the same: a receiver knows doubles by it, and we what was told already.
  std::string id() const;
};

/// What a run at rest says; absent while it is neither over nor held nor in doubt: nobody is told of that.
std::optional<Notice> notice_of(const RunModel& model);

/// What is told before a rail is overridden; `why` says which, and for what reason.
Notice break_glass_notice(const RunHeader& header, const Plan& plan, std::string why);

/// One line of fewer than 100 printable ASCII characters.
std::string notice_subject(const Notice& notice);
/// For an e-mail or a chat.
std::string notice_text(const Notice& notice);
/// Of kNoticeSchema. Texts of others are cut, so that it stays far below the 256 KiB of SNS and EventBridge.
Json notice_json(const Notice& notice);

}  // namespace postern::flow
