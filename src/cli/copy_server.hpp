#pragma once

/// What `cp` has run on a node: a shell script that takes orders line by line and answers with lines that begin with a
/// mark. Files come to the node as they are, in counted pieces, and leave it as base64. Pure text;
/// docs/guide/sessions.md says what the node needs for it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace postern::cli {

/// Pieces of a file on their way to a node: one process there for each.
inline constexpr std::size_t kCopyPieceBytes = 256U << 10U;

/// Eight letters and digits that begin the lines of one copy: what the node prints besides cannot be taken for them.
struct CopyMark {
  explicit CopyMark(std::string t) : text(std::move(t)) {}
  std::string text;
};

/// The parameter `command` of an interactive session, without braces: it asks for copy_script() as its first input.
std::string copy_parameter(const CopyMark& mark, bool as_root);
std::string_view copy_script() noexcept;

// Orders. A path has no line feed (usage): the orders are lines.
Result<std::string> copy_stat(std::string_view path);
/// All below a folder: folders, files with their SHA-256, links.
Result<std::string> copy_list(std::string_view path);
Result<std::string> copy_make_folder(std::uint32_t mode, std::string_view path);

struct CopyPut {
  CopyPut() = default;
  std::string path;
  std::uint64_t size = 0;
  std::uint32_t mode = 0644;
  std::int64_t modified = 0;  ///< seconds since the epoch
  std::string sha256;         ///< hexadecimal
  bool resume = false;        ///< the node answers with what it has of the file, or with no: then nothing follows
};
/// Begins a file. Its pieces follow, then copy_end().
Result<std::string> copy_put(const CopyPut& put);
/// With `kept` 0 what the node has of the file is thrown away.
std::string copy_from(std::uint64_t kept);
/// The order before the bytes of a piece.
std::string copy_piece(std::size_t bytes);
std::string copy_end();
/// In the middle of a file: throws away what is there of it.
std::string copy_drop();
Result<std::string> copy_get(std::uint64_t from, std::string_view path);
/// What a get begins with, and its end: no bytes.
Result<std::string> copy_head(std::string_view path);
/// In the middle of a file, which is as long as `from` says: its next bytes are what the URL leads to.
Result<std::string> copy_fetch(std::uint64_t from, std::size_t bytes, const Secret<>& url);
/// A part of a file goes to where the URL leads to.
Result<std::string> copy_carry(std::uint64_t from, std::size_t bytes, std::string_view path, const Secret<>& url);
std::string copy_quit();

struct CopyReply {
  enum class Kind : std::uint8_t {
    script,   ///< the node waits for copy_script()
    ready,    ///< the node waits for orders; text: what it lacks, empty
    stat,     ///< of copy_stat: type, size, mode
    folder,   ///< of a list: text is the path, below the folder; mode
    file,     ///< of a list: text, sha256, size
    link,     ///< of a list: text
    kept,     ///< of a put that resumes: size and sha256 of what is there
    stored,   ///< the file is in its place, its hash is right
    made,     ///< the folder is there
    head,     ///< of a get: size, mode, modified, sha256; bytes follow
    bytes,    ///< of a get: text
    end,      ///< of a list, of a get
    carried,  ///< of a fetch, of a carry
    no,       ///< it could not be done: text
    noise,    ///< a line of somebody else
  };
  CopyReply() = default;
  Kind kind = Kind::noise;
  char type = 'n';  ///< of stat: 'f'ile, 'd'irectory, 'o'ther, 'n'one
  std::string text;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;
  std::int64_t modified = 0;
  std::string sha256;
};

/// Takes what the node prints apart; cut anywhere. Hostile nodes can say what they like, but not fill our memory.
class CopyReader {
 public:
  explicit CopyReader(CopyMark mark) : mark_(std::move(mark)) {}
  void feed(std::string_view bytes);
  std::optional<CopyReply> next();

 private:
  CopyReply read_line(std::string_view line);

  CopyMark mark_;
  std::string buffer_;
  std::size_t used_ = 0;
  bool in_bytes_ = false;
  std::string rest_;  ///< base64 that makes no whole bytes yet
};

}  // namespace postern::cli
