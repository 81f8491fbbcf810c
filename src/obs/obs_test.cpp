#include <gtest/gtest.h>

#include "obs/explanations.hpp"
#include "obs/redaction.hpp"

namespace postern::obs {
namespace {

class CapturingConsole final : public os::Console {
 public:
  Result<void> write(os::StdStream stream, std::string_view text) override {
    (stream == os::StdStream::err ? errors : output) += text;
    return Result<void>();
  }
  bool is_tty(os::StdStream) const override { return false; }
  std::optional<os::TtySize> size() const override { return std::nullopt; }
  Result<std::unique_ptr<os::RawMode>> enter_raw_mode() override { return fail(ErrorKind::unsupported, "no terminal"); }
  rt::Task<Result<std::size_t>> read_input(std::span<std::byte>) override { co_return std::size_t{0}; }
  std::string output;
  std::string errors;
};

TEST(Explanations, PrintDecisionsWithVAndCallsWithVv) {
  CapturingConsole console;
  ExplanationOptions options;
  Explanations silent(console, options);
  silent.explain("credentials", "environment");
  EXPECT_EQ(console.errors, "");
  options.verbosity = 1;
  Explanations decisions(console, options);
  decisions.explain("credentials", "environment");
  decisions.explain("call", "sts:GetCallerIdentity");
  EXPECT_EQ(console.errors, "[credentials] environment\n");
  options.verbosity = 2;
  options.kept_max = 2;
  Explanations all(console, options);
  for (int i = 0; i < 5; ++i) all.explain("call", std::to_string(i));
  ASSERT_EQ(all.kept().size(), 2U);
  EXPECT_EQ(all.kept().back().text, "4");
}

TEST(Explanations, NoSecretAndNoControlCharacterPasses) {
  CapturingConsole console;
  ExplanationOptions options;
  options.verbosity = 1;
  Explanations why(console, options);
  why.explain("credentials", "process said aws_secret_access_key=abc/DEF+1 \x1b[31m");
  EXPECT_EQ(console.errors, "[credentials] process said aws_secret_access_key=*** \\x1b[31m\n");
}

TEST(Redact, MasksValuesAndKeepsTheRest) {
  const std::pair<const char*, const char*> cases[] = {
      {"nothing here", "nothing here"},
      {"AWS_SESSION_TOKEN=abc next", "AWS_SESSION_TOKEN=*** next"},
      {R"({"SecretAccessKey":"abc","AccessKeyId":"AKIA1"})", R"({"SecretAccessKey":"***","AccessKeyId":"AKIA1"})"},
      {"Authorization: AWS4-HMAC-SHA256 Credential=AKIA1/x, Signature=ff\nnext", "Authorization: ***\nnext"},
      {"https://h/?X-Amz-Signature=ff00&X-Amz-Date=1", "https://h/?X-Amz-Signature=***&X-Amz-Date=1"},
      {"the security token included in the request is expired",
       "the security token included in the request is expired"},
      {"password: hunter2; rest", "password: ***; rest"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(redact(text), expected);
}

}  // namespace
}  // namespace postern::obs
