// The fleet file's freeze windows and lists of documents.

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "fleet/fleet_reader.hpp"
#include "fleet/selector_syntax.hpp"

namespace postern::fleet {

namespace fleet_rails_detail {

constexpr std::size_t kWindowsMax = 200;
constexpr std::size_t kSpansMax = 50;
constexpr std::size_t kWindowNameMax = 64;
constexpr std::size_t kDocumentsMax = 500;
constexpr std::size_t kDocumentNameMax = 512;  // an ARN of a shared one

bool consists_of(std::string_view text, std::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || more.find(c) != more.npos;
  });
}

std::optional<WallTime> read_moment(const MapReader& map, std::string_view key) {
  const std::string text = map.text(key);
  if (text.empty()) return std::nullopt;
  const std::optional<WallTime> time = parse_rfc3339(text);
  if (!time) {
    map.problems().add(*map.get(key), "'" + printable(text, 60) + "' is no time: it is written as " +
                                          "2026-12-28T00:00:00Z or 2026-12-28T00:00:00+01:00");
  }
  return time;
}

void read_weekly(const yaml::Node& node, FreezeWindow& window, Problems& problems) {
  for (const yaml::Node* item : scalars(node, "weekly", problems)) {
    Result<WeeklySpan> span = parse_weekly(item->text);
    if (!span) {
      problems.add(*item, span.error().message());
    } else if (window.weekly.size() == kSpansMax) {
      problems.add(*item, "more than " + std::to_string(kSpansMax) + " times of the week");
      return;
    } else {
      window.weekly.push_back(*span);
    }
  }
}

void read_times(const yaml::Node& node, const MapReader& map, FreezeWindow& window) {
  Problems& problems = map.problems();
  window.from = read_moment(map, "from");
  window.to = read_moment(map, "to");
  const yaml::Node* weekly = map.get("weekly");
  const bool absolute = map.get("from") != nullptr || map.get("to") != nullptr;
  if (weekly != nullptr) read_weekly(*weekly, window, problems);
  if (absolute == (weekly != nullptr)) {
    problems.add(node, "a freeze window has either from and to, or weekly");
  } else if (absolute && (map.get("from") == nullptr || map.get("to") == nullptr)) {
    problems.add(node, "a freeze window with from has to, and the other way round");
  }
  if (window.from && window.to && *window.to <= *window.from) problems.add(*map.get("to"), "it ends before it begins");
  const std::string zone = map.text("timezone");
  if (zone.empty()) return;
  const yaml::Node& at = *map.get("timezone");
  if (absolute) {
    problems.add(at, "timezone goes with weekly: from and to say their offset themselves");
  } else if (!consists_of(zone, "_+-/") || zone.starts_with('/') || zone.ends_with('/') || zone.size() > 64) {
    problems.add(at, "'" + printable(zone, 60) + "' is no time zone: it is written as Europe/Berlin or UTC");
  } else {
    window.zone = zone;
  }
}

FreezeWindow read_window(const yaml::Node& node, const WhomReader& whom, Problems& problems) {
  const MapReader map(node, "freeze[]", {"name", "from", "to", "weekly", "timezone", "accounts", "selector"}, problems);
  FreezeWindow window;
  window.where = node.where();
  if (!node.is_map()) return window;
  window.name = map.text("name");
  if (window.name.empty()) {
    problems.add(node, "the freeze window has no name");
  } else if (window.name.size() > kWindowNameMax || !consists_of(window.name, "_.-+@/ ")) {
    problems.add(*map.get("name"), "a freeze window's name may hold letters, digits, spaces and _.-+@/");
  }
  read_times(node, map, window);
  std::vector<Selector> parts;
  if (const yaml::Node* accounts = map.get("accounts")) parts.push_back(whom.accounts(*accounts));
  if (const yaml::Node* selector = map.get("selector")) parts.push_back(whom.selector(*selector));
  window.what = Selector::conjunction(std::move(parts));
  return window;
}

}  // namespace fleet_rails_detail

void read_freeze(const yaml::Node* node, const WhomReader& whom, FleetFile& file, Problems& problems) {
  namespace detail = fleet_rails_detail;
  if (node == nullptr) return;
  if (!node->is_sequence()) {
    problems.add(*node, "freeze must be a list of windows, not " + std::string(yaml::to_string(node->kind)));
    return;
  }
  if (node->items.size() > detail::kWindowsMax) {
    problems.add(*node, "more than " + std::to_string(detail::kWindowsMax) + " freeze windows");
    return;
  }
  std::set<std::string> names;
  for (const yaml::Node& item : node->items) {
    FreezeWindow window = detail::read_window(item, whom, problems);
    if (!window.name.empty() && !names.insert(window.name).second) {
      problems.add(item, "there are two freeze windows of the name " + window.name);
    }
    file.freeze.push_back(std::move(window));
  }
}

std::vector<std::string> read_documents(const yaml::Node* node, Problems& problems) {
  namespace detail = fleet_rails_detail;
  std::vector<std::string> documents;
  if (node == nullptr) return documents;
  for (const yaml::Node* item : scalars(*node, "documents", problems)) {
    const std::string& name = item->text;
    if (name.size() < 3 || name.size() > detail::kDocumentNameMax ||
        !detail::consists_of(name, "_-.:/*?")) {  // patterns, and the ARNs of shared documents
      problems.add(*item, "'" + printable(name, 60) + "' is no name of a Systems Manager document");
    } else if (documents.size() == detail::kDocumentsMax) {
      problems.add(*item, "more than " + std::to_string(detail::kDocumentsMax) + " documents");
      break;
    } else {
      documents.push_back(name);
    }
  }
  if (documents.empty() && problems.none()) {
    problems.add(*node, "the list of documents is empty: leave it out to allow every document");
  }
  return documents;
}

}  // namespace postern::fleet
