#include "flow/outputs.hpp"

namespace postern::flow {

rt::Task<Result<void>> load_output(rt::CallContext ctx, ledger::Store& store, OutputText text) {
  if (text.loaded()) co_return Result<void>();
  CO_TRY(std::string bytes, co_await store.blob(ctx, *text.place()));
  text.fill(std::move(bytes));
  co_return Result<void>();
}

rt::Task<Result<void>> load_output_of(rt::CallContext ctx, ledger::Store& store, const TargetResult& target) {
  CO_TRY_VOID(co_await load_output(ctx, store, target.out));
  co_return co_await load_output(ctx, store, target.err);
}

rt::Task<Result<void>> measure_outputs(rt::CallContext ctx, ledger::Store& store, const RunResult& run,
                                       std::size_t kept) {
  std::size_t held = 0;
  for (const TargetResult& target : run.targets) {
    for (const OutputText* text : {&target.out, &target.err}) {
      if (text->measured()) continue;
      CO_TRY_VOID(co_await load_output(ctx, store, *text));
      if (held + text->size() > kept) {
        text->forget();
      } else {
        held += text->size();
      }
    }
  }
  co_return Result<void>();
}

}  // namespace postern::flow
