#include "stacks/stack_port.hpp"

#include <algorithm>
#include <span>

namespace postern::stacks {
namespace stack_port_details {

constexpr std::string_view kReady[] = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE",
                                       "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"};
// CREATE_FAILED and ROLLBACK_FAILED still hold resources; ROLLBACK_COMPLETE holds none. All can only be deleted.
constexpr std::string_view kUnborn[] = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"};

bool is_in(std::span<const std::string_view> list, std::string_view status) noexcept {
  return std::find(list.begin(), list.end(), status) != list.end();
}

}  // namespace stack_port_details

Standing standing_of(std::string_view status) noexcept {
  using namespace stack_port_details;
  if (status.empty() || status == "DELETE_COMPLETE") return Standing::absent;
  if (status == "REVIEW_IN_PROGRESS") return Standing::empty;
  if (status.ends_with("_IN_PROGRESS")) return Standing::busy;
  if (is_in(kReady, status)) return Standing::ready;
  return is_in(kUnborn, status) ? Standing::unborn : Standing::stuck;
}

bool ended_well(std::string_view status) noexcept {
  return status == "CREATE_COMPLETE" || status == "UPDATE_COMPLETE" || status == "DELETE_COMPLETE";
}

}  // namespace postern::stacks
