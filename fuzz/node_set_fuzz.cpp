// Folding the names that a folded text stands for, and expanding them again, gives the same names.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "term/node_set.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto names = postern::term::expand_names(text, 2000);
  if (!names) return 0;
  CHECK(names->size() <= 2000);
  std::sort(names->begin(), names->end());
  names->erase(std::unique(names->begin(), names->end()), names->end());
  auto again = postern::term::expand_names(postern::term::fold_names(*names), 100'000);
  CHECK(again.has_value());
  std::sort(again->begin(), again->end());
  CHECK(*again == *names);
  return 0;
}
