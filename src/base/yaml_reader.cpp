#include "base/yaml_reader.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace postern::yaml {

void Problems::add_error(const Error& error) {
  ++total_;
  if (lines_.size() < kProblemsMax) lines_.push_back(error.message());
}

Error Problems::error() const {
  std::string text = join(lines_, "\n");
  if (total_ > lines_.size()) text += "\n... and " + std::to_string(total_ - lines_.size()) + " more";
  return Error(ErrorKind::usage, std::move(text));
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  const std::string_view near = nearest(word, candidates);
  return near.empty() ? std::string() : "; did you mean '" + std::string(near) + "'?";
}

MapReader::MapReader(const Node& node, std::string_view what, std::initializer_list<std::string_view> keys,
                     Problems& problems)
    : node_(node), problems_(problems) {
  if (!node.is_map() && !node.is_null()) {
    problems.add(node, std::string(what) + " must be a map, not " + std::string(to_string(node.kind)));
    return;
  }
  for (const Entry& entry : node.entries) {
    if (std::find(keys.begin(), keys.end(), entry.key) != keys.end()) continue;
    const std::vector<std::string> known(keys.begin(), keys.end());
    std::string text = "unknown key '" + printable(entry.key, 60) + "' in " + std::string(what);
    const std::string near = did_you_mean(entry.key, known);
    problems.add(entry, text + (near.empty() ? "; known keys: " + join(known, ", ") : near));
  }
}

const Node* MapReader::get(std::string_view key) const {
  const Entry* entry = node_.find(key);
  return entry == nullptr || entry->value.is_null() ? nullptr : &entry->value;
}

std::string MapReader::text(std::string_view key, std::size_t bytes_max) const {
  const Node* node = get(key);
  if (node == nullptr) return {};
  if (!node->is_scalar()) {
    problems_.add(*node, std::string(key) + " must be a text, not " + std::string(to_string(node->kind)));
    return {};
  }
  if (node->text.empty()) problems_.add(*node, std::string(key) + " is empty: leave the key out instead");
  if (node->text.size() > bytes_max) problems_.add(*node, std::string(key) + " is too long");
  return node->text;
}

std::vector<const Node*> scalars(const Node& node, std::string_view what, Problems& problems) {
  std::vector<const Node*> all;
  if (node.is_scalar()) {
    all.push_back(&node);
  } else if (node.is_sequence()) {
    for (const Node& item : node.items) {
      if (item.is_scalar()) {
        all.push_back(&item);
      } else {
        problems.add(item,
                     "each of " + std::string(what) + " must be a text, not " + std::string(to_string(item.kind)));
      }
    }
  } else {
    problems.add(node,
                 std::string(what) + " must be a text or a list of texts, not " + std::string(to_string(node.kind)));
  }
  return all;
}

}  // namespace postern::yaml
