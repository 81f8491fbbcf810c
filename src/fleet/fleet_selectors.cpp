// The fleet file's selectors, groups and protect.

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "fleet/fleet_reader.hpp"
#include "fleet/selector_syntax.hpp"

namespace postern::fleet {

namespace fleet_selectors_detail {

constexpr std::size_t kNamedMax = 1000;
constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kListMax = 5000;

std::string check_name(std::string_view name) {
  const auto ok = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  if (name.empty() || name.size() > kNameBytesMax || !std::all_of(name.begin(), name.end(), ok)) {
    return "'" + printable(name, 80) + "' cannot be a name: 1 to 64 letters, digits, '_', '-' and '.'";
  }
  return {};
}

class Reader {
 public:
  Reader(const FleetFile& file, Problems& problems) : file_(file), problems_(problems) {
    for (const Account& account : file.accounts) account_names_.push_back(account.name);
  }

  /// A text in the command line's grammar, a map, or a list of either (any of them).
  Selector selector(const yaml::Node& node, int depth) {
    if (depth > kSelectorDepthMax) {
      problems_.add(node, "selectors nested more than " + std::to_string(kSelectorDepthMax) + " levels deep");
      return Selector::none();
    }
    if (node.is_scalar()) return from_text(node);
    if (node.is_map()) return from_map(node, depth);
    if (node.is_sequence()) return Selector::disjunction(list(node, depth));
    problems_.add(node, "the selector is empty: write `all` for every instance");
    return Selector::none();
  }

  /// Members of a group: instance ids, accounts by id or name, @names.
  Selector group(const yaml::Node& node) {
    std::vector<Selector> members;
    for (const yaml::Node* item : bounded(node, "the group's members")) {
      const std::string& text = item->text;
      if (text.starts_with('@')) {
        members.push_back(Selector::reference(text.substr(1)));
      } else if (text.starts_with("i-") || text.starts_with("mi-")) {
        members.push_back(term(Field::id, "", {item}));
      } else {
        members.push_back(term(Field::account, "", {item}));
      }
    }
    if (members.empty()) problems_.add(node, "the group has no members");
    return Selector::disjunction(std::move(members));
  }

  /// Accounts by id, name or pattern.
  Selector accounts(const yaml::Node& node) { return term(Field::account, "", bounded(node, "accounts")); }

 private:
  Selector from_text(const yaml::Node& node) {
    SelectorSyntax<Selector> parsed = parse_selector(node.text);
    if (parsed) return std::move(*parsed);
    problems_.add(node,
                  "column " + std::to_string(parsed.error().offset + 1) + " of the selector: " + parsed.error().text);
    return Selector::none();
  }

  Selector from_map(const yaml::Node& node, int depth) {
    const MapReader map(node, "the selector",
                        {"tags", "account_tags", "names", "ids", "groups", "accounts", "regions", "platform", "state",
                         "ssm", "not", "any", "all"},
                        problems_);
    std::vector<Selector> parts;
    add_tags(map.get("tags"), Field::tag, parts);
    add_tags(map.get("account_tags"), Field::account_tag, parts);
    add_terms(map.get("names"), Field::name, parts);
    add_terms(map.get("ids"), Field::id, parts);
    add_terms(map.get("accounts"), Field::account, parts);
    add_terms(map.get("regions"), Field::region, parts);
    add_terms(map.get("platform"), Field::platform, parts);
    add_terms(map.get("state"), Field::state, parts);
    add_terms(map.get("ssm"), Field::ssm, parts);
    if (const yaml::Node* groups = map.get("groups")) parts.push_back(references(*groups));
    if (const yaml::Node* any = map.get("any")) parts.push_back(Selector::disjunction(list(*any, depth)));
    if (const yaml::Node* all = map.get("all")) parts.push_back(Selector::conjunction(list(*all, depth)));
    if (const yaml::Node* excluded = map.get("not")) {
      parts.push_back(Selector::negation(selector(*excluded, depth + 1)));
    }
    if (parts.empty()) problems_.add(node, "the selector is empty: write `all` for every instance");
    return Selector::conjunction(std::move(parts));
  }

  std::vector<Selector> list(const yaml::Node& node, int depth) {
    std::vector<Selector> all;
    if (!node.is_sequence() || node.items.empty()) {
      problems_.add(node, "a list of selectors is expected here");
      return all;
    }
    for (const yaml::Node& item : node.items) all.push_back(selector(item, depth + 1));
    return all;
  }

  std::vector<const yaml::Node*> bounded(const yaml::Node& node, std::string_view what) {
    std::vector<const yaml::Node*> all = scalars(node, what, problems_);
    if (all.size() > kListMax) {
      problems_.add(node, std::string(what) + " are more than " + std::to_string(kListMax));
      all.resize(kListMax);
    }
    return all;
  }

  Selector references(const yaml::Node& node) {
    std::vector<Selector> names;
    for (const yaml::Node* item : bounded(node, "groups")) {
      const std::string_view text = item->text;
      names.push_back(Selector::reference(std::string(text.starts_with('@') ? text.substr(1) : text)));
    }
    return Selector::disjunction(std::move(names));
  }

  Selector term(Field field, std::string key, const std::vector<const yaml::Node*>& items) {
    std::vector<std::string> globs;
    for (const yaml::Node* item : items) {
      std::string value = item->text;
      std::string why = check_selector_value(field, value);
      if (why.empty() && field == Field::account) why = check_account(value);
      if (why.empty()) {
        globs.push_back(std::move(value));
      } else {
        problems_.add(*item, why);
      }
    }
    return Selector::term(field, std::move(key), std::move(globs));
  }

