#include "cli/break_glass.hpp"

#include "base/text.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t kReasonBytesMax = 1000;  // it stands in the ledger and in notifications

}  // namespace

Result<std::string> chosen_break_glass(const Invocation& invocation) {
  const auto given = invocation.value("--break-glass");
  if (!given) return std::string();
  const std::string reason(trim(*given));
  if (reason.empty()) return fail(ErrorKind::usage, "--break-glass: say why, it stands in the ledger");
  if (reason.size() > kReasonBytesMax) {
    return fail(ErrorKind::usage,
                "--break-glass: the reason has more than " + std::to_string(kReasonBytesMax) + " bytes");
  }
  return reason;
}

std::string describe_break_glass(const flow::BreakGlass& glass) {
  std::string out = glass.reason;
  for (const std::string& rail : glass.overrode) out += "; goes over " + rail;
  return printable(out, 2 * kReasonBytesMax);
}

void tell_break_glass(const Command& command, const flow::BreakGlass& glass) {
  command.err("BREAK GLASS: " + printable(glass.reason, kReasonBytesMax) + "\n");
  for (const std::string& rail : glass.overrode) command.err("  goes over " + printable(rail, kReasonBytesMax) + "\n");
}

}  // namespace postern::cli
