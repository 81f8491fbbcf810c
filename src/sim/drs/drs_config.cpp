#include "sim/drs/drs_config.hpp"

#include <array>
#include <utility>

#include "sim/drs/install_outcomes.hpp"
#include "sim/drs/replication.hpp"

namespace postern::sim {
namespace drs_config_detail {

constexpr std::array<std::pair<DrsFaultKind, std::string_view>, 6> kKinds = {{
    {DrsFaultKind::install, "install"},
    {DrsFaultKind::step, "step"},
    {DrsFaultKind::stall, "stall"},
    {DrsFaultKind::disconnect, "disconnect"},
    {DrsFaultKind::lag, "lag"},
    {DrsFaultKind::launch, "launch"},
}};

}  // namespace drs_config_detail

std::string_view to_string(DrsFaultKind kind) noexcept {
  for (const auto& [value, name] : drs_config_detail::kKinds) {
    if (value == kind) return name;
  }
  return "stall";
}

std::optional<DrsFaultKind> parse_drs_fault_kind(std::string_view text) {
  for (const auto& [value, name] : drs_config_detail::kKinds) {
    if (name == text) return value;
  }
  return {};
}

std::vector<std::string> drs_fault_words(DrsFaultKind kind) {
  switch (kind) {
    case DrsFaultKind::install:
      return drs::install_classes();
    case DrsFaultKind::step:
      return {drs::kStepNames.begin(), drs::kStepNames.end()};
    case DrsFaultKind::stall:
      return {drs::kErrorNames.begin(), drs::kErrorNames.end()};
    case DrsFaultKind::launch:
      return {"cleanup", "snapshot", "conversion", "launch"};
    default:
      return {};
  }
}

}  // namespace postern::sim
