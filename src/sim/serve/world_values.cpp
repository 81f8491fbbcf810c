// The forms that values of a world file have.

#include "base/json.hpp"
#include "base/text.hpp"
#include "sim/serve/world_parts.hpp"

namespace postern::sim::world_parts {
namespace world_values {

/// Policies have no values but texts: IAM reads "true" and "5" as true and 5.
Json json_of(const yaml::Node& node) {
  if (node.is_sequence()) {
    Json list = Json::array();
    for (const yaml::Node& item : node.items) list.push_back(json_of(item));
    return list;
  }
  if (node.is_map()) {
    Json map = Json::object();
    for (const yaml::Entry& entry : node.entries) map.set(entry.key, json_of(entry.value));
    return map;
  }
  return Json(node.text);
}

}  // namespace world_values

std::vector<std::string> texts(const yaml::Node& node, std::string_view what, yaml::Problems& problems) {
  std::vector<std::string> all;
  for (const yaml::Node* item : yaml::scalars(node, what, problems)) all.push_back(item->text);
  return all;
}

std::vector<std::string> texts(const yaml::MapReader& map, std::string_view key) {
  const yaml::Node* node = map.get(key);
  return node == nullptr ? std::vector<std::string>() : texts(*node, key, map.problems());
}

std::map<std::string, std::string> text_map(const yaml::Node* node, std::string_view what, std::size_t bytes_max,
                                            yaml::Problems& problems) {
  std::map<std::string, std::string> all;
  if (node == nullptr) return all;
  if (!node->is_map()) {
    problems.add(*node, std::string(what) + " must be a map of texts, not " + std::string(yaml::to_string(node->kind)));
    return all;
  }
  for (const yaml::Entry& entry : node->entries) {
    if (!entry.value.is_scalar() && !entry.value.is_null()) {
      problems.add(entry.value, std::string(what) + "." + printable(entry.key, 60) + " must be a text");
    } else if (entry.value.text.size() > bytes_max) {
      problems.add(entry.value, std::string(what) + "." + printable(entry.key, 60) + " is too long");
    } else {
      all.emplace(entry.key, entry.value.text);
    }
  }
  return all;
}

std::uint64_t whole_number(const yaml::MapReader& map, std::string_view key, std::uint64_t fallback) {
  const yaml::Node* node = map.get(key);
  if (node == nullptr) return fallback;
  const auto value = node->to_int();
  if (value && *value >= 0) return static_cast<std::uint64_t>(*value);
  map.problems().add(*node, std::string(key) + " must be a whole number, 0 or more");
  return fallback;
}

void each(const yaml::MapReader& map, std::string_view key, const std::function<void(const yaml::Node&)>& read) {
  const yaml::Node* node = map.get(key);
  if (node == nullptr) return;
  if (!node->is_sequence()) {
    map.problems().add(*node, std::string(key) + " must be a list, not " + std::string(yaml::to_string(node->kind)));
    return;
  }
  for (const yaml::Node& item : node->items) read(item);
}

Switch read_switch(const yaml::MapReader& map, std::string_view key, Switch fallback) {
  const yaml::Node* node = map.get(key);
  if (node == nullptr) return fallback;
  if (const auto value = node->to_bool()) return *value ? Switch::on : Switch::off;
  if (node->is_scalar() && (node->text == "on" || node->text == "off")) {
    return node->text == "on" ? Switch::on : Switch::off;
  }
  map.problems().add(*node, std::string(key) + " must be on or off");
  return fallback;
}

std::size_t read_word(const yaml::MapReader& map, std::string_view key, std::initializer_list<std::string_view> words,
                      std::size_t fallback) {
  const yaml::Node* node = map.get(key);
  if (node == nullptr) return fallback;
  std::vector<std::string> known;
  for (const std::string_view word : words) {
    if (node->is_scalar() && node->text == word) return known.size();
    known.emplace_back(word);
  }
  const std::string near = yaml::did_you_mean(node->text, known);
  map.problems().add(*node, std::string(key) + " must be one of " + join(known, ", ") + near);
  return fallback;
}

std::string read_document(const yaml::Node* node, std::string_view what, iam::DocumentKind kind,
                          yaml::Problems& problems) {
  if (node == nullptr) return std::string();
  if (!node->is_map() && !node->is_scalar()) {
    problems.add(*node, std::string(what) + " must be a policy: a map, or JSON in a text");
    return std::string();
  }
  std::string text = node->is_map() ? world_values::json_of(*node).dump() : node->text;
  iam::ParseOptions options;
  options.size_max = iam::kDocumentBytesMax;
  const auto parsed = iam::parse_document(kind, text, options);
  if (parsed) return text;
  const Error& error = parsed.error();
  std::string why = std::string(what) + " is no policy: " + error.message();
  for (const std::string_view part : {error.context("path"), error.context("why")}) {
    if (!part.empty()) why.append(" (").append(part).append(")");
  }
  problems.add(*node, why);
  return std::string();
}

}  // namespace postern::sim::world_parts
