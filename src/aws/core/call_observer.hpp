#pragma once

/// CallObserver: who hears of the calls that a server answered.

#include <string>
#include <utility>

#include "aws/core/server.hpp"
#include "aws/core/shape.hpp"

namespace postern::aws::server {

/// What an observer keeps of a call's two sides; empty where there was none or it keeps nothing.
struct CallTexts {
  CallTexts() = default;
  std::string request;
  std::string response;
};

/// Asked and told on the loop thread.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  /// Whether calls of this operation are of interest: nothing is prepared for the others.
  virtual bool wants(const OperationSpec& operation) const = 0;
  /// What to keep of a request that was decoded; it is gone when the answer is there.
  virtual std::string request_text(const OperationSpec& operation, ConstErased request) = 0;
  virtual std::string response_text(const OperationSpec& operation, ConstErased response) = 0;
  /// `failure` is null for a call that succeeded.
  virtual void answered(const CallInfo& info, CallTexts texts, const Error* failure) = 0;
};

/// An Exchange that lets an observer see what passes. Both outlive it; a null observer sees nothing.
class ObservedExchange final : public Exchange {
 public:
  ObservedExchange(Exchange& inner, const OperationSpec& operation, CallObserver* observer)
      : inner_(inner), operation_(operation), observer_(observer) {}
  Result<void> decode(void* request) override {
    TRY_VOID(inner_.decode(request));
    if (observer_ != nullptr)
      texts_.request = observer_->request_text(operation_, ConstErased(*operation_.input, request));
    return {};
  }
  void encode(const void* response) override {
    inner_.encode(response);
    if (observer_ != nullptr) {
      texts_.response = observer_->response_text(operation_, ConstErased(*operation_.output, response));
    }
  }
  CallTexts take() { return std::move(texts_); }

 private:
  Exchange& inner_;
  const OperationSpec& operation_;
  CallObserver* observer_;
  CallTexts texts_;
};

}  // namespace postern::aws::server
