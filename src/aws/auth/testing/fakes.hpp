#pragma once

/// Fakes of every effect that the providers use, for the tests of this directory.

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "aws/auth/provider_parts.hpp"
#include "aws/sts/ops.hpp"
#include "rt/testing/manual_loop.hpp"

namespace postern::aws::auth::testing {

class FakeEnvironment final : public os::Environment {
 public:
  std::map<std::string, std::string, std::less<>> variables;
  std::optional<std::string> get(std::string_view name) const override {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  }
  std::vector<std::pair<std::string, std::string>> all() const override {
    return std::vector<std::pair<std::string, std::string>>(variables.begin(), variables.end());
  }
  std::string home_dir() const override { return "/home/ada"; }
  std::string user_name() const override { return "ada"; }
  std::string host_name() const override { return "host"; }
};

/// Only read() is offered.
class FakeFiles final : public os::Files {
 public:
  std::map<std::string, std::string> contents;
  Result<std::string> read(const std::string& path, std::size_t max_bytes) override {
    const auto found = contents.find(path);
    if (found == contents.end()) return fail(Error(ErrorKind::not_found, "no such file").with("path", path));
    if (found->second.size() > max_bytes) return fail(ErrorKind::malformed, "too large");
    return found->second;
  }
  Result<void> write_atomically(const std::string&, std::string_view, std::uint32_t) override { return no<void>(); }
  Result<std::unique_ptr<os::File>> open(const std::string&, os::OpenMode, std::uint32_t) override {
    return no<std::unique_ptr<os::File>>();
  }
  Result<os::FileStat> stat(const std::string&) override { return no<os::FileStat>(); }
  Result<std::vector<std::string>> list(const std::string&) override { return no<std::vector<std::string>>(); }
  Result<void> remove(const std::string&) override { return no<void>(); }
  Result<void> make_dirs(const std::string&, std::uint32_t) override { return no<void>(); }
  Result<void> rename(const std::string&, const std::string&) override { return no<void>(); }
  Result<void> set_mode(const std::string&, std::uint32_t) override { return no<void>(); }
  Result<void> sync_dir(const std::string&) override { return no<void>(); }

 private:
  template <class T>
  static Result<T> no() {
    return fail(ErrorKind::unsupported, "not in this fake");
  }
};

class FakeProcesses final : public os::Processes {
 public:
  std::vector<std::vector<std::string>> started;
  os::ProcessResult result;
  rt::Task<Result<os::ProcessResult>> run(rt::CallContext, os::ProcessSpec spec) override {
    started.push_back(spec.argv);
    co_return result;
  }
};

class RecordingExplainer final : public rt::Explainer {
 public:
  std::vector<std::string> texts;
  bool wants(std::string_view) const override { return true; }
  void explain(std::string_view, std::string text) override { texts.push_back(std::move(text)); }
  bool has(std::string_view part) const {
    return std::any_of(texts.begin(), texts.end(),
                       [part](const std::string& t) { return t.find(part) != std::string::npos; });
  }
  std::string all() const {
    std::string out;
    for (const std::string& text : texts) out += text + "\n";
    return out;
  }
};

/// Answers HTTP requests by "METHOD URL"; anything else is unreachable.
class FakeHttp final : public http::Client {
 public:
  std::map<std::string, http::Response> answers;
  std::vector<http::Request> requests;
  void answer(const std::string& key, int status, std::string body) {
    http::Response response;
    response.status = status;
    response.body = std::move(body);
    answers[key] = response;
  }
  rt::Task<Result<http::Response>> send(rt::CallContext, http::Origin origin, http::Request request) override {
    const std::string key = request.method + " " + origin.to_text() + request.target;
    requests.push_back(std::move(request));
    const auto found = answers.find(key);
    if (found == answers.end()) co_return fail(ErrorKind::unavailable, "connection refused by " + key);
    co_return found->second;
  }
};

/// STS as far as it is needed: every AssumeRole takes `delay` and answers with keys that name the role and a count.
class FakeSts final : public Invoker {
 public:
  struct Seen {
    Seen() = default;
    std::string operation;
    std::string region;
    std::string source_key;  // access key id that signed; empty: unsigned
    sts::AssumeRoleRequest assume;
    sts::AssumeRoleWithWebIdentityRequest web;
  };
  std::vector<Seen> calls;
  std::deque<Error> failures;  // handed out first
  Duration delay{};
  Duration life = std::chrono::hours(1);
  Duration server_skew{};
  std::string account = "111122223333";
  std::string arn = "arn:aws:sts::111122223333:assumed-role/Hub/ada";

