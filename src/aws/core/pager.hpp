#pragma once

/// Pagination as data: one loop for every paginated operation, driven by OperationSpec::pagination.

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "aws/core/call.hpp"

namespace postern::aws {

/// More pages than any answer should have: 100,000 targets come in 2,000 pages of 50.
inline constexpr int kPagesMax = 100'000;

/// The token loop without types: what to ask next, and when to stop.
class PageTokens {
 public:
  explicit PageTokens(const OperationSpec& operation);
  /// Writes the current token into the request (none for the first page).
  void apply(void* request) const;
  /// Reads the reply's token. True when there is another page. A token that came before is an error (malformed): the
  /// listing would never end; so is a listing beyond kPagesMax pages. An empty page with a token is just a page.
  Result<bool> advance(const void* response);

 private:
  const OperationSpec* operation_;
  std::string token_;
  std::set<std::string, std::less<>> seen_;
  int pages_ = 0;
};

/// `while (true) { CO_TRY(auto page, co_await pager.next()); if (!page) break; ... }`
template <class Op>
class Pager {
 public:
  Pager(rt::CallContext ctx, Invoker& invoker, CallScope scope, typename Op::Request request)
      : ctx_(ctx), invoker_(&invoker), scope_(std::move(scope)), request_(std::move(request)), tokens_(Op::spec()) {}

  /// The next page; an empty optional after the last one. After an error, nothing more is asked.
  rt::Task<Result<std::optional<typename Op::Response>>> next() {
    if (done_) co_return std::optional<typename Op::Response>();
    done_ = true;
    tokens_.apply(&request_);
    std::optional<typename Op::Response> page(std::in_place);
    const ConstErased in(*Op::spec().input, &request_);
    const Erased out(*Op::spec().output, &*page);
    CO_TRY_VOID(co_await invoker_->invoke(ctx_, scope_, Op::spec(), in, out));
    CO_TRY(const bool more, tokens_.advance(&*page));
    done_ = !more;
    co_return page;
  }

 private:
  rt::CallContext ctx_;
  Invoker* invoker_;
  CallScope scope_;
  typename Op::Request request_;
  PageTokens tokens_;
  bool done_ = false;
};

}  // namespace postern::aws
