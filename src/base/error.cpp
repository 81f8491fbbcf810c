#include "base/error.hpp"

namespace postern {

std::string_view to_string(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::usage: return "usage";
    case ErrorKind::not_found: return "not_found";
    case ErrorKind::denied: return "denied";
    case ErrorKind::credentials: return "credentials";
    case ErrorKind::throttled: return "throttled";
    case ErrorKind::unavailable: return "unavailable";
    case ErrorKind::timeout: return "timeout";
    case ErrorKind::cancelled: return "cancelled";
    case ErrorKind::conflict: return "conflict";
    case ErrorKind::refused: return "refused";
    case ErrorKind::malformed: return "malformed";
    case ErrorKind::unsupported: return "unsupported";
    case ErrorKind::service: return "service";
    case ErrorKind::internal: return "internal";
  }
  return "internal";
}

std::string_view to_string(Delivery delivery) noexcept {
  switch (delivery) {
    case Delivery::unknown: return "unknown";
    case Delivery::not_sent: return "not_sent";
    case Delivery::sent: return "sent";
    case Delivery::answered: return "answered";
  }
  return "unknown";
}

Error::Error(ErrorKind kind, std::string message) : data_(std::make_unique<Data>()) {
  data_->kind = kind;
  data_->message = std::move(message);
}

Error::Error(const Error& other) : data_(std::make_unique<Data>(*other.data_)) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) data_ = std::make_unique<Data>(*other.data_);
  return *this;
}

std::string_view Error::context(std::string_view key) const noexcept {
  for (const auto& [name, value] : data_->context) {
    if (name == key) return value;
  }
  return {};
}

Error& Error::with(std::string key, std::string value) & {
  data_->context.emplace_back(std::move(key), std::move(value));
  return *this;
}

Error&& Error::with(std::string key, std::string value) && {
  data_->context.emplace_back(std::move(key), std::move(value));
  return std::move(*this);
}

Error&& Error::caused_by(Error cause) && {
  data_->cause = std::make_shared<const Error>(std::move(cause));
  return std::move(*this);
}

Error&& Error::aws(AwsFault fault) && {
  data_->aws = std::move(fault);
  return std::move(*this);
}

Error& Error::delivered(Delivery delivery) & {
  data_->delivery = delivery;
  return *this;
}

Error&& Error::delivered(Delivery delivery) && {
  data_->delivery = delivery;
  return std::move(*this);
}

Error&& Error::as(ErrorKind kind) && {
  data_->kind = kind;
  return std::move(*this);
}

Error&& Error::reworded(std::string message) && {
  data_->message = std::move(message);
  return std::move(*this);
}

std::string Error::to_text() const {
  std::string text = data_->message;
  const char* separator = " (";
  for (const auto& [key, value] : data_->context) {
    text.append(separator).append(key).append("=").append(value);
    separator = ", ";
  }
  if (!data_->context.empty()) text += ')';
  if (data_->cause) text.append(": ").append(data_->cause->to_text());
  return text;
}

}  // namespace postern
