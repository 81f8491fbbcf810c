// Both halves of the rest-xml codec on arbitrary bytes, with and without the object store's rules.

#include "rest_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const postern::aws::DynamicModel plain = postern::aws::testing_model::make("rest-xml");
  static const postern::aws::DynamicModel store = postern::aws::testing_model::make("rest-xml", "s3");
  return postern::fuzz::run_rest(plain, store, data, size);
}
