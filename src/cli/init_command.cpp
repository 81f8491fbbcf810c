#include "cli/command.hpp"
#include "cli/failure.hpp"
#include "fleet/fleet_file.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t kImportMax = 16U << 20U;

Result<std::string> init_text(const Command& command) {
  const Invocation& invocation = command.invocation();
  if (const auto from = invocation.value("--from-c7n")) {
    Result<std::string> text = command.host().files->read(*from, kImportMax);
    if (!text) return fail(Error(ErrorKind::usage, "cannot read " + *from).caused_by(text.error()));
    return fleet::import_c7n_accounts(*text, *from);
  }
  return fleet::default_fleet_yaml();
}

}  // namespace

rt::Task<Result<int>> run_init(const Command& command) {
  const Invocation& invocation = command.invocation();
  CO_TRY(const std::string yaml, init_text(command));
  const auto path = invocation.value("--out");
  if (!path) {
    command.out(yaml);
    co_return kExitOk;
  }
  os::Files& files = *command.host().files;
  if (files.exists(*path) && !invocation.has("--force")) {
    co_return fail(ErrorKind::usage, *path + " exists already; --force overwrites it");
  }
  Result<void> written = files.write_atomically(*path, yaml, 0644);
  if (!written) co_return fail(std::move(written).error());
  command.err("wrote " + *path + "; fill in your accounts, then: postern accounts check\n");
  co_return kExitOk;
}

}  // namespace postern::cli
