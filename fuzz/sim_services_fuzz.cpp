// The front doors of the simulated cloud's services: every input is a few calls, one after the other, to one cloud.
// Values are made for the operation's own shapes, so that requests get past decoder and validation; names and ids that
// the cloud has answered with are used again in later calls. Requests are encoded by the client's codecs, sometimes
// spoiled, signed, and served. Whatever comes, there is an answer, and it is never the cloud's own failure.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "aws/core/codec.hpp"
#include "aws/core/sigv4_chunks.hpp"
#include "base/check.hpp"
#include "sim/testing/rig.hpp"

namespace {

namespace aws = postern::aws;
namespace http = postern::http;
namespace sim = postern::sim;
using postern::Result;

constexpr std::size_t kCallsMax = 8;
constexpr std::size_t kPoolMax = 64;
constexpr int kDepthMax = 6;

/// Choices from the input; zeros when it is used up.
class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool empty() const { return at_ >= size_; }
  std::uint8_t byte() { return at_ < size_ ? data_[at_++] : 0; }
  std::size_t below(std::size_t bound) {
    std::size_t value = byte();
    if (bound > 256) value = value << 8U | byte();
    return bound == 0 ? 0 : value % bound;
  }
  std::string text() {
    std::string made;
    for (std::size_t left = below(24); left > 0 && !empty(); --left) made += static_cast<char>(byte());
    return made;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

/// Texts that mean something to the cloud.
class Pool {
 public:
  explicit Pool(const sim::testing::Rig& rig) : texts_(rig.ids(2)) {
    for (const char* text :
         {"111122223333",
          "444455556666",
          "Operator",
          "operator",
          "arn:aws:iam::444455556666:role/Operator",
          "x-1",
          "AWS-RunShellScript",
          "AWS-RunPowerShellScript",
          "commands",
          "true",
          "shelf",
          "us-east-1",
          "tag:env",
          "*",
          "10.0.0.0/16",
          "10.0.1.0/24",
          "50%",
          "1",
          "/a/b",
          "PosternNode",
          "Name",
          "instance",
          "vpc-id",
          "0.0.0.0/0",
          R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})",
          R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},)"
          R"("Action":"sts:AssumeRole"}]})",
          R"({"schemaVersion":"2.2","parameters":{"a":{"type":"String"}},"mainSteps":[)"
          R"({"action":"aws:runShellScript","name":"s","inputs":{"runCommand":["true"]}}]})",
          "2026-11-21T00:00:00Z",
          "com.amazonaws.us-east-1.ssm",
          "m6i.large",
          "tcp",
          "443",
          "o-",
          "\xFF"}) {
      texts_.emplace_back(text);
    }
    fixed_ = texts_.size();
  }
  const std::string& pick(Choices& choices) const { return texts_[choices.below(texts_.size())]; }
  /// Ids, ARNs and tokens in an answer: what stands between quotes or tags and has a digit in it.
  void harvest(std::string_view body) {
    std::string word;
    for (const char c : body) {
      const bool inside = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          std::string_view(":-_/+=.").find(c) != std::string_view::npos;
      if (inside && word.size() < 2048) {
        word += c;
        continue;
      }
      keep(std::move(word));
      word.clear();
    }
    keep(std::move(word));
  }

 private:
  void keep(std::string word) {
    if (word.size() < 10 || word.find_first_of("0123456789") == std::string::npos) return;
    if (texts_.size() < fixed_ + kPoolMax) return texts_.push_back(std::move(word));
    texts_[fixed_ + next_++ % kPoolMax] = std::move(word);
  }
  std::vector<std::string> texts_;
  std::size_t fixed_ = 0;
  std::size_t next_ = 0;
};

class Filler {
 public:
  Filler(Choices& choices, const Pool& pool) : choices_(choices), pool_(pool) {}

  void fill(const aws::Shape& shape, void* v, int depth) {
    switch (shape.kind) {
      case aws::Kind::structure:
        return structure(shape, v, depth);
      case aws::Kind::list:
        for (std::size_t n = size(depth); n > 0; --n)
          fill(*shape.element, shape.ops->list->append(v, *shape.element), depth + 1);
        return;
      case aws::Kind::map:
        for (std::size_t n = size(depth); n > 0; --n)
          fill(*shape.element, shape.ops->map->emplace(v, string(shape), *shape.element), depth + 1);
        return;
      case aws::Kind::string:
        return shape.ops->text->set(v, string(shape));
      case aws::Kind::boolean:
        *static_cast<bool*>(v) = choices_.below(2) == 1;
        return;
      case aws::Kind::int32:
        *static_cast<std::int32_t*>(v) = static_cast<std::int32_t>(integer(shape));
        return;
      case aws::Kind::int64:
        *static_cast<std::int64_t*>(v) = integer(shape);
        return;
      case aws::Kind::float32:
        *static_cast<float*>(v) = static_cast<float>(integer(shape));
        return;
      case aws::Kind::float64:
        *static_cast<double*>(v) = static_cast<double>(integer(shape)) / 4;
        return;
      case aws::Kind::blob:
        static_cast<postern::Blob*>(v)->bytes = choices_.below(2) == 0 ? pool_.pick(choices_) : choices_.text();
        return;
      case aws::Kind::timestamp:
        *static_cast<postern::WallTime*>(v) = postern::WallTime(
            std::chrono::seconds(1'700'000'000 + static_cast<std::int64_t>(choices_.below(65'536)) * 3'600));
        return;
    }
  }

