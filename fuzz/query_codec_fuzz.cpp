// Both halves of the query codec on arbitrary bytes.

#include "codec_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const postern::aws::DynamicModel model = postern::aws::testing_model::make("query");
  return postern::fuzz::run(model, data, size);
}
