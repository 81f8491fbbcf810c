// Both halves of the ec2 codec on arbitrary bytes.

#include "codec_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const postern::aws::DynamicModel model = postern::aws::testing_model::make("ec2");
  return postern::fuzz::run(model, data, size);
}