 private:
  void structure(const aws::Shape& shape, void* v, int depth) {
    for (const aws::Member& member : shape.members) {
      const bool nests = member.shape->kind <= aws::Kind::map;
      if (!member.required && ((nests && depth >= kDepthMax) || choices_.below(4) != 1)) continue;
      fill(*member.shape, aws::member_emplace(v, member), depth + 1);
    }
  }
  std::size_t size(int depth) { return depth > kDepthMax ? 0 : 1 + (choices_.byte() > 200 ? choices_.below(3) : 0); }
  std::string string(const aws::Shape& shape) {
    if (!shape.enum_values.empty() && choices_.byte() < 230)
      return std::string(shape.enum_values[choices_.below(shape.enum_values.size())]);
    return choices_.byte() < 200 ? pool_.pick(choices_) : choices_.text();
  }
  std::int64_t integer(const aws::Shape& shape) {
    const std::uint8_t how = choices_.byte();
    if (how < 64 && shape.min != aws::kNoLimit) return shape.min;
    if (how < 96 && shape.max != aws::kNoLimit) return shape.max;
    if (how < 230) return static_cast<std::int64_t>(choices_.below(1'000));
    static constexpr std::int64_t kEnds[] = {-1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 65'536, 4'294'967'296};
    return kEnds[choices_.below(std::size(kEnds))];
  }

  Choices& choices_;
  const Pool& pool_;
};

/// Gives the thunk a value and ends the call before the handler sees it: how a request comes by its typed value.
class Encoding final : public aws::server::Exchange {
 public:
  Encoding(const aws::OperationSpec& operation, Choices& choices, const Pool& pool)
      : operation_(operation), choices_(choices), pool_(pool) {}
  Result<void> decode(void* request) override {
    Filler(choices_, pool_).fill(*operation_.input, request, 0);
    const aws::Codec* codec = aws::codec_for(*operation_.service);
    CHECK(codec != nullptr);
    Result<http::Request> made = codec->encode_request(operation_, request);
    if (made) made_ = std::move(*made);
    return postern::fail(postern::ErrorKind::cancelled, "encoded");
  }
  void encode(const void*) override {}
  const http::Request* made() const { return made_ ? &*made_ : nullptr; }

 private:
  const aws::OperationSpec& operation_;
  Choices& choices_;
  const Pool& pool_;
  std::optional<http::Request> made_;
};

void spoil(http::Request& request, Choices& choices) {
  std::string& body = request.body;
  for (std::size_t edits = choices.below(4); edits > 0 && !body.empty(); --edits) {
    const std::size_t at = choices.below(body.size());
    if (choices.below(2) == 0) {
      body[at] = static_cast<char>(choices.byte());
    } else {
      body.insert(at, choices.text());
    }
  }
  if (choices.below(4) == 0) request.target += choices.text();
}

class Play {
 public:
  Play(const std::uint8_t* data, std::size_t size) : rig_(config()), choices_(data, size), pool_(rig_) {}

  void run() {
    if (choices_.below(4) != 0) CHECK(rig_.become_operator());
    for (std::size_t calls = 0; calls < kCallsMax && !choices_.empty(); ++calls) step();
  }

 private:
  static sim::CloudConfig config() {
    sim::CloudConfig made = sim::testing::rig_config(2);
    made.regions = {"us-east-1", "eu-west-1"};
    for (sim::InstanceConfig& node : made.accounts[1].instances) node.tags["env"] = "prod";
    return made;
  }

  void step() {
    const auto bindings = rig_.services().bindings();
    const aws::server::Binding& binding = bindings[choices_.below(bindings.size())];
    const aws::server::Entry& entry = binding.entries[choices_.below(binding.entries.size())];
    Encoding encoding(*entry.operation, choices_, pool_);
    const aws::server::CallInfo info(rig_.loop().context());
    const Result<void> done = rig_.loop().run(entry.invoke(binding.handler, info, encoding));
    CHECK(!done);
    if (encoding.made() == nullptr) return;
    http::Request request = *encoding.made();
    if (choices_.byte() > 220) spoil(request, choices_);
    send(binding, std::move(request));
    if (choices_.byte() > 128) rig_.loop().advance(std::chrono::seconds(choices_.below(4'000)));
  }

  void send(const aws::server::Binding& binding, http::Request request) {
    const aws::ServiceSpec& service = *binding.service;
    const std::string host = std::string(service.id) + ".us-east-1.amazonaws.com";
    request.headers.set("Host", host);
    const auto done = signer_.sign_headers(request, host, rig_.credentials(), "us-east-1", service.signing_name,
                                           rig_.loop().clock().wall_now(), aws::client_signing(service));
    if (!done) return;
    const auto answer =
        rig_.loop().run(rig_.service().serve(rig_.loop().context(), http::PeerInfo(), std::move(request)));
    if (!answer) return;
    if (answer->status < 200 || answer->status > 501 || answer->status == 500) {
      std::fprintf(stderr, "%.*s: %d %s\n", static_cast<int>(service.id.size()), service.id.data(), answer->status,
                   answer->body.c_str());
      std::abort();
    }
    pool_.harvest(answer->body);
  }

  sim::testing::Rig rig_;
  Choices choices_;
  Pool pool_;
  aws::Signer signer_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  Play play(data, size);
  play.run();
  return 0;
}
