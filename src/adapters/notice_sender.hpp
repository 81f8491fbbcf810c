#pragma once

/// flow::NoticePort on SNS, EventBridge and HTTP.

#include "adapters/aws_session.hpp"
#include "flow/notice_port.hpp"

namespace postern::adapters {

/// With the hub's own credentials, in the Region that a target names. Webhooks get the JSON of docs/formats/notice.md
/// by POST; redirects are not followed: an address that holds a secret is not carried to another host. The session and
/// the resolver outlive it.
class NoticeSender final : public flow::NoticePort {
 public:
  /// `hub`: the account that the credentials must belong to; empty: any.
  NoticeSender(AwsSession& session, fleet::SecretResolver& secrets, std::string hub = {})
      : session_(session), secrets_(secrets), hub_(std::move(hub)) {}
  rt::Task<Result<void>> tell(rt::CallContext ctx, fleet::NotifyTarget target, flow::Notice notice) override;

 private:
  rt::Task<Result<void>> publish(rt::CallContext ctx, fleet::NotifyTarget target, flow::Notice notice);
  rt::Task<Result<void>> put_event(rt::CallContext ctx, fleet::NotifyTarget target, flow::Notice notice);
  rt::Task<Result<void>> post(rt::CallContext ctx, fleet::NotifyTarget target, flow::Notice notice);
  aws::CallScope scope_of(const fleet::NotifyTarget& target) const;

  AwsSession& session_;
  fleet::SecretResolver& secrets_;
  std::string hub_;
};

}  // namespace postern::adapters
