#pragma once

/// An operation of a stack while it is under way. Private to the engine.

#include <deque>
#include <optional>

#include "rt/clock.hpp"
#include "sim/cloudformation/stack_engine.hpp"

namespace postern::sim::stacks {

/// One step for one resource.
struct StackTask {
  StackTask() = default;
  enum class Kind : std::uint8_t { create, update, revert, remove };
  Kind kind = Kind::create;
  std::string id;
  StackResource resource;      ///< what is removed
  Json properties;             ///< what is wanted
  bool replaces = false;       ///< by another resource
  std::optional<Error> error;  ///< the properties could not be worked out
};

struct StackWork {
  explicit StackWork(const Info& whose) : as(whose) {}
  enum class Phase : std::uint8_t {
    create,
    update,
    cleanup,
    rollback_create,
    rollback_update,
    rollback_cleanup,
    remove
  };
  Phase phase = Phase::create;
  Info as;
  WorkOptions options;
  rt::Clock::TimerId timer = 0;
  bool planned = false;
  bool cancelled = false;
  std::deque<StackTask> waiting;
  std::optional<StackTask> active;
  std::vector<std::string> touched;     ///< logical ids, in the order in which they were begun
  std::vector<std::string> failed;      ///< logical ids
  std::vector<StackResource> leftover;  ///< what is removed at the end
  StackModel before;
  std::map<std::string, StackResource> resources_before;
  std::vector<StackOutput> outputs_before;
  std::set<std::string> imports_before;
};

}  // namespace postern::sim::stacks
