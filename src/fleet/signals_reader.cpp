// notify, output, anchors and copies of the fleet file.

#include <algorithm>

#include "fleet/fleet_reader.hpp"

namespace postern::fleet {
namespace {

void add_target(const yaml::Node& node, std::vector<NotifyTarget>& into, Problems& problems,
                std::optional<NotifyTarget::Kind> wanted) {
  Result<NotifyTarget> target = NotifyTarget::parse(node.text);
  if (!target) {
    problems.add(node, target.error().message());
  } else if (wanted && target->kind != *wanted) {
    problems.add(node, "this is not what its key says: " + target->label());
  } else if (into.size() >= kNotifyTargetsMax) {
    problems.add(node, "more than " + std::to_string(kNotifyTargetsMax) + " of them are notified");
  } else {
    into.push_back(std::move(*target));
  }
}

/// A text, a list of texts, or a map with a text or list for each kind.
std::vector<NotifyTarget> read_notify(const yaml::Node* node, Problems& problems) {
  std::vector<NotifyTarget> targets;
  if (node == nullptr) return targets;
  if (!node->is_map()) {
    for (const yaml::Node* item : scalars(*node, "notify", problems))
      add_target(*item, targets, problems, std::nullopt);
    return targets;
  }
  const MapReader map(*node, "notify", {"sns", "event_bus", "webhook"}, problems);
  const auto add_all = [&](std::string_view key, NotifyTarget::Kind kind) {
    const yaml::Node* of_kind = map.get(key);
    if (of_kind == nullptr) return;
    for (const yaml::Node* item : scalars(*of_kind, key, problems)) add_target(*item, targets, problems, kind);
  };
  add_all("sns", NotifyTarget::Kind::sns);
  add_all("event_bus", NotifyTarget::Kind::event_bus);
  add_all("webhook", NotifyTarget::Kind::webhook);
  return targets;
}

S3Place read_place(const MapReader& map, Problems& problems) {
  const yaml::Node* node = map.get("s3");
  if (node == nullptr) return {};
  Result<S3Place> place = S3Place::parse(map.text("s3"));
  if (!place) {
    problems.add(*node, place.error().message());
    return {};
  }
  if (const yaml::Node* region = map.get("region")) place->region = checked<Region>(*region, problems);
  return std::move(*place);
}

/// A map, or a list of maps with a Region each.
std::vector<S3Place> read_copies(const yaml::Node* node, Problems& problems) {
  std::vector<S3Place> places;
  if (node == nullptr) return places;
  std::vector<const yaml::Node*> items;
  if (node->is_map()) {
    items.push_back(node);
  } else {
    for (const yaml::Node& item : node->items) items.push_back(&item);
  }
  if (items.empty()) problems.add(*node, "copies is {s3: s3://BUCKET/PREFIX, region: REGION}, or a list of them");
  for (const yaml::Node* item : items) {
    const MapReader map(*item, "copies", {"s3", "region"}, problems);
    S3Place place = read_place(map, problems);
    if (!item->is_map()) continue;
    if (map.get("s3") == nullptr || map.get("region") == nullptr) {
      problems.add(*item, "copies needs s3: s3://BUCKET/PREFIX and the bucket's region");
    } else if (std::any_of(places.begin(), places.end(), [&](const S3Place& p) { return p.region == place.region; })) {
      problems.add(*item, "copies has two places in one Region");
    } else if (places.size() >= kCopyPlacesMax) {
      problems.add(*item, "copies has more than " + std::to_string(kCopyPlacesMax) + " places");
    } else if (!place.empty()) {
      places.push_back(std::move(place));
    }
  }
  return places;
}

}  // namespace

const S3Place* Signals::copy_place(const Region& region) const noexcept {
  const auto found = std::find_if(copies.begin(), copies.end(), [&](const S3Place& p) { return p.region == region; });
  return found == copies.end() ? nullptr : &*found;
}

void read_signals(const MapReader& top, FleetFile& file, Problems& problems) {
  Signals& signals = file.signals;
  signals.notify = read_notify(top.get("notify"), problems);
  if (const yaml::Node* node = top.get("output")) {
    const MapReader map(*node, "output", {"s3", "region", "logs"}, problems);
    signals.output_s3 = read_place(map, problems);
    signals.output_logs = map.text("logs");
    if (map.get("logs") != nullptr) {
      if (const std::string why = check_log_group(signals.output_logs); !why.empty())
        problems.add(*map.get("logs"), why);
    }
  }
  signals.copies = read_copies(top.get("copies"), problems);
  const yaml::Node* node = top.get("anchors");
  if (node == nullptr) return;
  const MapReader map(*node, "anchors", {"s3", "region", "retain_days"}, problems);
  signals.anchors = read_place(map, problems);
  if (node->is_map() && map.get("s3") == nullptr) problems.add(*node, "anchors needs s3: s3://BUCKET/PREFIX");
  if (const yaml::Node* days = map.get("retain_days")) {
    const std::optional<std::int64_t> value = days->to_int();
    if (!value || *value < 1 || *value > kAnchorDaysMax) {
      problems.add(*days, "retain_days must be a number from 1 to " + std::to_string(kAnchorDaysMax));
    } else {
      signals.anchor_days = static_cast<int>(*value);
    }
  }
}

}  // namespace postern::fleet
