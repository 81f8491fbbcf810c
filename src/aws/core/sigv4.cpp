#include "aws/core/sigv4.hpp"

#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

#include "aws/core/sigv4_canonical.hpp"
#include "aws/core/sigv4_crypto.hpp"
#include "base/encoding.hpp"

namespace postern::aws {

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

/// Tells two secrets of one access key id apart in the cache without keeping the secret (FNV-1a).
std::uint64_t secret_mark(std::string_view secret) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : secret) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return hash;
}

std::string_view digest_view(const Sha256Digest& digest) {
  return std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size());
}

/// What the chain of four HMACs makes of a secret; wiped when it is not needed any more, as are the keys on the way.
class DerivedKey {
 public:
  DerivedKey(SigningCrypto& crypto, std::string_view secret, const SigningScope& scope) {
    std::string first = "AWS4";
    first.reserve(first.size() + secret.size());
    first += secret;
    bytes_ = crypto.hmac(first, scope.date());
    wipe(first);
    for (const std::string_view part : {scope.region, scope.service, std::string_view("aws4_request")}) {
      Sha256Digest next = crypto.hmac(view(), part);
      bytes_ = next;
      wipe_memory(next.data(), next.size());
    }
  }
  DerivedKey(const DerivedKey&) = delete;
  DerivedKey& operator=(const DerivedKey&) = delete;
  ~DerivedKey() { wipe_memory(bytes_.data(), bytes_.size()); }
  std::string_view view() const noexcept { return digest_view(bytes_); }

 private:
  Sha256Digest bytes_;
};

/// Least-recently-used cache of derived keys. One context is keyed with the last of them that was used: a context for
/// each would be a dozen small pieces of memory for every account and service.
class SigningKeyCache {
 public:
  explicit SigningKeyCache(std::size_t keys_max) : keys_max_(keys_max > 0 ? keys_max : 1) {}

  HmacKey& get(SigningCrypto& crypto, std::string_view access_key_id, std::string_view secret,
               const SigningScope& scope) {
    const std::uint64_t mark = secret_mark(secret);
    probe_.clear();
    for (const std::string_view part : {access_key_id, scope.date(), scope.region, scope.service}) {
      probe_ += part;
      probe_ += '\0';
    }
    probe_.append(reinterpret_cast<const char*>(&mark), sizeof mark);
    if (const auto found = index_.find(std::string_view(probe_)); found != index_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return keyed(crypto);
    }
    if (order_.size() >= keys_max_) {
      if (current_ == &order_.back()) current_ = nullptr;
      index_.erase(std::string_view(order_.back().name));
      order_.pop_back();
    }
    order_.emplace_front(probe_, crypto, secret, scope);
    index_.emplace(order_.front().name, order_.begin());
    return keyed(crypto);
  }

  std::size_t size() const noexcept { return order_.size(); }

 private:
  struct Entry {
    Entry(std::string n, SigningCrypto& crypto, std::string_view secret, const SigningScope& scope)
        : name(std::move(n)), key(crypto, secret, scope) {}
    std::string name;
    DerivedKey key;
  };
  /// The context with the key of the first entry.
  HmacKey& keyed(SigningCrypto& crypto) {
    const Entry& wanted = order_.front();
    if (!context_)
      context_.emplace(crypto.key(wanted.key.view()));
    else if (current_ != &wanted)
      context_->rekey(wanted.key.view());
    current_ = &wanted;
    return *context_;
  }

  std::size_t keys_max_;
  std::list<Entry> order_;                                                  // most recent first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  // by the names of the entries
  std::optional<HmacKey> context_;
  const Entry* current_ = nullptr;  // whose key the context has
  std::string probe_;
};

}  // namespace

struct Signer::State {
  explicit State(std::size_t keys_max) : keys(keys_max) {}
  SigningCrypto crypto;
  SigningKeyCache keys;
  CanonicalScratch scratch;
  std::string canonical;  // reused buffers
  std::string to_sign;
  std::string host;

  std::string hash_of(std::string_view data) {
    std::string hex;
    hex.reserve(64);
    append_hex(hex, crypto.sha256(data));
    return hex;
  }
  /// Stages 1 to 3 over the fields that collect_fields() chose.
  Sha256Digest sign(const http::Request& request, const Credentials& credentials, const SigningScope& scope,
                    std::string_view payload_hash, const SigningOptions& options) {
    canonical.clear();
    append_canonical_request(canonical, request, payload_hash, options, scratch);
    to_sign.clear();
    append_string_to_sign(to_sign, scope, hash_of(canonical));
    return keys.get(crypto, credentials.access_key_id, credentials.secret_access_key.reveal(), scope).sign(to_sign);
  }
  Result<void> check(const Credentials& credentials) const {
    if (!crypto.ok())
      return fail(ErrorKind::internal, "OpenSSL on this host offers no SHA-256 or HMAC: cannot sign requests");
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
      return fail(ErrorKind::credentials,
                  "the credentials from " +
                      (credentials.source.empty() ? std::string("an unnamed source") : credentials.source) +
                      " have no access key id or no secret");
    }
    return {};
  }
};

std::string SigningScope::to_text() const {
  std::string out(date());
  for (const std::string_view part : {region, service, std::string_view("aws4_request")}) {
    out += '/';
    out += part;
  }
  return out;
}

std::vector<std::string> headers_to_sign(const http::Headers& headers) {
  CanonicalScratch scratch;
  const std::string host;
  collect_fields(scratch, headers, host, nullptr);
  std::vector<std::string> names;
  for (const auto& field : scratch.fields) {
    if (names.empty() || names.back() != field.name) names.emplace_back(field.name);
  }
  return names;
}

