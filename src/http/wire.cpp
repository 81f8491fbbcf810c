#include "http/wire.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/text.hpp"

namespace postern::http {
namespace {

namespace beast = boost::beast;

constexpr std::size_t kReadBytes = 4U << 10U;
constexpr int kPiecesAtOnce = 32;
constexpr int kSwitchingProtocols = 101;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789")) table[static_cast<unsigned char>(c)] = true;
  for (unsigned i = 0; i < 26; ++i) table['a' + i] = table['A' + i] = true;
  return table;
}
// tchar of RFC 9110 section 5.6.2.
constexpr std::array<bool, 256> kTokenChars = make_token_table();

bool is_token(std::string_view name) {
  const auto is_token_char = [](char c) { return kTokenChars[static_cast<unsigned char>(c)]; };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_token_char);
}

bool is_field_value(std::string_view value) {
  // Three searches for one byte each are vectorised; one search for three bytes is not.
  return value.find('\n') == std::string_view::npos && value.find('\r') == std::string_view::npos &&
         value.find('\0') == std::string_view::npos;
}

bool is_framing(std::string_view name) {
  return equals_ignore_case(name, "content-length") || equals_ignore_case(name, "transfer-encoding") ||
         equals_ignore_case(name, "connection");
}

Result<void> write_fields(std::string& out, const Headers& headers) {
  for (const auto& [name, value] : headers.fields()) {
    if (is_framing(name)) continue;
    if (!is_token(name) || !is_field_value(value)) {
      return fail(Error(ErrorKind::usage, "the header '" + printable(name, 60) + "' cannot be sent")
                      .delivered(Delivery::not_sent));
    }
    out.append(name).append(": ").append(value).append("\r\n");
  }
  return Result<void>();
}

bool bodyless_status(int status) {
  return (status >= 100 && status < 200) || status == 204 || status == 304;
}

Error refuse_request(std::string why) {
  return Error(ErrorKind::malformed, std::move(why)).with("status", "400");
}

/// "http://host/path" becomes "/path" and the host replaces the Host field (RFC 9112 section 3.2.2).
void to_origin_form(Request& request) {
  const std::string_view target = request.target;
  const bool absolute = starts_with_ignore_case(target, "http://") || starts_with_ignore_case(target, "https://");
  if (!absolute) return;
  const std::size_t host = target.find("://") + 3;
  const std::size_t end = std::min(target.find_first_of("/?", host), target.size());
  request.headers.set("Host", std::string(target.substr(host, end - host)));
  std::string path(target.substr(end));
  if (path.empty() || path[0] != '/') path.insert(0, "/");
  request.target = std::move(path);
}

Result<void> check_request(Request& request, unsigned version) {
  const auto& fields = request.headers.fields();
  const auto hosts = std::count_if(fields.begin(), fields.end(),
                                   [](const auto& field) { return equals_ignore_case(field.first, "host"); });
  if (hosts > 1 || (hosts == 0 && version >= 11)) {
    return fail(refuse_request(hosts == 0 ? "the request has no Host header" : "the request has two Host headers"));
  }
  to_origin_form(request);
  if (request.target.empty() || request.target[0] != '/')
    return fail(refuse_request("the request target is not a path"));
  return Result<void>();
}

/// "what the peer sent is no HTTP" in words, with the first bytes that came.
Error wire_error(const boost::system::error_code& ec, std::string_view seen) {
  namespace http = beast::http;
  if (ec == http::error::body_limit) {
    return Error(ErrorKind::malformed, "the body is larger than postern accepts").with("status", "413");
  }
  if (ec == http::error::header_limit) {
    return Error(ErrorKind::malformed, "the headers are larger than postern accepts").with("status", "431");
  }
  if (ec == http::error::partial_message || ec == http::error::end_of_stream) {
    return Error(ErrorKind::unavailable, "the connection ended in the middle of a message");
  }
  std::string text = "the peer does not speak HTTP (" + ec.message() + ")";
  if (!seen.empty()) text += ": it sent \"" + printable(seen, 60) + "\"";
  return Error(ErrorKind::malformed, text).with("status", "400");
}

