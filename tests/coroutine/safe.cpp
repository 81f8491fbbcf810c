// The spellings that our rules allow. Every one must pass under AddressSanitizer with every compiler.
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
Task<std::size_t> request(Request r) {
  co_return measure(r) + co_await leaf();
}
Task<std::size_t> text(std::string s) {
  co_return s.size() + co_await leaf();
}
Task<std::size_t> pair(std::pair<std::string, Owner> p) {
  co_return p.first.size() + co_await leaf();
}
Task<std::size_t> maybe(std::optional<std::string> s) {
  co_return s.value_or("").size() + co_await leaf();
}
Task<std::size_t> list(std::vector<std::string> v) {
  co_return v.size() + co_await leaf();
}
Task<std::size_t> call(std::function<std::size_t()> f) {
  co_return f() + co_await leaf();
}
Task<Owner> owner(char c) {
  co_return Owner(c);
}
Task<Aggregate> aggregate() {
  co_return Aggregate{long_text, Owner('c'), {long_text, long_text}};
}
template <class F>
Task<std::size_t> forwarded(F&& f) {
  co_return f() + co_await leaf();
}

const std::size_t whole = measure(make_aggregate()) + 7;

Task<bool> named_then_moved() {
  Aggregate a{long_text, Owner(), {long_text, long_text, long_text}};
  co_return co_await by_value(std::move(a)) == whole;
}
Task<bool> named_then_copied() {
  Aggregate a = make_aggregate();
  const std::size_t first = co_await by_value(a);
  co_return first == co_await by_value(a);
}
Task<bool> named_by_reference() {
  Aggregate a = make_aggregate();
  const std::size_t n = co_await by_const_ref(a);
  co_return n == whole&& co_await by_rvalue(std::move(a)) == whole;
}
Task<bool> factory_result() {
  co_return co_await by_value(make_aggregate()) == whole;
}
Task<bool> declared_constructor() {
  Request r;
  r.name = long_text;
  const std::size_t n = co_await request(std::move(r));
  co_return n == 60 + 40 + 7 && co_await request(make_request()) == whole&& co_await request(Request()) == 47;
}
Task<bool> task_first_awaited_next() {
  auto task = by_value(Aggregate{long_text, Owner(), {}});
  co_return co_await std::move(task) == 107;
}
Task<bool> library_temporaries() {
  std::size_t n = co_await text(std::string(50, 'a'));
  n += co_await maybe(std::optional<std::string>(long_text));
  n += co_await pair(std::pair<std::string, Owner>(long_text, Owner('p')));
  n += co_await list(std::vector<std::string>(4, long_text));
  co_return n == 57 + 67 + 67 + 11;
}
Task<bool> reference_and_trivial_captures() {
  Owner big;
  std::size_t plain = 2;
  std::size_t n = co_await forwarded([&] { return big.size(); });
  // tidy: allow(coroutine-capture) a trivial capture is safe, which is what this line shows
  n += co_await forwarded([plain] { return plain; });
  n += co_await call([&big] { return big.size(); });
  co_return n == 47 + 9 + 47;
}
Task<bool> named_lambda() {
  Owner big;
  auto f = [big] { return big.size(); };
  std::function<std::size_t()> g = f;
  std::size_t n = co_await forwarded(f);
  n += co_await call(std::move(g));
  co_return n == 94;
}
Task<bool> if_instead_of_conditional() {
  Owner chosen('n');
  if (living > 0) {
    chosen = co_await owner('y');
  } else {
    chosen = Owner('z');
  }
  co_return chosen.size() == 40;
}
Task<bool> aggregate_returned() {
  auto [name, who, all] = co_await aggregate();
  co_return name == long_text&& who.size() == 40 && all.size() == 2;
}
Task<bool> loops_and_init_statements() {
  std::size_t n = 0;
  Request r = make_request();
  for (const std::string& s : r.list) n += co_await text(s);
  if (Owner o = co_await owner('i'); o.size() == 40) ++n;
  co_return n == 3 * 67 + 1;
}
Task<bool> condition_with_a_local() {
  const bool named = co_await leaf() == 7;
  if (!named) co_return false;
  if (co_await leaf() != 7) co_return false;
  co_return true;
}
Task<bool> condition_in_an_init_statement() {
  if (const std::size_t n = co_await leaf(); n == 7) co_return true;
  co_return false;
}
Task<bool> list_filled_first() {
  std::vector<std::string> names;
  names.push_back(long_text);
  names.emplace_back("b");
  co_return co_await list(std::move(names)) == 9;
}
Task<bool> captureless_coroutine_lambda() {
  auto body = [](const Owner& o) -> Task<std::size_t> { co_return o.size() + co_await leaf(); };
  Owner o;
  co_return co_await body(o) == 47;
}

struct Case {
  const char* name;
  Task<bool> (*run)();
};
const Case cases[] = {{"named local, moved", named_then_moved},
                      {"named local, copied", named_then_copied},
                      {"named local, by reference", named_by_reference},
                      {"value returned by a function", factory_result},
                      {"class with a declared constructor", declared_constructor},
                      {"task made in one statement, awaited in the next", task_first_awaited_next},
                      {"string, optional, pair, vector temporaries", library_temporaries},
                      {"lambda with reference or trivial captures", reference_and_trivial_captures},
                      {"named lambda with an owning capture", named_lambda},
                      {"if / else instead of ?:", if_instead_of_conditional},
                      {"co_return of an aggregate, structured binding", aggregate_returned},
                      {"range-for and if with an init statement", loops_and_init_statements},
                      {"awaited condition beside a local variable", condition_with_a_local},
                      {"awaited condition as an init statement", condition_in_an_init_statement},
                      {"list filled before the call", list_filled_first},
                      {"coroutine lambda that captures nothing", captureless_coroutine_lambda}};

}  // namespace
}  // namespace probe

int main() {
  int failed = 0;
  for (const probe::Case& c : probe::cases) {
    const bool ok = c.run().run();
    if (!ok || probe::living != 0) {
      std::printf("FAILED: %s (result %d, living %d)\n", c.name, ok ? 1 : 0, probe::living);
      probe::living = 0;
      ++failed;
    }
  }
  std::printf("%zu of %zu safe spellings pass\n", std::size(probe::cases) - static_cast<std::size_t>(failed),
              std::size(probe::cases));
  return failed == 0 ? 0 : 1;
}
