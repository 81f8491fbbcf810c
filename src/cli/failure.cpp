#include "cli/failure.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "term/wrap.hpp"

namespace postern::cli {
namespace {

constexpr std::size_t kMessageMax = 2000;

// A refused rail says which one it was: the wrong account is a matter of credentials, a certificate that does not
// verify one of the environment, the others are gates.
int code_of_refusal(const Error& error) {
  const std::string_view rail = error.context("rail");
  return rail == "identity" || rail == "certificate" ? kExitEnvironment : kExitGate;
}

/// There is no way to the endpoint: no network, or something else than a TLS server answers there.
bool never_reached(const Error& error) {
  return error.delivery() == Delivery::not_sent && !error.context("origin").empty();
}

std::string place_of(const Error& error) {
  std::string place;
  const auto add = [&](std::string_view key, std::string_view label) {
    const std::string_view value = error.context(key);
    if (value.empty()) return;
    if (!place.empty()) place += ", ";
    place.append(label).append(printable(value, 200));
  };
  add("account", "account ");
  add("region", "");
  add("operation", "");
  add("origin", "endpoint ");
  if (const AwsFault* fault = error.aws(); fault != nullptr && !fault->request_id.empty()) {
    place += (place.empty() ? "request " : ", request ") + printable(fault->request_id, 80);
  }
  return place;
}

std::string indent_lines(std::string_view text) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    if (!out.empty()) out += "\n  ";
    out += printable(line, kMessageMax);
  }
  return out;
}

}  // namespace

int exit_code_of(const Error& error) {
  if (error.context("rail") == "reach") return kExitUnknown;
  switch (error.kind()) {
    case ErrorKind::usage:
      return kExitUsage;
    case ErrorKind::refused:
      return code_of_refusal(error);
    case ErrorKind::cancelled:
      return kExitInterrupted;
    case ErrorKind::credentials:
      return kExitEnvironment;
    case ErrorKind::unavailable:
      return error.aws() != nullptr ? kExitService : kExitEnvironment;
    case ErrorKind::not_found:
    case ErrorKind::denied:
    case ErrorKind::throttled:
    case ErrorKind::conflict:
    case ErrorKind::service:
      return error.aws() != nullptr || !error.context("operation").empty() ? kExitService : kExitOther;
    case ErrorKind::malformed:
      if (never_reached(error)) return kExitEnvironment;
      return error.aws() != nullptr || !error.context("operation").empty() ? kExitService : kExitOther;
    case ErrorKind::timeout:
      return never_reached(error) ? kExitEnvironment : kExitOther;
    case ErrorKind::unsupported:
    case ErrorKind::internal:
      return kExitOther;
  }
  return kExitOther;
}

std::string described_message(const Error& error, std::size_t length_max) {
  std::string whole;
  for (const std::string_view line : split(error.message(), '\n')) {
    if (!whole.empty()) whole += whole.back() == ':' ? " " : "; ";
    whole += trim(line);
  }
  std::string text = printable(whole, length_max);
  const std::string origin = printable(error.context("origin"), 200);
  const std::size_t host = origin.find("://");
  const bool named = host == std::string::npos || text.find(origin.substr(host + 3)) != std::string::npos;
  return named ? text : text + " (endpoint " + origin + ")";
}

std::string describe_failure(const Error& error) {
  std::string out = "postern: " + indent_lines(error.message()) + "\n";
  if (const std::string place = place_of(error); !place.empty()) out += "  in: " + place + "\n";
  for (const auto& [key, value] : error.context()) {
    if (key == "account" || key == "region" || key == "operation" || key == "origin" || key == "rail") continue;
    out += "  " + printable(key, 40) + ": " + indent_lines(value) + "\n";
  }
  for (const Error* cause = error.cause(); cause != nullptr; cause = cause->cause()) {
    out += "  because: " + indent_lines(cause->message()) + "\n";
  }
  return out;
}

std::string fit_lines(std::string_view text, std::size_t columns) {
  std::string out;
  const bool ended = text.ends_with('\n');
  if (ended) text.remove_suffix(1);
  std::string_view separator;
  for (const std::string_view line : split(text, '\n')) {
    out += separator;
    separator = "\n";
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    if (line.size() <= columns || indent >= 4) {
      out += line;
      continue;
    }
    const std::string first(indent, ' ');
    const std::string rest(line.substr(indent).starts_with("- ") ? indent + 2 : 2, ' ');
    std::string wrapped = term::wrap_indented(line.substr(indent), columns, first, rest);
    if (wrapped.ends_with('\n')) wrapped.pop_back();
    out += wrapped;
  }
  if (ended) out += '\n';
  return out;
}

Json failure_json(const Error& error) {
  Json out = Json::object();
  const AwsFault* fault = error.aws();
  out.set("code", fault != nullptr && !fault->code.empty() ? fault->code : std::string(to_string(error.kind())));
  out.set("message", scrub_utf8(error.message()));
  if (fault != nullptr && !fault->request_id.empty()) out.set("request_id", scrub_utf8(fault->request_id));
  return out;
}

}  // namespace postern::cli
