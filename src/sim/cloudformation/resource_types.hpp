#pragma once

/// The types of resources that stacks consist of: what each is given, and what is called to make, change and remove it.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rt/random.hpp"
#include "sim/cloudformation/service_calls.hpp"
#include "sim/iam/entities.hpp"

namespace postern::sim::stacks {

/// One resource while something is done to it. What has been made is written down at once, so that a failure on the way
/// leaves nothing behind that nobody knows.
class ResourceWork {
 public:
  ResourceWork(ServiceCalls& calls, const Info& as) : calls_(calls), as_(as) {}

  Result<Json> call(std::string_view service, std::string_view operation, const Json& request);
  /// As call(), and fine when there is nothing of that name any more.
  Result<void> remove(std::string_view service, std::string_view operation, const Json& request);
  const Info& as() const noexcept { return as_; }
  std::string account() const { return as_.caller.account_id; }

  /// "Stack-Resource-1A2B3C4D5E6F", the stack's and the resource's name cut to fit.
  std::string generated_name(std::size_t length_max) const;
  /// The property, or a generated name.
  std::string name_from(const Json& properties, std::string_view key, std::size_t length_max) const;
  /// The stack's own tags and the resource's, as [{Key, Value}].
  Json tags(const Json& properties) const;

  std::string stack_name;
  std::string stack_id;
  std::string logical_id;
  std::string suffix;  ///< random, of generated names: 12 letters and digits
  Tags stack_tags;
  std::string physical_id;                 ///< what Ref gives; empty: nothing was made
  std::map<std::string, Json> attributes;  ///< what Fn::GetAtt gives

 private:
  ServiceCalls& calls_;
  const Info& as_;
};

struct PropertyRule {
  std::string_view name;
  bool replaces = false;  ///< a change needs another resource
  bool required = false;
};

enum class Capability : std::uint8_t { none, iam };

struct ResourceType {
  std::string_view name;
  std::span<const PropertyRule> properties;
  /// The property that names the resource; with Capability::iam it asks for CAPABILITY_NAMED_IAM.
  std::string_view name_property;
  Capability capability = Capability::none;
  Result<void> (*create)(ResourceWork& work, const Json& properties) = nullptr;
  /// Null: every change replaces.
  Result<void> (*update)(ResourceWork& work, const Json& before, const Json& after) = nullptr;
  Result<void> (*remove)(ResourceWork& work, const Json& properties) = nullptr;

  const PropertyRule* find(std::string_view property) const noexcept;
};

/// Null: there is no such type here.
const ResourceType* find_type(std::string_view name) noexcept;
std::span<const ResourceType> iam_types() noexcept;
std::span<const ResourceType> signal_types() noexcept;
std::span<const ResourceType> system_types() noexcept;
std::span<const ResourceType> trail_types() noexcept;

/// Unknown properties and missing ones. Errors: usage.
Result<void> check_properties(const ResourceType& type, const Json& properties);
/// Names of the properties that differ, sorted.
std::vector<std::string> changed_properties(const Json& before, const Json& after);
/// Why a resource's call failed, as an event says it.
std::string reason_of(const Error& error, const Info& as);

// For the tables.

/// The named member, or null.
inline const Json& at(const Json& object, std::string_view key) noexcept {
  return object[key];
}
/// Texts of a list; of a single text, that.
std::vector<std::string> texts(const Json& list);
bool differs(const Json& before, const Json& after, std::string_view key);
/// A copy with only these members, as far as they are there.
Json picked(const Json& from, std::initializer_list<std::string_view> keys);

}  // namespace postern::sim::stacks
