// Lists in braces inside a co_await expression: valid C++ that g++ 12 rejects ("array used as initializer").
// tidy: allow-file(coroutine-temporary) the forbidden spellings themselves
#include "probe.hpp"

namespace probe {
Task<std::size_t> count(std::vector<std::string> names) {
  co_return names.size();
}
Task<std::size_t> braced_list() {
  co_return co_await count({"a", "b"});
}
Task<std::size_t> braced_vector() {
  co_return co_await count(std::vector<std::string>{"a", "b", "c"});
}
}  // namespace probe

int main() {
  return probe::braced_list().run() == 2 && probe::braced_vector().run() == 3 ? 0 : 1;
}
