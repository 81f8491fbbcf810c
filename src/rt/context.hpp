#pragma once

/// CallContext: what every operation that waits is told. First parameter, by value.

#include <string>
#include <string_view>

#include "rt/clock.hpp"
#include "rt/random.hpp"

namespace postern::rt {

/// Where decisions are explained (DESIGN.md 2.3): every skip, retry, throttle, refusal and choice of credentials.
/// obs implements it; the default drops everything.
class Explainer {
 public:
  virtual ~Explainer() = default;
  /// Ask before building an expensive text.
  virtual bool wants(std::string_view topic) const = 0;
  /// `topic` is a dotted constant such as "credentials" or "retry.throttle"; `text` holds no secrets.
  virtual void explain(std::string_view topic, std::string text) = 0;
};

/// Borrowed effects plus a deadline: copy freely, it is four words. All pointees outlive the call.
class CallContext {
 public:
  CallContext(Clock& clock, Random& random, Explainer& explainer, Deadline deadline = Deadline::never())
      : clock_(&clock), random_(&random), explainer_(&explainer), deadline_(deadline) {}

  Clock& clock() const noexcept { return *clock_; }
  Random& random() const noexcept { return *random_; }
  Explainer& explainer() const noexcept { return *explainer_; }
  Deadline deadline() const noexcept { return deadline_; }
  MonoTime now() const { return clock_->now(); }

  /// The same context with a deadline no later than `deadline`.
  CallContext until(Deadline deadline) const {
    CallContext copy = *this;
    copy.deadline_ = deadline_.sooner(deadline);
    return copy;
  }
  CallContext within(Duration duration) const { return until(Deadline::after(*clock_, duration)); }

 private:
  Clock* clock_;
  Random* random_;
  Explainer* explainer_;
  Deadline deadline_;
};

}  // namespace postern::rt
