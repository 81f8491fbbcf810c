#include "cli/run_places.hpp"

#include "base/text.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t kAlarmNameMax = 255;

void set_bucket(flow::OutputPlaces& output, const fleet::S3Place& place) {
  output.bucket = place.bucket;
  output.prefix = place.prefix;
  output.region = place.region.text();
}

Result<void> read_output(const Invocation& invocation, flow::OutputPlaces& output) {
  if (const auto text = invocation.value("--output-s3")) {
    Result<fleet::S3Place> place = fleet::S3Place::parse(*text);
    if (!place) return fail(ErrorKind::usage, "--output-s3: " + place.error().message());
    set_bucket(output, *place);
  }
  if (const auto text = invocation.value("--output-s3-region")) {
    Result<fleet::Region> region = fleet::Region::parse(*text);
    if (!region) return fail(ErrorKind::usage, "--output-s3-region: " + region.error().message());
    if (output.bucket.empty()) return fail(ErrorKind::usage, "--output-s3-region goes with --output-s3");
    output.region = region->text();
  }
  if (const auto text = invocation.value("--output-logs")) {
    if (const std::string why = fleet::check_log_group(*text); !why.empty())
      return fail(ErrorKind::usage, "--output-logs: " + why);
    output.log_group = *text;
  }
  return Result<void>();
}

Result<void> read_alarm(const Invocation& invocation, flow::AlarmGuard& alarm) {
  alarm.ignore_poll_failure = invocation.has("--alarm-ignore-poll-failure");
  const std::vector<std::string> names = invocation.values("--alarm");
  if (names.empty() && alarm.ignore_poll_failure) {
    return fail(ErrorKind::usage, "--alarm-ignore-poll-failure goes with --alarm");
  }
  if (names.empty()) return Result<void>();
  if (names.size() > 1) {
    return fail(ErrorKind::usage,
                "--alarm: Systems Manager watches one alarm a command; a composite alarm can watch several");
  }
  const std::string& name = names.front();
  if (trim(name).empty() || name.size() > kAlarmNameMax || !is_utf8(name) || printable(name, kAlarmNameMax) != name) {
    return fail(ErrorKind::usage, "--alarm: an alarm's name has 1 to 255 characters and is no ARN");
  }
  if (name.starts_with("arn:")) {
    return fail(ErrorKind::usage,
                "--alarm: give the alarm's name, not its ARN: it is looked up in every account and "
                "Region of the run");
  }
  alarm.name = name;
  return Result<void>();
}

}  // namespace

Result<void> read_places(const Invocation& invocation, const std::optional<fleet::FleetFile>& fleet,
                         flow::CommandSpec& spec) {
  if (fleet) {
    set_bucket(spec.output, fleet->signals.output_s3);
    spec.output.log_group = fleet->signals.output_logs;
  }
  TRY_VOID(read_output(invocation, spec.output));
  return read_alarm(invocation, spec.alarm);
}

std::string places_text(const flow::CommandSpec& spec) {
  std::string out;
  if (!spec.output.bucket.empty()) {
    out +=
        "full output: s3://" + spec.output.bucket + (spec.output.prefix.empty() ? "" : "/" + spec.output.prefix) + "\n";
  }
  if (!spec.output.log_group.empty()) out += "full output: log group " + spec.output.log_group + "\n";
  if (!spec.alarm.name.empty()) out += "stopped by: alarm " + spec.alarm.name + "\n";
  return out;
}

}  // namespace postern::cli
