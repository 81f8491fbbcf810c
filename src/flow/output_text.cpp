#include "flow/output_text.hpp"

#include <array>

#include "base/check.hpp"
#include "ledger/chain.hpp"

namespace postern::flow {

struct OutputText::Text {
  Text() = default;
  ledger::Digest digest{};
  ledger::Digest key{};
  std::size_t size = 0;
  std::string bytes;
  bool stored = false;
  bool measured = false;
  bool loaded = false;

  void set(std::string text) {
    std::string_view shown = text;
    while (shown.ends_with('\n') || shown.ends_with('\r')) shown.remove_suffix(1);
    if (!measured) key = ledger::sha256(shown);
    size = text.size();
    bytes = std::move(text);
    measured = true;
    loaded = true;
  }
};

namespace {

const ledger::Digest& key_of_nothing() {
  static const ledger::Digest digest = ledger::sha256("");
  return digest;
}

const std::string& no_bytes() {
  static const std::string nothing;
  return nothing;
}

}  // namespace

OutputText::OutputText(std::string bytes) {
  if (bytes.empty()) return;
  text_ = std::make_shared<Text>();
  text_->set(std::move(bytes));
}

OutputText::OutputText(const char* bytes) : OutputText(std::string(bytes)) {}

OutputText OutputText::stored(const ledger::Digest& digest) {
  OutputText made;
  made.text_ = std::make_shared<Text>();
  made.text_->digest = digest;
  made.text_->stored = true;
  return made;
}

bool OutputText::loaded() const noexcept {
  return !text_ || text_->loaded;
}

const std::string& OutputText::bytes() const {
  if (!text_) return no_bytes();
  CHECK(text_->loaded);
  return text_->bytes;
}

std::size_t OutputText::size() const {
  if (!text_) return 0;
  CHECK(text_->measured);
  return text_->size;
}

const ledger::Digest& OutputText::key() const {
  if (!text_) return key_of_nothing();
  CHECK(text_->measured);
  return text_->key;
}

std::optional<ledger::Digest> OutputText::place() const {
  if (!text_ || !text_->stored) return std::nullopt;
  return text_->digest;
}

void OutputText::fill(std::string bytes) const {
  CHECK(text_ && text_->stored);
  text_->set(std::move(bytes));
}

void OutputText::forget() const {
  if (!text_ || !text_->stored) return;
  text_->bytes = std::string();
  text_->loaded = false;
}

bool OutputText::measured() const noexcept {
  return !text_ || text_->measured;
}

}  // namespace postern::flow
