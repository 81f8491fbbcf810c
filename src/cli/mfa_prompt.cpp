#include "cli/mfa_prompt.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "base/text.hpp"
#include "base/wipe.hpp"
#include "rt/sync.hpp"
#include "rt/waiter.hpp"

namespace postern::cli {
namespace {

constexpr int kTries = 3;
constexpr std::size_t kCodeDigits = 6;  // STS: TokenCode has exactly so many

bool is_code(std::string_view text) {
  return text.size() == kCodeDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

class MfaAsker {
 public:
  explicit MfaAsker(os::Console& console) : console_(&console), turn_(std::make_shared<rt::Semaphore>(1)) {}

  rt::Task<Result<std::string>> operator()(rt::CallContext, std::string serial, std::string refused) const {
    const bool stopped = co_await rt::is_cancelled();
    if (stopped) co_return fail(ErrorKind::cancelled, "interrupted before an MFA code was given");
    CO_TRY_VOID(co_await turn_->acquire());
    const rt::Semaphore::Permit permit(*turn_);
    if (!refused.empty()) (void)console_->write(os::StdStream::err, printable(refused, 400) + "\n");
    const std::string question = "MFA code for " + printable(serial, 200) + ": ";
    for (int i = 0; i < kTries; ++i) {
      CO_TRY(std::string code, co_await ask(question));
      if (is_code(code)) co_return code;
      wipe(code);
      (void)console_->write(os::StdStream::err, "a code has six digits\n");
    }
    co_return fail(ErrorKind::credentials, "no MFA code was given for " + printable(serial, 200));
  }

 private:
  rt::Task<Result<std::string>> ask(std::string question) const {
    CO_TRY(const std::unique_ptr<os::RawMode> hidden, console_->hide_input());
    (void)console_->write(os::StdStream::err, question);
    std::array<std::byte, 256> line{};
    Result<std::size_t> got = co_await console_->read_input(line);
    if (!got) co_return fail(std::move(got).error());
    if (*got == 0) co_return fail(ErrorKind::credentials, "no MFA code was given: the input has ended");
    std::string code(trim(std::string_view(reinterpret_cast<const char*>(line.data()), *got)));
    std::fill(line.begin(), line.end(), std::byte{0});
    co_return code;
  }

  os::Console* console_;
  std::shared_ptr<rt::Semaphore> turn_;  // shared by the copies that std::function makes
};

}  // namespace

aws::auth::MfaPrompt make_mfa_prompt(os::Console& console) {
  if (!console.is_tty(os::StdStream::in) || !console.is_tty(os::StdStream::err)) return {};
  return MfaAsker(console);
}

}  // namespace postern::cli
