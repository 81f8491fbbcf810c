#pragma once

/// CallRecorder: makes events of the calls that a cloud's services answered.

#include <string>

#include "aws/core/call_observer.hpp"
#include "sim/cloud.hpp"
#include "sim/cloudtrail/history.hpp"

namespace postern::sim::trail {

/// Records what CloudConfig::trail says. An event belongs to the account of the caller and to the Region that was
/// asked; IAM's and Organizations' are in us-east-1. An AssumeRole of another account's role is an event of that
/// account too. The cloud outlives it. Loop thread only.
class CallRecorder final : public aws::server::CallObserver {
 public:
  explicit CallRecorder(Cloud& cloud) : cloud_(cloud) {}
  bool wants(const aws::OperationSpec& operation) const override;
  std::string request_text(const aws::OperationSpec& operation, aws::ConstErased request) override;
  std::string response_text(const aws::OperationSpec& operation, aws::ConstErased response) override;
  void answered(const aws::server::CallInfo& info, aws::server::CallTexts texts, const Error* failure) override;

  const EventHistory& history() const noexcept { return history_; }

 private:
  Cloud& cloud_;
  EventHistory history_;
};

}  // namespace postern::sim::trail
