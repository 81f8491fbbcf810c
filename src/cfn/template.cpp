#include "cfn/template.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"

namespace postern::cfn {
namespace {

constexpr std::size_t kLogicalIdMax = 255;

template <class Items, class Name>
auto find_by(const Items& items, Name name, std::string_view wanted) -> decltype(items.data()) {
  const auto found = std::ranges::find(items, wanted, name);
  return found == items.end() ? nullptr : &*found;
}

bool is_logical_id(std::string_view text) {
  const auto alphanumeric = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  };
  return !text.empty() && text.size() <= kLogicalIdMax && std::ranges::all_of(text, alphanumeric);
}

tl::unexpected<Error> mistake(const std::string& path, const std::string& what) {
  return fail(ErrorKind::malformed, path + ": " + what);
}

class Checker {
 public:
  explicit Checker(const Template& source) : source_(source) {}

  Result<void> run() {
    for (const Parameter& parameter : source_.parameters) TRY_VOID(name(parameter.name));
    for (const Resource& resource : source_.resources) TRY_VOID(name(resource.id));
    for (const Condition& condition : source_.conditions) {
      if (!is_logical_id(condition.name)) return mistake(condition.name, "is no logical id");
      if (!conditions_.insert(condition.name).second) return mistake(condition.name, "stands here twice");
      TRY_VOID(value("Conditions." + condition.name, condition.value));
    }
    for (const Resource& resource : source_.resources) TRY_VOID(one(resource));
    for (const Output& output : source_.outputs) {
      const std::string path = "Outputs." + output.name;
      if (!is_logical_id(output.name)) return mistake(path, "is no logical id");
      if (!outputs_.insert(output.name).second) return mistake(path, "stands here twice");
      TRY_VOID(condition(path, output.condition));
      TRY_VOID(value(path, output.value));
      if (output.export_name) TRY_VOID(value(path + ".Export", *output.export_name));
    }
    return {};
  }

 private:
  Result<void> name(const std::string& id) {
    if (!is_logical_id(id)) return mistake(id, "is no logical id");
    if (!names_.insert(id).second) return mistake(id, "stands here twice");
    return {};
  }

  Result<void> condition(const std::string& path, const std::string& wanted) const {
    if (wanted.empty() || conditions_.contains(wanted)) return {};
    return mistake(path, "there is no condition " + wanted);
  }

  Result<void> one(const Resource& resource) const {
    const std::string path = "Resources." + resource.id;
    TRY_VOID(condition(path, resource.condition));
    for (const std::string& other : resource.depends_on) {
      if (source_.find_resource(other) == nullptr) return mistake(path, "depends on " + other + ", which is not there");
    }
    return value(path, resource.properties);
  }

  /// `text` is what Ref, Sub or GetAtt names: "Name" or "Resource.Attribute".
  Result<void> known(const std::string& path, std::string_view text) const {
    if (text == kAccountId || text == kPartition || text == kRegion) return {};
    const std::size_t dot = text.find('.');
    const std::string_view id = text.substr(0, dot);
    const bool found = dot == std::string_view::npos ? names_.contains(id) : source_.find_resource(id) != nullptr;
    if (found) return {};
    return mistake(path, "nothing is called " + std::string(id));
  }

  Result<void> value(const std::string& path, const Value& v) const {
    switch (v.kind()) {
      case Value::Kind::ref:
      case Value::Kind::get_att:
        TRY_VOID(known(path, v.text()));
        break;
      case Value::Kind::sub:
        for (const SubPart& part : sub_parts(v.text())) {
          if (part.name) TRY_VOID(known(path, part.text));
        }
        break;
      case Value::Kind::when:
        TRY_VOID(condition(path, v.text()));
        break;
      default:
        break;
    }
    std::size_t index = 0;
    for (const Entry& entry : v.entries()) {
      TRY_VOID(value(path + "." + (entry.key.empty() ? std::to_string(index) : entry.key), entry.value));
      ++index;
    }
    return {};
  }

  const Template& source_;
  std::set<std::string, std::less<>> names_;
  std::set<std::string, std::less<>> conditions_;
  std::set<std::string, std::less<>> outputs_;
};

}  // namespace

const Parameter* Template::find_parameter(std::string_view name) const {
  return find_by(parameters, &Parameter::name, name);
}
const Condition* Template::find_condition(std::string_view name) const {
  return find_by(conditions, &Condition::name, name);
}
const Resource* Template::find_resource(std::string_view id) const {
  return find_by(resources, &Resource::id, id);
}

Result<void> check(const Template& source) {
  return Checker(source).run();
}

std::vector<std::string_view> lines_of(std::string_view text) {
  if (text.empty()) return {};
  return split(text, '\n');
}

}  // namespace postern::cfn
