#include "session/acknowledgement.hpp"

#include <charconv>

#include "base/json.hpp"

namespace postern::session {
namespace acknowledgement {

constexpr std::string_view kType = R"({"AcknowledgedMessageType":")";
constexpr std::string_view kId = R"(","AcknowledgedMessageId":")";
constexpr std::string_view kSequence = R"(","AcknowledgedMessageSequenceNumber":)";
constexpr std::string_view kEnd = R"(,"IsSequentialMessage":true})";
constexpr std::size_t kIdBytes = 36;

/// The text up to a quote, taken off the front.
bool skip_word(std::string_view& rest) {
  const std::size_t end = rest.find_first_of("\"\\");
  if (end == std::string_view::npos || rest[end] != '"') return false;
  rest.remove_prefix(end);
  return true;
}

bool skip(std::string_view& rest, std::string_view what) {
  if (!rest.starts_with(what)) return false;
  rest.remove_prefix(what.size());
  return true;
}

/// All the programs that we know write the same text.
std::optional<std::int64_t> read_usual(std::string_view rest) {
  if (!skip(rest, kType) || !skip_word(rest) || !skip(rest, kId) || !skip_word(rest) || !skip(rest, kSequence)) {
    return std::nullopt;
  }
  std::int64_t sequence = 0;
  const auto [at, error] = std::from_chars(rest.data(), rest.data() + rest.size(), sequence);
  rest.remove_prefix(static_cast<std::size_t>(at - rest.data()));
  if (error != std::errc() || rest != kEnd) return std::nullopt;
  return sequence;
}

}  // namespace acknowledgement

std::string write_acknowledgement_of(std::string_view type, std::string_view id, std::int64_t sequence) {
  using namespace acknowledgement;
  std::string text;
  text.reserve(kType.size() + type.size() + kId.size() + kIdBytes + kSequence.size() + 20 + kEnd.size());
  text += kType;
  text += type;
  text += kId;
  text += id;
  text += kSequence;
  text += std::to_string(sequence);
  text += kEnd;
  return text;
}

std::optional<std::int64_t> read_acknowledgement(std::string_view payload) {
  if (const std::optional<std::int64_t> usual = acknowledgement::read_usual(payload)) return usual;
  const Result<Json> json = Json::parse(payload);
  if (!json) return std::nullopt;
  return (*json)["AcknowledgedMessageSequenceNumber"].to_int();
}

}  // namespace postern::session