  rt::Task<Result<void>> invoke(rt::CallContext ctx, const CallScope& scope, const OperationSpec& operation,
                                ConstErased in, Erased out) override {
    Seen seen;
    seen.operation = operation.name;
    seen.region = scope.region;
    if (scope.credentials != nullptr) {
      Result<Credentials> source = co_await scope.credentials->resolve(ctx);
      if (!source) co_return fail(std::move(source).error());
      seen.source_key = source->access_key_id;
    }
    if (operation.name == "AssumeRole") seen.assume = *static_cast<const sts::AssumeRoleRequest*>(in.value);
    if (operation.name == "AssumeRoleWithWebIdentity") {
      seen.web = *static_cast<const sts::AssumeRoleWithWebIdentityRequest*>(in.value);
    }
    calls.push_back(seen);
    const std::size_t number = calls.size();
    if (delay > Duration::zero()) {
      const MonoTime at = ctx.now() + delay;
      Result<void> slept = co_await rt::sleep_until(ctx.clock(), at);
      if (!slept) co_return fail(std::move(slept).error());
    }
    if (!failures.empty()) {
      Error error = failures.front();
      failures.pop_front();
      co_return fail(std::move(error));
    }
    answer(ctx, operation, seen, number, out);
    co_return Result<void>();
  }

  std::size_t count(std::string_view operation) const {
    return static_cast<std::size_t>(
        std::count_if(calls.begin(), calls.end(), [operation](const Seen& s) { return s.operation == operation; }));
  }

 private:
  void answer(rt::CallContext ctx, const OperationSpec& operation, const Seen& seen, std::size_t number,
              Erased out) const {
    sts::Credentials keys;
    const std::string role = seen.assume.role_arn.value_or("web");
    keys.access_key_id = "ASIA-" + role.substr(role.rfind('/') + 1) + "-" + std::to_string(number);
    keys.secret_access_key = Secret<>("role-secret");
    keys.session_token = Secret<>("role-token");
    keys.expiration = ctx.clock().wall_now() + server_skew + life;
    if (operation.name == "AssumeRole") static_cast<sts::AssumeRoleResponse*>(out.value)->credentials = keys;
    if (operation.name == "AssumeRoleWithWebIdentity") {
      static_cast<sts::AssumeRoleWithWebIdentityResponse*>(out.value)->credentials = keys;
    }
    if (operation.name == "GetCallerIdentity") {
      auto* identity = static_cast<sts::GetCallerIdentityResponse*>(out.value);
      identity->account = account;
      identity->arn = arn;
      identity->user_id = "AROA:ada";
    }
  }
};

/// A loop and all the fakes, wired.
struct AuthBed {
  AuthBed() {
    parts.environment = &environment;
    parts.files = &files;
    parts.processes = &processes;
    parts.metadata_client = &http;
    parts.invoker = &sts;
    parts.session_name = "postern-ada-test";
  }
  rt::CallContext context() { return rt::CallContext(loop.clock(), random, explainer); }
  Result<Credentials> resolve(CredentialsProvider& provider) { return loop.run(provider.resolve(context())); }

  rt::testing::ManualLoop loop;
  rt::testing::CountingRandom random;
  RecordingExplainer explainer;
  FakeEnvironment environment;
  FakeFiles files;
  FakeProcesses processes;
  FakeHttp http;
  FakeSts sts;
  ProviderParts parts;
};

inline Error aws_error(ErrorKind kind, std::string code, std::string message) {
  AwsFault fault;
  fault.code = std::move(code);
  fault.service = "sts";
  fault.operation = "AssumeRole";
  fault.http_status = 403;
  return Error(kind, std::move(message)).aws(std::move(fault));
}

}  // namespace postern::aws::auth::testing
