#include "aws/core/rest_payload.hpp"

#include <gtest/gtest.h>

#include "aws/core/rest_checksum.hpp"
#include "aws/core/rest_chunks.hpp"
#include "aws/core/sigv4_chunks.hpp"
#include "aws/core/sigv4_verify.hpp"
#include "base/encoding.hpp"

namespace postern::aws {
namespace rest_payload_test {

constexpr ServiceSpec make_service() {
  ServiceSpec spec{};
  spec.id = "store";
  spec.protocol = Protocol::rest_xml;
  spec.signing_name = "s3";
  spec.s3_rules = true;
  return spec;
}
constexpr ServiceSpec kService = make_service();

OperationSpec operation(BodyChecksum sum) {
  OperationSpec op{};
  op.name = "Put";
  op.service = &kService;
  op.http_method = "PUT";
  op.body_checksum = sum;
  return op;
}

std::string code_of(const Result<void>& result) {
  if (result) return "ok";
  return result.error().aws() == nullptr ? "?" : result.error().aws()->code;
}

// The check values of the CRC catalogue, and FIPS 180's "abc".
TEST(RestChecksum, KnownValues) {
  EXPECT_EQ(to_hex(checksum(ChecksumKind::crc32, "123456789")), "cbf43926");
  EXPECT_EQ(to_hex(checksum(ChecksumKind::crc32c, "123456789")), "e3069283");
  EXPECT_EQ(to_hex(checksum(ChecksumKind::crc64nvme, "123456789")), "ae8b14860a799888");
  EXPECT_EQ(to_hex(checksum(ChecksumKind::sha1, "abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(to_hex(checksum(ChecksumKind::md5, "abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(checksum(ChecksumKind::sha256, "").size(), 32U);
  EXPECT_EQ(checksum_kind("CRC64NVME"), ChecksumKind::crc64nvme);
  EXPECT_FALSE(checksum_kind("md5"));
  EXPECT_EQ(checksum_name(ChecksumKind::sha256), "sha256");
}

TEST(RestChunks, BodiesThatMakeSense) {
  const auto plain = parse_chunks("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
  ASSERT_TRUE(plain);
  ASSERT_EQ(plain->chunks.size(), 3U);
  EXPECT_EQ(plain->chunks[1].data, " world");
  EXPECT_TRUE(plain->trailers.empty());
  const auto rich = parse_chunks(
      "A;chunk-signature=abc\r\n0123456789\r\n0;chunk-signature=def\r\nx-amz-checksum-crc32:sOO8/Q==\n\r\n"
      "x-amz-trailer-signature:123\r\n\r\n");
  ASSERT_TRUE(rich);
  EXPECT_EQ(rich->chunks[0].signature, "abc");
  ASSERT_EQ(rich->trailers.size(), 1U);
  EXPECT_EQ(rich->trailers[0].second, "sOO8/Q==");
  EXPECT_EQ(rich->trailer_signature, "123");
}

TEST(RestChunks, BodiesThatMakeNone) {
  for (const char* body : {"", "5\r\nhell", "5\r\nhello", "5\r\nhello!\r\n0\r\n", "x\r\nhello\r\n0\r\n\r\n",
                           "-5\r\nhello\r\n0\r\n\r\n", "ffffffffffffffffff\r\n", "5\r\nhello\r\n", "0\r\nno colon\r\n"})
    EXPECT_FALSE(parse_chunks(body)) << body;
}

http::Request upload(const std::string& body, const std::string& trailer = "") {
  http::Request request;
  request.method = "PUT";
  request.target = "/bucket/key";
  request.headers.set("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
  request.headers.set("Content-Encoding", "gzip, aws-chunked");
  request.headers.set("x-amz-decoded-content-length", std::to_string(body.size()));
  if (!trailer.empty()) request.headers.set("x-amz-trailer", trailer.substr(0, trailer.find(':')));
  char size[32];
  std::snprintf(size, sizeof size, "%zx", body.size());
  request.body = std::string(size) + "\r\n" + body + "\r\n0\r\n" + trailer + "\r\n\r\n";
  return request;
}

TEST(OpenPayload, TakesTheChunksAway) {
  const std::string sum = to_base64(checksum(ChecksumKind::crc32, "hello"));
  http::Request request = upload("hello", "x-amz-checksum-crc32:" + sum);
  EXPECT_EQ(code_of(open_payload(operation(BodyChecksum::optional), request)), "ok");
  EXPECT_EQ(request.body, "hello");
  EXPECT_EQ(request.headers.get("Content-Encoding"), "gzip");
  EXPECT_EQ(request.headers.get("Content-Length"), "5");
  EXPECT_EQ(request.headers.get("x-amz-checksum-crc32"), sum);
}

TEST(OpenPayload, RefusesWhatDoesNotHold) {
  const OperationSpec op = operation(BodyChecksum::optional);
  http::Request wrong = upload("hello", "x-amz-checksum-crc32:AAAAAA==");
  const auto done = open_payload(op, wrong);
  EXPECT_EQ(code_of(done), "BadDigest");
  EXPECT_EQ(done.error().message(), "The CRC32 you specified did not match the calculated checksum.");
  http::Request broken = upload("hello", "x-amz-checksum-crc32:?");
  EXPECT_EQ(code_of(open_payload(op, broken)), "InvalidRequest");
  http::Request cut = upload("hello");
  cut.body.resize(5);
  EXPECT_EQ(code_of(open_payload(op, cut)), "IncompleteBody");
  http::Request shorter = upload("hello");
  shorter.headers.set("x-amz-decoded-content-length", "6");
  EXPECT_EQ(code_of(open_payload(op, shorter)), "IncompleteBody");
  http::Request promised = upload("hello");
  promised.headers.set("x-amz-trailer", "x-amz-checksum-crc32");
  EXPECT_EQ(code_of(open_payload(op, promised)), "MalformedTrailerError");
}

TEST(OpenPayload, ChecksumsInHeaders) {
  http::Request request;
  request.body = "abc";
  EXPECT_EQ(code_of(open_payload(operation(BodyChecksum::required), request)), "InvalidRequest");
  EXPECT_EQ(code_of(open_payload(operation(BodyChecksum::optional), request)), "ok");
  request.headers.set("Content-MD5", "kAFQmDzST7DWlj99KOF/cg==");
  EXPECT_EQ(code_of(open_payload(operation(BodyChecksum::required), request)), "ok");
  request.headers.set("Content-MD5", "kAFQmDzST7DWlj99KOF/cQ==");
  EXPECT_EQ(code_of(open_payload(operation(BodyChecksum::required), request)), "BadDigest");
  request.headers.set("Content-MD5", "abc");
  EXPECT_EQ(code_of(open_payload(operation(BodyChecksum::required), request)), "InvalidDigest");
  // Of an operation whose header tells the checksum of something else (CompleteMultipartUpload) nothing is checked.
  request.headers.set("x-amz-checksum-crc32", "AAAAAA==");
  EXPECT_EQ(code_of(open_payload(operation(BodyChecksum::none), request)), "ok");
}

TEST(AddBodyChecksum, WhatIsRequiredOrAskedFor) {
  http::Request request;
  request.body = "123456789";
  ASSERT_TRUE(add_body_checksum(operation(BodyChecksum::optional), request));
  EXPECT_TRUE(request.headers.empty());
  ASSERT_TRUE(add_body_checksum(operation(BodyChecksum::required), request));
  EXPECT_EQ(request.headers.get("x-amz-checksum-crc32"), "y/Q5Jg==");
  EXPECT_EQ(request.headers.get("x-amz-sdk-checksum-algorithm"), "CRC32");
  EXPECT_EQ(code_of(open_payload(operation(BodyChecksum::required), request)), "ok");
  http::Request asked;
  asked.body = "abc";
  asked.headers.set("x-amz-sdk-checksum-algorithm", "SHA1");
  ASSERT_TRUE(add_body_checksum(operation(BodyChecksum::optional), asked));
  EXPECT_EQ(asked.headers.get("x-amz-checksum-sha1"), "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
  asked.headers.set("x-amz-sdk-checksum-algorithm", "ROT13");
  asked.headers.remove("x-amz-checksum-sha1");
  EXPECT_FALSE(add_body_checksum(operation(BodyChecksum::optional), asked));
}

/// AWS's own example of a signed, chunked upload (sigv4-streaming.html): 65 KiB of 'a'.
class SignedChunks : public testing::Test {
 protected:
  SignedChunks() {
    request_.method = "PUT";
    request_.target = "/examplebucket/chunkObject.txt";
    request_.headers.set("Host", "s3.amazonaws.com");
    request_.headers.set("x-amz-date", "20130524T000000Z");
    request_.headers.set("x-amz-storage-class", "REDUCED_REDUNDANCY");
    request_.headers.set(
        "Authorization",
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders="
        "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;"
        "x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
    request_.headers.set("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    request_.headers.set("Content-Encoding", "aws-chunked");
    request_.headers.set("x-amz-decoded-content-length", "66560");
    request_.headers.set("Content-Length", "66824");
    request_.body = "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" +
                    std::string(65536, 'a') +
                    "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" +
                    std::string(1024, 'a') +
                    "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";
  }
  bool verified() {
    VerifyOptions options;
    options.signing = server_signing(kService);
    const auto lookup = [](std::string_view) {
      KnownKey key;
      key.secret_access_key = Secret<>("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
      return std::optional<KnownKey>(std::move(key));
    };
    const auto now = parse_basic("20130524T000100Z");
    return verify_signature(signer_, request_, FunctionRef<std::optional<KnownKey>(std::string_view)>(lookup), *now,
                            options)
        .has_value();
  }
  Signer signer_;
  http::Request request_;
};

TEST_F(SignedChunks, TheExampleHolds) {
  EXPECT_EQ(request_.body.size(), 66824U);
  EXPECT_TRUE(verified());
  EXPECT_EQ(code_of(open_payload(operation(BodyChecksum::optional), request_)), "ok");
  EXPECT_EQ(request_.body.size(), 66560U);
}

TEST_F(SignedChunks, OneChangedByteDoesNot) {
  request_.body[70000 - 4000] = 'b';
  EXPECT_FALSE(verified());
}

TEST_F(SignedChunks, ChunksCannotBeLeftOut) {
  const std::size_t second = request_.body.find("400;");
  const std::size_t last = request_.body.find("0;chunk-signature=b6c6");
  request_.body.erase(second, last - second);
  EXPECT_FALSE(verified());
}

TEST_F(SignedChunks, UnsignedTrailersAreRefused) {
  request_.body.insert(request_.body.size() - 2, "x-amz-checksum-crc32:AAAAAA==\r\n");
  EXPECT_FALSE(verified());
}

}  // namespace rest_payload_test
}  // namespace postern::aws
