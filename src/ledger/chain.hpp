#pragma once

/// The hash chain of a stream (docs/formats/ledger.md): each record's hash covers the world, the stream, the record and
/// the hash before it, so that nothing can be changed, left out or moved without every later hash changing.

#include <string_view>

#include "ledger/store.hpp"

struct evp_md_ctx_st;  // OpenSSL's

namespace postern::ledger {

Digest sha256(std::string_view bytes);

/// SHA-256 of what comes piece by piece.
class Hasher {
 public:
  Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  ~Hasher();
  void add(std::string_view bytes);
  /// Once, as the last call.
  Digest finish();

 private:
  evp_md_ctx_st* context_;
};

std::string to_hex(const Digest& digest);
std::optional<Digest> from_hex(std::string_view hex);

/// The hash of a stream's first predecessor: of the world's label ("aws:aws", "sim:demo") and the stream's id.
Digest chain_start(std::string_view world, std::string_view stream);
/// SHA-256 of: predecessor, seq, at (nanoseconds since the epoch), type and body, each framed by its length.
Digest chain_next(const Digest& before, const Record& record);

/// Checks records that follow one another from `before` on: conflict-free sequence numbers and hashes. The hash of the
/// last one, or malformed with the first record that does not fit.
Result<Digest> verify_chain(const Digest& before, std::uint64_t first_seq, const std::vector<Record>& records);

}  // namespace postern::ledger