std::string canonical_request(const http::Request& request, std::string_view host,
                              std::span<const std::string> signed_headers, std::string_view payload_hash,
                              const SigningOptions& options) {
  CanonicalScratch scratch;
  const std::string host_text(host);
  collect_fields(scratch, request.headers, host_text, &signed_headers);
  std::string out;
  out.reserve(1024);
  append_canonical_request(out, request, payload_hash, options, scratch);
  return out;
}

std::string string_to_sign(const SigningScope& scope, std::string_view canonical_request) {
  SigningCrypto crypto;
  std::string hash;
  append_hex(hash, crypto.sha256(canonical_request));
  std::string out;
  append_string_to_sign(out, scope, hash);
  return out;
}

std::string signature(std::string_view secret_access_key, const SigningScope& scope, std::string_view string_to_sign) {
  SigningCrypto crypto;
  std::string out;
  const DerivedKey key(crypto, secret_access_key, scope);
  append_hex(out, crypto.hmac(key.view(), string_to_sign));
  return out;
}

Signer::Signer(std::size_t keys_max) : state_(std::make_unique<State>(keys_max)) {}
Signer::~Signer() = default;

bool Signer::ok() const noexcept {
  return state_->crypto.ok();
}
std::size_t Signer::cached_keys() const noexcept {
  return state_->keys.size();
}
std::string Signer::sha256_hex(std::string_view data) {
  return state_->hash_of(data);
}

std::string Signer::sign_string(std::string_view access_key_id, std::string_view secret_access_key,
                                const SigningScope& scope, std::string_view string_to_sign) {
  std::string out;
  append_hex(out, state_->keys.get(state_->crypto, access_key_id, secret_access_key, scope).sign(string_to_sign));
  return out;
}

Result<void> Signer::sign_headers(http::Request& request, std::string_view host, const Credentials& credentials,
                                  std::string_view region, std::string_view service, WallTime now,
                                  const SigningOptions& options) {
  TRY_VOID(state_->check(credentials));
  const SigningScope scope(region, service, now);
  http::Headers& headers = request.headers;
  for (const std::string_view name : {"Authorization", "X-Amz-Security-Token", "X-Amz-Date"}) {
    if (headers.find(name) != nullptr) headers.remove(name);
  }
  const std::string payload_hash =
      options.unsigned_payload ? std::string(kUnsignedPayload) : state_->hash_of(request.body);
  const bool token_signed = options.token == SigningOptions::Token::signed_in;
  if (!credentials.session_token.empty()) headers.add("X-Amz-Security-Token", credentials.session_token.reveal());
  headers.add("X-Amz-Date", scope.timestamp);
  if (options.content_header == SigningOptions::ContentHeader::add) headers.set("x-amz-content-sha256", payload_hash);
  state_->host.assign(host);
  collect_fields(state_->scratch, headers, state_->host, nullptr);
  if (!token_signed)
    std::erase_if(state_->scratch.fields, [](const auto& f) { return f.name == "x-amz-security-token"; });
  const Sha256Digest digest = state_->sign(request, credentials, scope, payload_hash, options);
  std::string value;
  value.reserve(320);
  value += kAlgorithm;
  value += " Credential=";
  value += credentials.access_key_id;
  value += '/';
  value += scope.to_text();
  value += ", SignedHeaders=";
  append_signed_names(value, state_->scratch);
  value += ", Signature=";
  append_hex(value, digest);
  headers.add("Authorization", std::move(value));
  return {};
}

Result<void> Signer::presign_query(http::Request& request, std::string_view host, const Credentials& credentials,
                                   std::string_view region, std::string_view service, WallTime now,
                                   std::chrono::seconds valid_for, const SigningOptions& options) {
  TRY_VOID(state_->check(credentials));
  const SigningScope scope(region, service, now);
  state_->host.assign(host);
  collect_fields(state_->scratch, request.headers, state_->host, nullptr);
  std::string names;
  append_signed_names(names, state_->scratch);
  std::string& target = request.target;
  const auto parameter = [&target](std::string_view name, std::string_view value) {
    if (target.find('?') == std::string::npos) {
      target += '?';
    } else if (target.back() != '?' && target.back() != '&') {
      target += '&';
    }
    target += name;
    target += '=';
    percent_encode_to(target, value);
  };
  parameter("X-Amz-Algorithm", kAlgorithm);
  parameter("X-Amz-Credential", credentials.access_key_id + '/' + scope.to_text());
  parameter("X-Amz-Date", scope.timestamp);
  parameter("X-Amz-SignedHeaders", names);
  parameter("X-Amz-Expires", std::to_string(valid_for.count()));
  const bool has_token = !credentials.session_token.empty();
  const bool token_signed = options.token == SigningOptions::Token::signed_in;
  if (has_token && token_signed) parameter("X-Amz-Security-Token", credentials.session_token.reveal());
  const std::string payload_hash =
      options.unsigned_payload ? std::string(kUnsignedPayload) : state_->hash_of(request.body);
  const Sha256Digest digest = state_->sign(request, credentials, scope, payload_hash, options);
  if (has_token && !token_signed) parameter("X-Amz-Security-Token", credentials.session_token.reveal());
  std::string hex;
  append_hex(hex, digest);
  parameter("X-Amz-Signature", hex);
  return {};
}

}  // namespace postern::aws