template <class Fields>
void take_headers(const Fields& from, Headers& to) {
  to.reserve(static_cast<std::size_t>(std::distance(from.begin(), from.end())));
  for (const auto& field : from) to.add(std::string(field.name_string()), std::string(field.value()));
}

}  // namespace

Result<void> write_request_to(std::string& out, const Request& request) {
  if (!is_token(request.method) || request.target.empty() || request.target[0] != '/' ||
      request.target.find_first_of(" \r\n") != std::string::npos) {
    return fail(Error(ErrorKind::usage, "the request line cannot be sent: " + printable(request.target, 80))
                    .delivered(Delivery::not_sent));
  }
  out.reserve(out.size() + request.body.size() + 1024);
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  TRY_VOID(write_fields(out, request.headers));
  if (request.headers.find("Upgrade") != nullptr) out.append("Connection: Upgrade\r\n");
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD")) {
    out.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  out.append("\r\n").append(request.body);
  return Result<void>();
}

Result<void> write_response_to(std::string& out, const Response& response, Persistence persistence, Method method) {
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason_phrase(response.status)).append("\r\n");
  TRY_VOID(write_fields(out, response.headers));
  if (response.status == kSwitchingProtocols) {
    out.append("Connection: Upgrade\r\n\r\n");
    return Result<void>();
  }
  if (persistence == Persistence::close) out.append("Connection: close\r\n");
  const bool bodyless = bodyless_status(response.status);
  // The answer to HEAD tells how long the body would be (RFC 9110 section 8.6), which only the service knows.
  const std::string_view told = method == Method::head ? response.headers.get("Content-Length") : std::string_view();
  const bool is_told = !told.empty() && told.find_first_not_of("0123456789") == std::string_view::npos;
  const std::string length = is_told ? std::string(told) : std::to_string(response.body.size());
  if (!bodyless) out.append("Content-Length: ").append(length).append("\r\n");
  out.append("\r\n");
  if (!bodyless && method != Method::head) out.append(response.body);
  return Result<void>();
}

struct MessageReader::State {
  State(net::Stream& s, WireLimits l) : stream(&s), limits(l) {}

  template <class Parser>
  static bool expects_continue(const Parser& parser) {
    if constexpr (Parser::is_request::value) {
      return parser.is_header_done() && equals_ignore_case(parser.get()[beast::http::field::expect], "100-continue");
    } else {
      return false;
    }
  }

  enum class Step : std::uint8_t { read, tell_to_continue, done };

  template <class Parser>
  void begin(Parser& parser) {
    in_message = buffer.size() > 0;
    any = false;
    told_to_continue = false;
    parser.eager(true);
    parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    parser.body_limit(limits.body_bytes);
  }

  /// Gives the parser what has come; says what is to be done next.
  template <class Parser>
  Result<Step> feed(Parser& parser) {
    while (buffer.size() > 0) {
      any = true;
      in_message = true;
      boost::system::error_code ec;
      const std::size_t used = parser.put(buffer.data(), ec);
      if (ec && ec != beast::http::error::need_more) {
        const auto data = buffer.data();
        const std::string_view seen(static_cast<const char*>(data.data()), std::min<std::size_t>(data.size(), 64));
        return fail(wire_error(ec, seen));
      }
      buffer.consume(used);
      if (parser.is_done()) {
        in_message = false;
        return Step::done;
      }
      if (!told_to_continue && expects_continue(parser)) {
        told_to_continue = true;
        return Step::tell_to_continue;
      }
      if (ec || used == 0) break;
    }
    if (buffer.size() > limits.header_bytes + kReadBytes) return fail(wire_error(beast::http::error::header_limit, ""));
    return Step::read;
  }

  std::span<std::byte> room() {
    const auto space = buffer.prepare(kReadBytes);
    return std::span<std::byte>(static_cast<std::byte*>(space.data()), space.size());
  }

  /// Takes what a read into room() brought.
  template <class Parser>
  Result<Step> arrived(Parser& parser, Result<std::size_t> got) {
    if (!got) return fail(std::move(got).error());
    buffer.commit(*got);
    if (*got > 0) return feed(parser);
    if (!any) return fail(ErrorKind::unavailable, "the peer closed the connection without an answer");
    boost::system::error_code ec;
    parser.put_eof(ec);
    if (ec) return fail(wire_error(ec, ""));
    if (parser.is_done()) return Step::done;
    return fail(wire_error(beast::http::error::partial_message, ""));
  }

