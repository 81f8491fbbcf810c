#pragma once

/// CloudWatch Logs: groups, streams and events.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/logs/server.hpp"
#include "rt/context.hpp"
#include "sim/access.hpp"

namespace postern::sim {

/// Events are kept by their time. Not offered: metric filters, subscriptions, Insights, KMS keys, filter patterns of
/// JSON, of columns and of regular expressions. Cloud and ctx's effects outlive it.
class LogsService final : public aws::logs::Handler {
 public:
  using Info = aws::server::CallInfo;
  using SiteKey = std::pair<std::string, std::string>;
  static constexpr std::size_t kGroupsMax = 1'000;             ///< per account and Region; AWS has 1,000,000
  static constexpr std::size_t kStreamsMax = 100'000;          ///< in all groups; AWS has no limit
  static constexpr std::size_t kBytesMax = 128 * 1024 * 1024;  ///< of all events of the cloud

  LogsService(Cloud& cloud, rt::CallContext ctx) : cloud_(cloud), ctx_(ctx) {}

  Result<aws::logs::CreateLogGroupResponse> create_log_group(const Info& info,
                                                             const aws::logs::CreateLogGroupRequest& request) override;
  Result<aws::logs::DeleteLogGroupResponse> delete_log_group(const Info& info,
                                                             const aws::logs::DeleteLogGroupRequest& request) override;
  Result<aws::logs::DescribeLogGroupsResponse> describe_log_groups(
      const Info& info, const aws::logs::DescribeLogGroupsRequest& request) override;
  Result<aws::logs::CreateLogStreamResponse> create_log_stream(
      const Info& info, const aws::logs::CreateLogStreamRequest& request) override;
  Result<aws::logs::DescribeLogStreamsResponse> describe_log_streams(
      const Info& info, const aws::logs::DescribeLogStreamsRequest& request) override;
  Result<aws::logs::PutLogEventsResponse> put_log_events(const Info& info,
                                                         const aws::logs::PutLogEventsRequest& request) override;
  Result<aws::logs::GetLogEventsResponse> get_log_events(const Info& info,
                                                         const aws::logs::GetLogEventsRequest& request) override;
  Result<aws::logs::FilterLogEventsResponse> filter_log_events(
      const Info& info, const aws::logs::FilterLogEventsRequest& request) override;
  Result<aws::logs::PutRetentionPolicyResponse> put_retention_policy(
      const Info& info, const aws::logs::PutRetentionPolicyRequest& request) override;

  bool has_group(const SiteKey& site, std::string_view name) const;
  /// Lines as events of a stream, which is made where there is none, like its group. Whoever calls has authorised it.
  /// Fails with InvalidParameterException (a name) and LimitExceededException.
  Result<void> append_lines(const SiteKey& site, const std::string& group, const std::string& stream,
                            std::string_view text);
  /// One event into a group that must be there, named by its ARN.
  Result<void> append_as_service(std::string_view group_arn, const std::string& stream, std::string message);

 private:
  struct Event {
    Event() = default;
    std::int64_t time = 0;  ///< milliseconds since the epoch, like all times here
    std::int64_t ingested = 0;
    std::uint64_t number = 0;  ///< unique in the cloud
    std::string message;
  };
  struct Stream {
    Stream() = default;
    std::int64_t created = 0;
    std::vector<Event> events;  ///< by time, then as they came
  };
  struct Group {
    Group() = default;
    std::string name;
    std::string arn;
    std::int64_t created = 0;
    std::optional<std::int32_t> retention;  ///< days
    std::size_t bytes = 0;
    Tags tags;
    std::map<std::string, Stream, std::less<>> streams;
  };

  std::int64_t now() const;
  Group* find_group(const SiteKey& site, std::string_view name);
  /// Authorises the operation on the group, and finds it.
  Result<Group*> open(const Info& info, const std::string& name, std::string_view stream = std::string_view());
  /// As open(), of a group that is named or told by its ARN.
  Result<Group*> open_either(const Info& info, const std::optional<std::string>& name,
                             const std::optional<std::string>& identifier,
                             std::string_view stream = std::string_view());
  Result<Group*> add_group(const SiteKey& site, const std::string& name);
  Result<Stream*> add_stream(Group& group, const std::string& name);
  Result<void> add(Group& group, Stream& stream, std::int64_t time, std::string message);
  /// The events that the group's retention has left, within the times.
  std::vector<const Event*> events_of(const Group& group, const Stream& stream, const std::optional<std::int64_t>& from,
                                      const std::optional<std::int64_t>& to) const;

  Cloud& cloud_;
  rt::CallContext ctx_;
  std::map<SiteKey, std::map<std::string, Group, std::less<>>> groups_;
  std::size_t bytes_ = 0;
  std::size_t streams_ = 0;
  std::uint64_t next_ = 1;
};

}  // namespace postern::sim
