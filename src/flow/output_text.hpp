#pragma once

/// OutputText: what a target printed on one stream. A run over 100,000 targets prints more than is wanted in memory at
/// once, so a text that the ledger keeps is read when it is shown, and forgotten afterwards.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/store.hpp"

namespace postern::flow {

/// A cheap copy refers to the same text: loading and forgetting go for all of them.
class OutputText {
 public:
  /// Nothing was printed.
  OutputText() = default;
  /// A text that is in memory for good.
  OutputText(std::string bytes);      // NOLINT(google-explicit-constructor): tests and fakes read better
  OutputText(const char* bytes);      // NOLINT(google-explicit-constructor)
  OutputText(std::string_view bytes)  // NOLINT(google-explicit-constructor)
      : OutputText(std::string(bytes)) {}
  /// A text of the ledger, not read yet.
  static OutputText stored(const ledger::Digest& digest);

  bool empty() const noexcept { return text_ == nullptr; }
  bool loaded() const noexcept;
  /// The bytes; CHECKs that they are loaded.
  const std::string& bytes() const;
  operator std::string_view() const { return bytes(); }  // NOLINT(google-explicit-constructor)
  friend bool operator==(const OutputText& text, std::string_view bytes) { return text.bytes() == bytes; }
  /// The number of bytes, and what texts that differ only in line ends at their end have in common; both CHECK that the
  /// text was loaded once.
  std::size_t size() const;
  const ledger::Digest& key() const;

  /// Where it is kept; absent for a text that is in memory for good.
  std::optional<ledger::Digest> place() const;
  void fill(std::string bytes) const;
  /// Drops the bytes of a text that the ledger has; size and key stay.
  void forget() const;
  /// Whether fill() was called, so that size() and key() are known.
  bool measured() const noexcept;

 private:
  struct Text;
  std::shared_ptr<Text> text_;  ///< owned by all copies; null: nothing was printed
};

}  // namespace postern::flow
