#include "aws/auth/settings.hpp"

#include <charconv>

#include "base/text.hpp"

namespace postern::aws::auth {

namespace {

constexpr std::string_view kEndpointVariable = "AWS_ENDPOINT_URL";

/// A setting with the place that it came from.
struct SettingFound {
  SettingFound() = default;
  SettingFound(std::string v, std::string s) : value(std::move(v)), source(std::move(s)) {}
  std::string value;
  std::string source;
};

class SettingsReader {
 public:
  SettingsReader(const os::Environment& environment, const SharedConfig& config)
      : environment_(environment), config_(config) {}

  std::string variable(std::string_view name) const { return environment_.get(name).value_or(std::string()); }

  /// The first of: environment variables in their order, the profile's key. Empty values do not count.
  std::optional<SettingFound> find(std::initializer_list<std::string_view> variables, std::string_view key) const {
    for (const std::string_view name : variables) {
      std::string value = variable(name);
      if (!value.empty()) return SettingFound(std::move(value), std::string(name));
    }
    if (profile_ == nullptr || key.empty()) return std::nullopt;
    const IniValue* value = profile_->value(key);
    if (value == nullptr || value->text().empty()) return std::nullopt;
    return SettingFound(value->text(), "profile " + profile_->name());
  }

  bool flag(std::string_view name, std::string_view key) const {
    const auto found = find({name}, key);
    return found && equals_ignore_case(found->value, "true");
  }

  Result<int> number(std::string_view name, std::string_view key, int fallback) const {
    const auto found = find({name}, key);
    if (!found) return fallback;
    int value = 0;
    const char* end = found->value.data() + found->value.size();
    const auto parsed = std::from_chars(found->value.data(), end, value);
    constexpr int kMost = 1000;
    if (parsed.ec != std::errc() || parsed.ptr != end || value < 1 || value > kMost) {
      return fail(ErrorKind::usage, std::string(key.empty() ? name : key) + " from " + found->source +
                                        " must be a whole number from 1 to 1000, not '" + printable(found->value, 40) +
                                        "'");
    }
    return value;
  }

  Result<void> choose_profile(const SettingsOptions& options, Settings& settings) {
    if (!options.profile.empty()) {
      settings.profile = options.profile;
      settings.profile_choice = ProfileChoice::option;
    } else if (auto named = find({"AWS_DEFAULT_PROFILE", "AWS_PROFILE"}, "")) {
      settings.profile = named->value;
      settings.profile_choice = ProfileChoice::environment;
    }
    if (settings.profile_choice == ProfileChoice::standard) {
      profile_ = config_.profile(settings.profile);
      return {};
    }
    TRY(profile_, config_.require_profile(settings.profile));
    return {};
  }

  Result<void> collect_endpoints(const SettingsOptions& options, EndpointConfig& endpoints) const {
    endpoints.use_fips = flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
    endpoints.use_dual_stack = flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
    if (!options.ssm_endpoint_url.empty()) {
      endpoints.custom.emplace_back("SSM", options.ssm_endpoint_url, "the caller's endpoint");
    }
    if (!options.endpoint_url.empty()) endpoints.custom.emplace_back("", options.endpoint_url, "--endpoint-url");
    if (flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")) return {};
    const std::string prefix = std::string(kEndpointVariable) + "_";
    for (const auto& [name, value] : environment_.all()) {
      if (!name.starts_with(prefix) || value.empty()) continue;
      endpoints.custom.emplace_back(name.substr(prefix.size()), value, name);
    }
    const std::string every = variable(kEndpointVariable);
    if (!every.empty()) endpoints.custom.emplace_back("", every, std::string(kEndpointVariable));
    if (profile_ == nullptr) return {};
    TRY_VOID(collect_services(endpoints));
    if (const std::string* url = profile_->find("endpoint_url"); url != nullptr && !url->empty()) {
      endpoints.custom.emplace_back("", *url, "profile " + profile_->name());
    }
    return {};
  }

  Result<void> collect_services(EndpointConfig& endpoints) const {
    const IniValue* name = profile_->value("services");
    if (name == nullptr) return {};
    const IniSection* services = config_.services(name->text());
    if (services == nullptr) {
      return fail(ErrorKind::usage, config_.config_path() + ":" + std::to_string(name->line()) + ": profile " +
                                        profile_->name() + " wants [services " + printable(name->text(), 80) +
                                        "], which is not there");
    }
    for (const auto& [service, value] : services->values) {
      const std::string* url = value.nested("endpoint_url");
      if (url == nullptr || url->empty()) continue;
      endpoints.custom.emplace_back(
          to_upper(service), *url,
          config_.config_path() + ":" + std::to_string(value.line()) + " [" + services->name + "]");
    }
    return {};
  }

  Result<RetryMode> retry_mode() const {
    const auto found = find({"AWS_RETRY_MODE"}, "retry_mode");
    if (!found) return RetryMode::unset;
    if (equals_ignore_case(found->value, "legacy")) return RetryMode::legacy;
    if (equals_ignore_case(found->value, "standard")) return RetryMode::standard;
    if (equals_ignore_case(found->value, "adaptive")) return RetryMode::adaptive;
    return fail(ErrorKind::usage, "the retry mode from " + found->source +
                                      " must be legacy, standard or adaptive, not '" + printable(found->value, 40) +
                                      "'");
  }

  Result<MetadataSettings> metadata() const {
    MetadataSettings metadata;
    metadata.disabled = equals_ignore_case(variable("AWS_EC2_METADATA_DISABLED"), "true");
    TRY(const int timeout, number("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", 1));
    TRY(metadata.attempts, number("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts", 1));
    metadata.timeout = std::chrono::seconds(timeout);
    const auto endpoint = find({"AWS_EC2_METADATA_SERVICE_ENDPOINT"}, "ec2_metadata_service_endpoint");
    const auto mode = find({"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"}, "ec2_metadata_service_endpoint_mode");
    if (endpoint) {
      metadata.endpoint = endpoint->value;
    } else if (mode && equals_ignore_case(mode->value, "ipv6")) {
      metadata.endpoint = "http://[fd00:ec2::254]";
    }
    return metadata;
  }

 private:
  const os::Environment& environment_;
  const SharedConfig& config_;
  const Profile* profile_ = nullptr;
};

}  // namespace

Result<Settings> load_settings(const os::Environment& environment, const SharedConfig& config,
                               const SettingsOptions& options) {
  Settings settings;
  SettingsReader reader(environment, config);
  TRY_VOID(reader.choose_profile(options, settings));
  if (!options.region.empty()) {
    settings.region = options.region;
    settings.region_source = "--region";
  } else if (auto region = reader.find({"AWS_REGION", "AWS_DEFAULT_REGION"}, "region")) {
    settings.region = std::move(region->value);
    settings.region_source = std::move(region->source);
  }
  const auto bundle = reader.find({"AWS_CA_BUNDLE"}, "ca_bundle");
  settings.ca_bundle = !options.ca_bundle.empty() ? options.ca_bundle : bundle ? bundle->value : std::string();
  TRY(settings.max_attempts, reader.number("AWS_MAX_ATTEMPTS", "max_attempts", 0));
  TRY(settings.retry_mode, reader.retry_mode());
  TRY_VOID(reader.collect_endpoints(options, settings.endpoints));
  TRY(settings.metadata, reader.metadata());
  return settings;
}

}  // namespace postern::aws::auth
