// A selector that is taken means the same when it is written and read again, and what is asked of EC2 for it never
// loses an instance.
#include <string_view>

#include "base/check.hpp"
#include "fleet/selector.hpp"
#include "fleet/testing/make.hpp"

namespace {

namespace fleet = postern::fleet;

std::vector<fleet::Instance> some_instances() {
  const fleet::ScopePtr scope = fleet::testing::scope("444455556666", "us-east-1", "payments");
  std::vector<fleet::Instance> made;
  for (unsigned i = 0; i < 4; ++i) {
    fleet::Tags tags;
    if (i % 2 == 1) tags.emplace("env", "prod");
    if (i >= 2) tags.emplace("dr:enabled", "true");
    made.push_back(fleet::testing::instance(scope, fleet::testing::instance_id(i), std::move(tags)));
    made.back().state = i == 3 ? fleet::InstanceState::stopped : fleet::InstanceState::running;
    made.back().platform = i == 0 ? fleet::Platform::windows : fleet::Platform::linux_os;
  }
  return made;
}

void check_meaning(const fleet::Selector& selector, const fleet::Selector& again) {
  for (const fleet::Instance& instance : some_instances()) {
    const bool matches = selector.matches(instance);
    CHECK(matches == again.matches(instance));
    if (!matches) continue;
    const fleet::Scope& scope = instance.ref.scope();
    CHECK(selector.could_match(scope));
    const fleet::Ec2Filters filters = fleet::pushdown(selector, scope);
    CHECK(!filters.nothing && fleet::ec2_filters_match(filters, instance));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto selector = fleet::Selector::parse(text);
  if (!selector) {
    CHECK(selector.error().kind() == postern::ErrorKind::usage && !selector.error().message().empty());
    return 0;
  }
  const auto again = fleet::Selector::parse(selector->to_text());
  // Written out it may be longer than what may be typed.
  if (!again) {
    CHECK(selector->to_text().size() > fleet::kSelectorTextMax);
    return 0;
  }
  CHECK(*again == *selector);
  if (!selector->has_references()) check_meaning(*selector, *again);
  return 0;
}
