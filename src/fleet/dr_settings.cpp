#include "fleet/dr_settings.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/text.hpp"
#include "fleet/fleet_reader.hpp"

namespace postern::fleet {
namespace dr_settings {

constexpr DrField kReplication[] = {
    {"subnet", DrKind::text, "subnet-"},
    {"security_groups", DrKind::texts, "sg-"},
    {"default_security_group", DrKind::flag, ""},
    {"instance_type", DrKind::text, ""},
    {"dedicated_servers", DrKind::flag, ""},
    {"disk_type", DrKind::choice, "auto|gp2|gp3|st1"},
    {"encryption", DrKind::choice, "default|custom|none"},
    {"key", DrKind::text, "arn:"},
    {"bandwidth", DrKind::number, ""},
    {"routing", DrKind::choice, "private|public"},
    {"public_ip", DrKind::flag, ""},
    {"staging_tags", DrKind::tags, ""},
    {"points", DrKind::points, ""},
    {"new_disks", DrKind::flag, ""},
};
constexpr DrField kLaunch[] = {
    {"disposition", DrKind::choice, "started|stopped"},
    {"right_sizing", DrKind::choice, "basic|in_aws|none"},
    {"copy_private_ip", DrKind::flag, ""},
    {"copy_tags", DrKind::flag, ""},
    {"byol", DrKind::flag, ""},
    {"post_launch", DrKind::flag, ""},
};

constexpr std::size_t kTextMax = 255;
constexpr std::size_t kKeyMax = 2048;
constexpr std::size_t kGroupsMax = 32;
constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kRulesMax = 10;
constexpr std::int64_t kHour = 60;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kIntervalMin = 10;
constexpr std::int64_t kRetentionMax = 365 * kDay;
constexpr std::int64_t kBandwidthMax = 1'000'000;  // Mbps; the service names no limit

Error usage(std::string text) {
  return Error(ErrorKind::usage, std::move(text));
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// "10m", "1h", "7d" in minutes.
std::optional<std::int64_t> minutes_of(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const char unit = text.back();
  const std::int64_t scale = unit == 'm' ? 1 : unit == 'h' ? kHour : unit == 'd' ? kDay : 0;
  const std::optional<std::int64_t> count = number_of(text.substr(0, text.size() - 1));
  if (scale == 0 || !count || *count == 0 || *count > kRetentionMax) return std::nullopt;
  return *count * scale;
}

std::string text_of_minutes(std::int64_t minutes) {
  if (minutes % kDay == 0) return std::to_string(minutes / kDay) + "d";
  if (minutes % kHour == 0) return std::to_string(minutes / kHour) + "h";
  return std::to_string(minutes) + "m";
}

Result<std::string> word_of(const DrField& field, std::string_view raw) {
  const std::string_view text = trim(raw);
  const std::size_t most = field.name == "key" ? kKeyMax : kTextMax;
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (text.empty() || text.size() > most || !plain || text.starts_with('-')) {
    return fail(usage("'" + printable(text, 60) + "' is not a name of anything"));
  }
  if (!text.starts_with(field.rule)) {
    return fail(usage("'" + printable(text, 60) + "' should start with " + std::string(field.rule)));
  }
  return std::string(text);
}

Result<Json> list_of(const DrField& field, const std::vector<std::string_view>& texts) {
  std::vector<std::string> words;
  for (const std::string_view text : texts) {
    TRY(std::string word, word_of(field, text));
    words.push_back(std::move(word));
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  if (words.size() > kGroupsMax) return fail(usage("more than " + std::to_string(kGroupsMax)));
  Json out = Json::array();
  for (std::string& word : words) out.push_back(std::move(word));
  return out;
}

Result<Json> rules_of(const std::vector<std::string_view>& texts) {
  std::vector<PointRule> rules;
  for (const std::string_view text : texts) {
    TRY(const PointRule rule, parse_point_rule(trim(text)));
    rules.push_back(rule);
  }
  if (rules.size() > kRulesMax) return fail(usage("more than " + std::to_string(kRulesMax) + " rules"));
  std::sort(rules.begin(), rules.end(), [](const PointRule& a, const PointRule& b) {
    return a.interval != b.interval ? a.interval < b.interval : a.retention < b.retention;
  });
  Json out = Json::array();
  for (const PointRule& rule : rules) out.push_back(to_text(rule));
  return out;
}

Result<Json> tags_of(const std::vector<std::pair<std::string, std::string>>& pairs) {
  if (pairs.size() > kTagsMax) return fail(usage("more than " + std::to_string(kTagsMax) + " tags"));
  Json out = Json::object();
  for (const auto& [key, value] : pairs) {
    if (key.empty() || key.size() > 128 || value.size() > 256 || !is_utf8(key) || !is_utf8(value)) {
      return fail(usage("'" + printable(key, 60) + "' is no tag: keys have 1 to 128 characters, values at most 256"));
    }
    out.set(key, value);
  }
  return out;
}

Result<Json> choice_of(const DrField& field, std::string_view text) {
  const std::string word = to_lower(trim(text));
  const std::vector<std::string_view> known = split(field.rule, '|');
  if (std::find(known.begin(), known.end(), word) != known.end()) return Json(word);
  std::string all;
  for (const std::string_view each : known) all.append(all.empty() ? "" : ", ").append(each);
  return fail(usage("'" + printable(text, 60) + "' is not one of " + all));
}

Result<Json> value_of(const DrField& field, const yaml::Node& node) {
  std::vector<std::string_view> texts;
  for (const yaml::Node& item : node.items) {
    if (!item.is_scalar()) return fail(usage("must be a list of texts"));
    texts.push_back(item.text);
  }
  if (node.is_sequence() && field.kind == DrKind::texts) return list_of(field, texts);
  if (node.is_sequence() && field.kind == DrKind::points) return rules_of(texts);
  if (node.is_map() && field.kind == DrKind::tags) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const yaml::Entry& entry : node.entries) {
      if (!entry.value.is_scalar()) return fail(usage("must be a map of texts"));
      pairs.emplace_back(entry.key, entry.value.text);
    }
    return tags_of(pairs);
  }
  if (!node.is_scalar()) return fail(usage("cannot be a " + std::string(yaml::to_string(node.kind))));
  return parse_dr_value(field, node.text);
}

/// The settings under one key.
Json read_fields(const yaml::Node* node, std::string_view what, std::span<const DrField> fields, Problems& problems) {
  Json out = Json::object();
  if (node == nullptr) return out;
  if (!node->is_map()) {
    problems.add(*node, std::string(what) + " must be a map, not " + std::string(yaml::to_string(node->kind)));
    return out;
  }
  std::vector<std::string> known;
  for (const DrField& field : fields) known.emplace_back(field.name);
  for (const yaml::Entry& entry : node->entries) {
    const DrField* field = find_field(fields, entry.key);
    if (field == nullptr) {
      const std::string near = did_you_mean(entry.key, known);
      problems.add(entry, "unknown key '" + printable(entry.key, 60) + "' in " + std::string(what) +
                              (near.empty() ? "; known keys: " + join(known, ", ") : near));
      continue;
    }
    if (entry.value.is_null()) continue;
    Result<Json> value = value_of(*field, entry.value);
    if (value) {
      out.set(field->name, std::move(*value));
    } else {
      problems.add(entry.value, entry.key + ": " + value.error().message());
    }
  }
  return out;
}

void check_together(const yaml::Node& node, const DrSettings& settings, Problems& problems) {
  const bool custom = settings.replication["encryption"].to_string() == "custom";
  const bool key = settings.replication.contains("key");
  if (key && settings.replication.contains("encryption") && !custom) {
    problems.add(node, "a key goes with encryption: custom");
  }
}

}  // namespace dr_settings

std::span<const DrField> replication_fields() {
  return dr_settings::kReplication;
}

std::span<const DrField> launch_fields() {
  return dr_settings::kLaunch;
}

const DrField* find_field(std::span<const DrField> fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const DrField& each) { return each.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

Result<PointRule> parse_point_rule(std::string_view text) {
  using namespace dr_settings;
  const std::size_t slash = text.find('/');
  const std::string shown = "'" + printable(text, 60) + "'";
  if (slash == std::string_view::npos) {
    return fail(usage(shown + " is no rule: INTERVAL/RETENTION such as 10m/1h, 1h/24h or 1d/7d"));
  }
  const std::optional<std::int64_t> interval = minutes_of(text.substr(0, slash));
  const std::optional<std::int64_t> retention = minutes_of(text.substr(slash + 1));
  if (!interval || !retention) {
    return fail(usage(shown + " is no rule: numbers with m, h or d, such as 10m/1h, 1h/24h or 1d/7d"));
  }
  if (*interval < kIntervalMin) return fail(usage(shown + ": the interval must be at least 10m"));
  if (*retention < *interval || *retention > kRetentionMax) {
    return fail(usage(shown + ": the retention must be at least the interval and at most 365d"));
  }
  PointRule rule;
  rule.interval = *interval;
  rule.retention = *retention;
  return rule;
}

std::string to_text(const PointRule& rule) {
  return dr_settings::text_of_minutes(rule.interval) + "/" + dr_settings::text_of_minutes(rule.retention);
}

Result<Json> parse_dr_value(const DrField& field, std::string_view text) {
  using namespace dr_settings;
  switch (field.kind) {
    case DrKind::text: {
      TRY(std::string word, word_of(field, text));
      return Json(std::move(word));
    }
    case DrKind::choice:
      return choice_of(field, text);
    case DrKind::flag: {
      const std::string word = to_lower(trim(text));
      if (word == "true" || word == "yes" || word == "on") return Json(true);
      if (word == "false" || word == "no" || word == "off") return Json(false);
      return fail(usage("'" + printable(text, 60) + "' must be true or false"));
    }
    case DrKind::number: {
      const std::optional<std::int64_t> number = number_of(trim(text));
      if (number && *number <= kBandwidthMax) return Json(*number);
      return fail(usage("'" + printable(text, 60) + "' must be a number from 0 to 1000000"));
    }
    case DrKind::texts:
      return list_of(field, split(text, ','));
    case DrKind::points:
      return rules_of(split(text, ','));
    case DrKind::tags:
      break;
  }
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string_view part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return fail(usage("'" + printable(part, 60) + "' must be KEY=VALUE"));
    pairs.emplace_back(trim(part.substr(0, equals)), trim(part.substr(equals + 1)));
  }
  return tags_of(pairs);
}

DrSettings DrSettings::over(const DrSettings& base) const {
  DrSettings out = base;
  for (const Json::Member& member : replication.members()) out.replication.set(member.key, member.value);
  for (const Json::Member& member : launch.members()) out.launch.set(member.key, member.value);
  // A key belongs to the encryption that was asked for with it.
  if (replication.contains("encryption") && !replication.contains("key") &&
      replication["encryption"].to_string() != "custom") {
    out.replication.erase("key");
  }
  if (!staging_account.empty()) out.staging_account = staging_account;
  return out;
}

DrSettings read_dr_settings(const yaml::Node& node, const MapReader& map, Problems& problems) {
  DrSettings out;
  out.replication =
      dr_settings::read_fields(map.get("replication"), "replication", dr_settings::kReplication, problems);
  out.launch = dr_settings::read_fields(map.get("launch"), "launch", dr_settings::kLaunch, problems);
  if (const yaml::Node* account = map.get("staging_account")) {
    out.staging_account = checked<AccountId>(*account, problems);
  }
  dr_settings::check_together(node, out, problems);
  return out;
}

Result<DrSettings> parse_dr_settings(std::string_view text, std::string name) {
  TRY(const yaml::Node root, yaml::parse(text, std::move(name)));
  Problems problems;
  if (root.is_null()) return fail(root.error("the file is empty: it may have the keys replication and launch"));
  const MapReader map(root, "the settings", {"replication", "launch"}, problems);
  DrSettings out = read_dr_settings(root, map, problems);
  if (!problems.none()) return fail(problems.error());
  return out;
}

}  // namespace postern::fleet
