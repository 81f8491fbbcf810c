#pragma once

/// Error and Result: how every expected failure travels (DESIGN.md section 4).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace postern {

/// What the caller should do about it; not where it came from.
enum class ErrorKind : std::uint8_t {
  usage,        ///< the user's input is wrong: mend the input (exit 2)
  not_found,    ///< the thing named does not exist
  denied,       ///< permission is missing: mend a policy
  credentials,  ///< no, invalid or expired credentials: get others (exit 253)
  throttled,    ///< slow down and try again
  unavailable,  ///< the peer or the path to it failed in a way that may pass: try again
  timeout,      ///< a deadline passed
  cancelled,    ///< somebody asked to stop
  conflict,     ///< the state is not what was assumed: read again and decide
  refused,      ///< a rail of postern's own said no (read-only, wrong account, protected target)
  malformed,    ///< a peer's bytes, or a file's, make no sense
  unsupported,  ///< we, or the peer, do not do that
  service,      ///< AWS answered with an error that no retry mends (exit 254)
  internal,     ///< a bug, or an environment that failed us
};

/// The kind's name as it stands in JSON and logs, e.g. "throttled".
std::string_view to_string(ErrorKind kind) noexcept;

/// How far a request got before it failed. Only `not_sent` allows sending a non-idempotent call again.
enum class Delivery : std::uint8_t {
  unknown,   ///< not about a request, or nobody can tell: treat as possibly executed
  not_sent,  ///< no byte of the request left this host
  sent,      ///< some bytes left; no complete answer came back
  answered,  ///< the peer answered
};

std::string_view to_string(Delivery delivery) noexcept;

/// What an AWS service said, kept as data beside the kind.
struct AwsFault {
  AwsFault() = default;
  std::string code;        ///< namespace and URI stripped: "ThrottlingException"
  std::string service;     ///< "ssm"
  std::string operation;   ///< "SendCommand"
  std::string request_id;  ///< empty when the answer had none
  int http_status = 0;
  /// Retry-After or x-amz-retry-after, milliseconds; absent when the answer had none.
  std::optional<std::int64_t> retry_after_ms;
};

/// A failure with its kind, a sentence, key=value context added on the way up, and its cause.
/// One pointer wide; copies are deep.
class [[nodiscard]] Error {
 public:
  Error(ErrorKind kind, std::string message);
  Error(const Error& other);
  Error(Error&&) noexcept = default;
  Error& operator=(const Error& other);
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;

  ErrorKind kind() const noexcept { return data_->kind; }
  const std::string& message() const noexcept { return data_->message; }
  Delivery delivery() const noexcept { return data_->delivery; }
  const AwsFault* aws() const noexcept { return data_->aws ? &*data_->aws : nullptr; }
  const Error* cause() const noexcept { return data_->cause.get(); }
  const std::vector<std::pair<std::string, std::string>>& context() const noexcept { return data_->context; }
  /// The value of a context key, or empty.
  std::string_view context(std::string_view key) const noexcept;

  /// Each returns *this so that context can be added while an error passes: `return std::move(e).with("account", id)`.
  Error&& with(std::string key, std::string value) &&;
  Error& with(std::string key, std::string value) &;
  Error&& caused_by(Error cause) &&;
  Error&& aws(AwsFault fault) &&;
  Error&& delivered(Delivery delivery) &&;
  Error& delivered(Delivery delivery) &;
  /// The same error under another kind or message, context and cause kept.
  Error&& as(ErrorKind kind) &&;
  Error&& reworded(std::string message) &&;

  /// One line for people: message, then " (key=value, ...)" and ": cause".
  std::string to_text() const;

 private:
  struct Data {
    Data() = default;
    ErrorKind kind = ErrorKind::internal;
    Delivery delivery = Delivery::unknown;
    std::string message;
    std::vector<std::pair<std::string, std::string>> context;
    std::optional<AwsFault> aws;
    std::shared_ptr<const Error> cause;  // shared: immutable once attached, so copies of an error may share it
  };
  std::unique_ptr<Data> data_;
};

template <class T = void>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorKind::usage, "...");` in a function that returns any Result.
inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error(kind, std::move(message)));
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace postern

#define POSTERN_JOIN2(a, b) a##b
#define POSTERN_JOIN(a, b) POSTERN_JOIN2(a, b)

#define POSTERN_TRY_IMPL(keyword, tmp, decl, ...)                              \
  auto tmp = (__VA_ARGS__);                                                    \
  if (!tmp) keyword ::tl::unexpected<::postern::Error>(std::move(tmp).error()); \
  decl = std::move(*tmp)
#define POSTERN_TRY_VOID_IMPL(keyword, tmp, ...)                                           \
  if (auto tmp = (__VA_ARGS__); !tmp) keyword ::tl::unexpected<::postern::Error>(std::move(tmp).error())

/// TRY(auto x, f()): x is f's value, or this function returns f's error. CO_TRY is the same in a coroutine:
/// `CO_TRY(auto x, co_await f(ctx));`. The _VOID forms take a Result<void>.
#define TRY(decl, ...) POSTERN_TRY_IMPL(return, POSTERN_JOIN(try_tmp_, __LINE__), decl, __VA_ARGS__)
#define TRY_VOID(...) POSTERN_TRY_VOID_IMPL(return, POSTERN_JOIN(try_tmp_, __LINE__), __VA_ARGS__)
#define CO_TRY(decl, ...) POSTERN_TRY_IMPL(co_return, POSTERN_JOIN(try_tmp_, __LINE__), decl, __VA_ARGS__)
#define CO_TRY_VOID(...) POSTERN_TRY_VOID_IMPL(co_return, POSTERN_JOIN(try_tmp_, __LINE__), __VA_ARGS__)
