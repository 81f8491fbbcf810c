#include "cli/command.hpp"

#include <algorithm>

#include "cli/failure.hpp"
#include "term/wrap.hpp"

namespace postern::cli {
namespace {

// A fleet of 10,000 accounts with comments is below 8 MiB.
constexpr std::size_t kFleetFileMax = 16U << 20U;
constexpr std::string_view kZoneFolder = "/usr/share/zoneinfo";

}  // namespace

Result<Command> Command::make(Host host, rt::CallContext ctx, const Invocation& invocation, Reporting reporting) {
  const bool tty = host.console->is_tty(os::StdStream::out);
  const term::Sink sink = tty ? term::Sink::tty : term::Sink::other;
  const auto choice = term::parse_color_choice(invocation.value("--color").value_or("auto"));
  const term::Color color = term::decide_color(choice.value_or(term::ColorChoice::automatic), *host.environment, sink);
  const auto size = host.console->size();
  TRY(OutputOptions output, output_options(invocation, sink, size ? size->columns : 80, color));
  return Command(host, ctx, invocation, reporting, std::move(output));
}

std::size_t Command::stderr_width() const {
  const auto size = host_.console->size();
  return size && size->columns > 20 ? size->columns : 80;
}

void Command::out(std::string_view text) const {
  (void)host_.console->write(os::StdStream::out, text);
}
void Command::err(std::string_view text) const {
  const bool tty = host_.console->is_tty(os::StdStream::err);
  (void)host_.console->write(os::StdStream::err, tty ? fit_lines(text, stderr_width()) : std::string(text));
}

Result<void> Command::answer(const Answer& answer) const {
  Answer marked = answer;
  marked.world = host_.world;
  if (!host_.world.empty() && marked.document.is_object()) marked.document.set("world", host_.world);
  TRY(const std::string text, render(marked, output_));
  out(text);
  return Result<void>();
}

Result<std::optional<fleet::FleetFile>> Command::load_fleet() const {
  std::optional<std::string> path = invocation_->value("--fleet");
  if (!path) path = host_.environment->get("POSTERN_FLEET");
  if (!path || path->empty()) {
    if (!host_.files->exists("postern.yaml")) return std::optional<fleet::FleetFile>();
    path = "postern.yaml";
  }
  Result<std::string> text = host_.files->read(*path, kFleetFileMax);
  if (!text) return fail(Error(ErrorKind::usage, "cannot read the fleet file " + *path).caused_by(text.error()));
  TRY(fleet::FleetFile file, fleet::parse_fleet_file(*text, *path));
  TRY_VOID(fleet::load_zones(file.freeze, [this](const std::string& zone) {
    return host_.files->read(os::join_path(kZoneFolder, zone), TimeZone::kBytesMax);
  }));
  for (const std::string& warning : file.warnings) err("warning: " + warning + "\n");
  return std::optional<fleet::FleetFile>(std::move(file));
}

bool Command::read_only(const std::optional<fleet::FleetFile>& fleet) const {
  if (invocation_->has("--read-only")) return true;
  const auto variable = host_.environment->get("POSTERN_READ_ONLY");
  // Any value but an explicit "no" keeps the rail up.
  if (variable && !variable->empty() && *variable != "0" && *variable != "false" && *variable != "no") return true;
  return fleet && fleet->mode == fleet::Mode::read_only;
}

}  // namespace postern::cli
