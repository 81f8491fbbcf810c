// The server half of RPC v2 CBOR on arbitrary bytes: what is read as a request is written and read again as the same.

#include <cstdint>
#include <string>

#include "aws/core/cbor_value.hpp"
#include "aws/core/codec_test_model.hpp"
#include "aws/core/rpc_cbor_codec.hpp"
#include "aws/core/validate.hpp"
#include "base/check.hpp"
#include "base/text.hpp"

namespace {

std::string written(const postern::aws::Shape& shape, const postern::aws::Value& value) {
  std::string body;
  postern::CborWriter out(body);
  postern::aws::encode_cbor(out, shape, value.view());
  return body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  static const aws::DynamicModel model = aws::testing_model::make("json");
  const aws::OperationSpec& op = *model.find_operation("Do");
  http::Request request;
  request.method = "POST";
  request.target.assign(reinterpret_cast<const char*>(data), size);
  aws::rpc_path(request);
  request.headers.add("Content-Type", "application/cbor");
  request.body = request.target;
  aws::Value first;
  first.emplace(*op.input);
  const Result<void> done = aws::rpc_cbor_codec().decode_request(op, request, first.view());
  if (!done) {
    CHECK(done.error().aws() != nullptr && is_utf8(done.error().message()));
    return 0;
  }
  aws::find_violations(*op.input, first.view());
  request.body = written(*op.input, first);
  aws::Value second;
  second.emplace(*op.input);
  CHECK(aws::rpc_cbor_codec().decode_request(op, request, second.view()));
  CHECK(written(*op.input, second) == request.body);
  return 0;
}