  std::string check_account(const std::string& text) const {
    const bool known = std::any_of(file_.accounts.begin(), file_.accounts.end(), [&](const Account& account) {
      return glob_match(text, account.id.text()) || glob_match(text, account.name);
    });
    if (known) return {};
    return "'" + printable(text, 60) + "' is no account of this file" + did_you_mean(text, account_names_);
  }

  void add_terms(const yaml::Node* node, Field field, std::vector<Selector>& parts) {
    if (node != nullptr) parts.push_back(term(field, "", bounded(*node, to_string(field))));
  }

  void add_tags(const yaml::Node* node, Field field, std::vector<Selector>& parts) {
    if (node == nullptr) return;
    if (!node->is_map() || node->entries.empty()) {
      problems_.add(*node, "tags must be a map: {KEY: VALUE}, {KEY: [VALUE, VALUE]} or {KEY: null} for any value");
      return;
    }
    for (const yaml::Entry& entry : node->entries) {
      if (entry.value.is_null()) {
        parts.push_back(Selector::has_tag(field, entry.key));
      } else {
        parts.push_back(term(field, entry.key, bounded(entry.value, "the tag's values")));
      }
    }
  }

  const FleetFile& file_;
  Problems& problems_;
  std::vector<std::string> account_names_;
};

/// Adds one name; false when it cannot be.
bool add(FleetFile& file, const yaml::Entry& entry, Selector selector, Problems& problems) {
  if (std::string why = check_name(entry.key); !why.empty()) {
    problems.add(entry, why);
    return false;
  }
  if (file.selectors.size() >= kNamedMax) {
    problems.add(entry, "more than " + std::to_string(kNamedMax) + " selectors and groups");
    return false;
  }
  if (!file.selectors.emplace(entry.key, std::move(selector)).second) {
    problems.add(entry, "'" + entry.key + "' is the name of a selector already: @" + entry.key + " would be ambiguous");
    return false;
  }
  return true;
}

bool is_map_of_names(const yaml::Node* node, std::string_view what, Problems& problems) {
  if (node == nullptr) return false;
  if (node->is_map()) return true;
  problems.add(*node, std::string(what) + " must be a map: {NAME: ...}");
  return false;
}

/// Unknown names and loops, reported where the selector that starts them is named. A loop is reported once.
void check_references(const yaml::Node* section, const FleetFile& file, std::vector<std::string>& loops,
                      Problems& problems) {
  if (section == nullptr || !section->is_map()) return;
  for (const yaml::Entry& entry : section->entries) {
    const auto named = file.selectors.find(entry.key);
    if (named == file.selectors.end()) continue;
    const Result<Selector> bound = file.bind(Selector::reference(entry.key));
    if (bound) continue;
    const std::string& text = bound.error().message();
    const std::size_t arrow = text.find("in a loop: ");
    if (arrow == std::string::npos) {
      problems.add(entry, text);
      continue;
    }
    // the same loop seen from another of its members has the same names
    std::vector<std::string> names;
    for (const std::string_view part : split(std::string_view(text).substr(arrow + 11), ' ')) {
      if (part.starts_with('@')) names.emplace_back(part);
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    const std::string members = join(names, " ");
    if (std::find(loops.begin(), loops.end(), members) == loops.end()) {
      loops.push_back(members);
      problems.add(entry, text);
    }
  }
}

/// What `protect` and the freeze windows refer to.
void bind_rails(const SelectorNodes& nodes, FleetFile& file, Problems& problems) {
  if (nodes.protect != nullptr) {
    Result<Selector> bound = file.bind(file.protect);
    const auto namesake = file.selectors.find(kProtected);
    if (!bound) {
      problems.add(*nodes.protect, bound.error().message());
    } else if (namesake != file.selectors.end() && file.bind(namesake->second).value_or(Selector()) != *bound) {
      problems.add(*nodes.protect,
                   "@protected is what protect says, and there is a selector of that name that says "
                   "something else");
    } else {
      file.protect = std::move(*bound);
    }
  }
  for (std::size_t i = 0; i < file.freeze.size(); ++i) {
    Result<Selector> bound = file.bind(file.freeze[i].what);
    if (bound) {
      file.freeze[i].what = std::move(*bound);
    } else {
      problems.add(nodes.freeze->items[i], bound.error().message());
    }
  }
}

}  // namespace fleet_selectors_detail

void read_selectors(const SelectorNodes& nodes, FleetFile& file, Problems& problems) {
  namespace detail = fleet_selectors_detail;
  detail::Reader reader(file, problems);
  if (detail::is_map_of_names(nodes.selectors, "selectors", problems)) {
    for (const yaml::Entry& entry : nodes.selectors->entries) {
      detail::add(file, entry, reader.selector(entry.value, 0), problems);
    }
  }
  if (detail::is_map_of_names(nodes.groups, "groups", problems)) {
    for (const yaml::Entry& entry : nodes.groups->entries) {
      if (detail::add(file, entry, reader.group(entry.value), problems)) file.groups.push_back(entry.key);
    }
    std::sort(file.groups.begin(), file.groups.end());
  }
  std::vector<std::string> loops;
  detail::check_references(nodes.selectors, file, loops, problems);
  detail::check_references(nodes.groups, file, loops, problems);
  if (nodes.protect != nullptr) file.protect = reader.selector(*nodes.protect, 0);
  WhomReader whom;
  whom.selector = [&reader](const yaml::Node& node) { return reader.selector(node, 0); };
  whom.accounts = [&reader](const yaml::Node& node) { return reader.accounts(node); };
  read_freeze(nodes.freeze, whom, file, problems);
  if (problems.none()) detail::bind_rails(nodes, file, problems);  // else a broken selector would be reported twice
}

}  // namespace postern::fleet
