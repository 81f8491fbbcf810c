// The spellings that our rules forbid, one per run (argument: its number; none: the list). g++ 12.2 destroys a
// temporary of these twice; AddressSanitizer or the count of the living shows it.
// tidy: allow-file(coroutine-temporary) the forbidden spellings themselves
// tidy: allow-file(coroutine-capture) the forbidden spellings themselves
// tidy: allow-file(coroutine-conditional) the forbidden spellings themselves
// tidy: allow-file(coroutine-condition) the forbidden spellings themselves
#include "probe.hpp"

namespace probe {
namespace {

Task<std::size_t> leaf() {
  co_return 7;
}
Task<std::size_t> by_value(Aggregate a) {
  co_return measure(a) + co_await leaf();
}
Task<std::size_t> by_const_ref(const Aggregate& a) {
  co_return measure(a) + co_await leaf();
}
Task<std::size_t> by_rvalue(Aggregate&& a) {
  co_return measure(a) + co_await leaf();
}
Task<std::size_t> defaulted(Aggregate a = Aggregate{long_text, Owner(), {}}) {
  co_return measure(a) + co_await leaf();
}
Task<std::size_t> call(std::function<std::size_t()> f) {
  co_return f() + co_await leaf();
}
Task<Owner> owner(char c) {
  co_return Owner(c);
}
Task<std::size_t> take(Owner o) {
  co_return o.size() + co_await leaf();
}
template <class F>
Task<std::size_t> forwarded(F&& f) {
  co_return f() + co_await leaf();
}

struct Ready {
  std::string name;
  Owner owner;
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  std::size_t await_resume() { return name.size() + owner.size(); }
};

Task<bool> braced_by_value() {
  co_return co_await by_value(Aggregate{long_text, Owner(), {}}) == 107;
}
Task<bool> braced_by_const_ref() {
  co_return co_await by_const_ref(Aggregate{long_text, Owner(), {}}) == 107;
}
Task<bool> braced_by_rvalue() {
  co_return co_await by_rvalue(Aggregate{long_text, Owner(), {}}) == 107;
}
Task<bool> designated() {
  co_return co_await by_value({.name = long_text, .owner = Owner(), .list = {}}) == 107;
}
Task<bool> default_argument() {
  co_return co_await defaulted() == 107;
}
Task<bool> owning_capture() {
  Owner big;
  co_return co_await forwarded([big] { return big.size(); }) == 47;
}
Task<bool> moved_capture() {
  Owner big;
  co_return co_await forwarded([o = std::move(big)] { return o.size(); }) == 47;
}
Task<bool> owning_capture_as_function() {
  Owner big;
  co_return co_await call([big] { return big.size(); }) == 47;
}
Task<bool> shared_capture() {
  auto big = std::make_shared<Owner>();
  const std::size_t n = co_await call([big] { return big->size(); });
  co_return n == 47 && big.use_count() == 1 && big->size() == 40;
}
Task<bool> conditional_await() {
  Owner other('v');
  Owner chosen = living > 0 ? co_await owner('y') : other;
  co_return chosen.size() == 40;
}
Task<bool> conditional_argument() {
  co_return co_await take(living >= 0 ? Owner('1') : Owner('2')) == 47;
}
Task<bool> aggregate_awaiter() {
  co_return co_await Ready{long_text, Owner()} == 100;
}

Task<bool> awaited_condition() {
  if (co_await leaf() == 7) co_return true;
  co_return false;
}

struct Case {
  const char* name;
  Task<bool> (*run)();
};
const Case cases[] = {{"f(Aggregate{..}) by value", braced_by_value},
                      {"f(Aggregate{..}) by const&", braced_by_const_ref},
                      {"f(Aggregate{..}) by &&", braced_by_rvalue},
                      {"f({.name = ..})", designated},
                      {"aggregate default argument", default_argument},
                      {"f([big] {..})", owning_capture},
                      {"f([o = std::move(big)] {..})", moved_capture},
                      {"f([big] {..}) as std::function", owning_capture_as_function},
                      {"f([shared_ptr] {..})", shared_capture},
                      {"b ? co_await g() : v", conditional_await},
                      {"f(b ? P(1) : P(2))", conditional_argument},
                      {"co_await Awaiter{..}", aggregate_awaiter},
                      {"if (co_await f()), no local variable", awaited_condition}};

}  // namespace
}  // namespace probe

int main(int argc, char** argv) {
  if (argc < 2) {
    for (const probe::Case& c : probe::cases) std::puts(c.name);
    return 0;
  }
  const auto index = static_cast<std::size_t>(std::atoi(argv[1]));
  if (index >= std::size(probe::cases)) return 2;
  const bool ok = probe::cases[index].run().run();
  return ok && probe::living == 0 ? 0 : 1;
}