  /// Feeds what has already arrived of a message that goes on: no task, no wake-up and no trip through the loop for
  /// each piece of a long body. Bounded, so that the loop gets to the others.
  template <class Parser>
  Result<Step> take_arrived(Parser& parser) {
    for (int pieces = 0; pieces < kPiecesAtOnce; ++pieces) {
      const std::size_t got = stream->take_ready(room());
      if (got == 0) break;
      buffer.commit(got);
      Result<Step> step = feed(parser);
      if (!step || *step != Step::read) return step;
    }
    return Step::read;
  }

  net::Stream* stream;
  WireLimits limits;
  beast::flat_buffer buffer;
  bool in_message = false;
  bool any = false;  ///< whether a byte of this message has come
  bool told_to_continue = false;
};

MessageReader::MessageReader(net::Stream& stream, WireLimits limits)
    : state_(std::make_unique<State>(stream, limits)) {}
MessageReader::~MessageReader() = default;

bool MessageReader::has_leftover() const noexcept {
  return state_->buffer.size() > 0;
}

std::string MessageReader::take_leftover() {
  const auto data = state_->buffer.data();
  std::string bytes(static_cast<const char*>(data.data()), data.size());
  state_->buffer.consume(bytes.size());
  return bytes;
}

bool MessageReader::between_messages() const noexcept {
  return state_->buffer.size() == 0 && !state_->in_message;
}

rt::Task<Result<ReceivedResponse>> MessageReader::read_response(Method method) {
  // A server may send any number of 1xx before the answer; a few are normal, a flood is not.
  for (int interim = 0; interim < 8; ++interim) {
    beast::http::response_parser<beast::http::string_body> parser;
    if (method == Method::head) parser.skip(true);
    state_->begin(parser);
    Result<State::Step> step = state_->feed(parser);
    while (step && *step != State::Step::done) {
      Result<std::size_t> got = co_await state_->stream->read_some(state_->room());
      step = state_->arrived(parser, std::move(got));
      if (step && *step == State::Step::read) step = state_->take_arrived(parser);
    }
    if (!step) co_return fail(std::move(step).error());
    const int status = static_cast<int>(parser.get().result_int());
    if (status >= 100 && status < 200 && status != kSwitchingProtocols) continue;
    ReceivedResponse received;
    const bool reusable = parser.keep_alive() && !parser.need_eof() && status != kSwitchingProtocols;
    received.persistence = reusable ? Persistence::keep : Persistence::close;
    received.response.status = status;
    take_headers(parser.get(), received.response.headers);
    received.response.body = std::move(parser.get().body());
    co_return received;
  }
  co_return fail(ErrorKind::malformed, "the peer keeps sending interim responses");
}

rt::Task<Result<std::optional<ReceivedRequest>>> MessageReader::read_request() {
  beast::http::request_parser<beast::http::string_body> parser;
  state_->begin(parser);
  Result<State::Step> step = state_->feed(parser);
  while (step && *step != State::Step::done) {
    if (*step == State::Step::tell_to_continue) {
      CO_TRY_VOID(co_await state_->stream->write_all(net::as_bytes(kContinue)));
      step = state_->feed(parser);
      continue;
    }
    Result<std::size_t> got = co_await state_->stream->read_some(state_->room());
    step = state_->arrived(parser, std::move(got));
  }
  if (!step) {
    if (!state_->any && step.error().kind() == ErrorKind::unavailable) co_return std::optional<ReceivedRequest>();
    co_return fail(std::move(step).error());
  }
  std::optional<ReceivedRequest> received(std::in_place);
  received->persistence = parser.keep_alive() ? Persistence::keep : Persistence::close;
  received->request.method = std::string(parser.get().method_string());
  received->request.target = std::string(parser.get().target());
  take_headers(parser.get(), received->request.headers);
  received->request.body = std::move(parser.get().body());
  CO_TRY_VOID(check_request(received->request, parser.get().version()));
  co_return received;
}

}  // namespace postern::http
