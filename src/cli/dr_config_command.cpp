// dr config show, dr config diff, dr config apply

#include <algorithm>

#include "base/plural.hpp"
#include "cli/dr_config_work.hpp"
#include "cli/failure.hpp"
#include "cli/prompt.hpp"

namespace postern::cli {
namespace dr_config {

enum class Deed : std::uint8_t { show, diff, apply };

/// Nothing that is wanted is a mistake, not an agreement.
Result<void> expect_wish(const ConfigWork& work) {
  if (!work.order().compare || work.order().source == ConfigSource::site_template) return {};
  const bool any =
      std::any_of(work.sites().begin(), work.sites().end(), [](const ConfigSite& one) { return !one.wanted.empty(); });
  if (any || work.sites().empty()) return {};
  return fail(ErrorKind::usage,
              "nothing is said to compare with: dr: {replication: .., launch: ..} in the fleet file, --file FILE, or "
              "--against template");
}

rt::Task<Result<int>> config(const Command& command, DrWork& work, Deed deed, std::size_t concurrency) {
  const bool dry = command.invocation().has("--dry-run");
  if (deed == Deed::apply && !dry) CO_TRY_VOID(expect_writable(work.aws, "changing settings"));
  CO_TRY(ConfigOrder order, config_order(command, deed != Deed::show));
  CO_TRY_VOID(take_via(command, work));
  ConfigWork all(command, work, std::move(order));
  CO_TRY_VOID(expect_wish(all));
  CO_TRY_VOID(co_await all.look(concurrency));
  command.err(describe_config(all));
  const std::size_t differing = count_differing(all);
  if (deed != Deed::show && differing == 0) command.err("nothing to change\n");
  if (deed == Deed::apply && !dry && differing > 0) {
    CO_TRY_VOID(
        co_await agree(command, "Change the settings of " + plural(differing, "template or server") + "?", "changed"));
    CO_TRY_VOID(co_await all.apply(concurrency));
  }
  CO_TRY_VOID(command.answer(config_answer(command, all)));
  const int code = config_exit_code(all);
  co_return deed == Deed::apply&& dry&& code == kExitGate ? kExitOk : code;
}

rt::Task<Result<int>> with_session(const Command& command, Deed deed) {
  CO_TRY(const std::size_t concurrency, chosen_concurrency(command));
  const fleet::Duty duty = deed == Deed::apply ? fleet::Duty::recover : fleet::Duty::observe;
  CO_TRY(DrWork work, co_await open_dr(command, duty));
  Result<int> code = co_await config(command, work, deed, concurrency);
  co_await work.aws.session->close();
  co_return code;
}

}  // namespace dr_config

rt::Task<Result<int>> run_dr_config_show(const Command& command) {
  return dr_config::with_session(command, dr_config::Deed::show);
}
rt::Task<Result<int>> run_dr_config_diff(const Command& command) {
  return dr_config::with_session(command, dr_config::Deed::diff);
}
rt::Task<Result<int>> run_dr_config_apply(const Command& command) {
  return dr_config::with_session(command, dr_config::Deed::apply);
}

}  // namespace postern::cli
