#pragma once

/// CloudTrail: the history of calls, and trails as far as they can be made, shown and switched.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/cloudtrail/server.hpp"
#include "rt/context.hpp"
#include "sim/access.hpp"
#include "sim/cloudtrail/recorder.hpp"
#include "sim/s3/store.hpp"
#include "sim/signals/logs_service.hpp"

namespace postern::sim {

/// LookupEvents shows what the recorder kept, once CloudTrailConfig::delay has passed. A trail's bucket, its policy,
/// the log group and the role are checked as AWS checks them; nothing is delivered. All arguments outlive it.
class CloudTrailService final : public aws::cloudtrail::Handler {
 public:
  using Info = aws::server::CallInfo;
  static constexpr std::size_t kTrailsMax = 5;  ///< of an account and Region, as on AWS

  CloudTrailService(Cloud& cloud, const Store& store, const LogsService& logs)
      : cloud_(cloud), store_(store), logs_(logs), recorder_(cloud) {}
  trail::CallRecorder& recorder() noexcept { return recorder_; }

  Result<aws::cloudtrail::LookupEventsResponse> lookup_events(
      const Info& info, const aws::cloudtrail::LookupEventsRequest& request) override;
  Result<aws::cloudtrail::CreateTrailResponse> create_trail(
      const Info& info, const aws::cloudtrail::CreateTrailRequest& request) override;
  Result<aws::cloudtrail::UpdateTrailResponse> update_trail(
      const Info& info, const aws::cloudtrail::UpdateTrailRequest& request) override;
  Result<aws::cloudtrail::DeleteTrailResponse> delete_trail(
      const Info& info, const aws::cloudtrail::DeleteTrailRequest& request) override;
  Result<aws::cloudtrail::DescribeTrailsResponse> describe_trails(
      const Info& info, const aws::cloudtrail::DescribeTrailsRequest& request) override;
  Result<aws::cloudtrail::GetTrailResponse> get_trail(const Info& info,
                                                      const aws::cloudtrail::GetTrailRequest& request) override;
  Result<aws::cloudtrail::GetTrailStatusResponse> get_trail_status(
      const Info& info, const aws::cloudtrail::GetTrailStatusRequest& request) override;
  Result<aws::cloudtrail::ListTrailsResponse> list_trails(const Info& info,
                                                          const aws::cloudtrail::ListTrailsRequest& request) override;
  Result<aws::cloudtrail::StartLoggingResponse> start_logging(
      const Info& info, const aws::cloudtrail::StartLoggingRequest& request) override;
  Result<aws::cloudtrail::StopLoggingResponse> stop_logging(
      const Info& info, const aws::cloudtrail::StopLoggingRequest& request) override;
  Result<aws::cloudtrail::PutEventSelectorsResponse> put_event_selectors(
      const Info& info, const aws::cloudtrail::PutEventSelectorsRequest& request) override;
  Result<aws::cloudtrail::GetEventSelectorsResponse> get_event_selectors(
      const Info& info, const aws::cloudtrail::GetEventSelectorsRequest& request) override;
  Result<aws::cloudtrail::AddTagsResponse> add_tags(const Info& info,
                                                    const aws::cloudtrail::AddTagsRequest& request) override;
  Result<aws::cloudtrail::RemoveTagsResponse> remove_tags(const Info& info,
                                                          const aws::cloudtrail::RemoveTagsRequest& request) override;
  Result<aws::cloudtrail::ListTagsResponse> list_tags(const Info& info,
                                                      const aws::cloudtrail::ListTagsRequest& request) override;

 private:
  struct Trail {
    Trail() = default;
    aws::cloudtrail::Trail shown;
    std::string account;
    bool logging = false;
    std::optional<WallTime> started;
    std::optional<WallTime> stopped;
    std::vector<aws::cloudtrail::EventSelector> selectors;
    std::vector<aws::cloudtrail::AdvancedEventSelector> advanced;
    Tags tags;
  };
  enum class Change : std::uint8_t { no, yes };

  /// Two look-ups a second for an account and Region, as on AWS.
  Result<void> take_turn(const Info& info);
  /// What a trail has of `wanted` beside its name; checks bucket, log group, role, key and organization.
  template <class Request>
  Result<void> apply(const Info& info, const Request& request, aws::cloudtrail::Trail& shown) const;
  Result<void> check_bucket(const aws::cloudtrail::Trail& shown, const std::string& account) const;
  Result<void> check_logs(const Info& info, const aws::cloudtrail::Trail& shown) const;
  Result<void> check_organization(const Info& info) const;
  bool is_visible(const Info& info, const Trail& trail) const;
  /// By name or ARN; of changes only in the home Region of the own account. Authorises the operation on it.
  Result<Trail*> open(const Info& info, const std::string& name, Change change);

  Cloud& cloud_;
  const Store& store_;
  const LogsService& logs_;
  trail::CallRecorder recorder_;
  std::map<std::string, Trail> trails_;  ///< by ARN
  struct Turns {
    Turns() = default;
    double left = 0;
    MonoTime at;
  };
  std::map<trail::SiteKey, Turns> turns_;
};

}  // namespace postern::sim
