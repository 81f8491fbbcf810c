#include "cli/copy_server.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace postern::cli {
namespace copy_server {

/// A line that is longer is none of ours.
constexpr std::size_t kLineMax = 64U << 10U;
constexpr std::size_t kHashDigits = 64;
constexpr std::size_t kUrlMax = 8U << 10U;

// POSIX sh, and what every Linux has: dd, base64, stat, find, sed, tail, and one of three programs for SHA-256; for
// objects of a bucket curl, which takes their URLs from a pipe: everybody can read the words of a process.
//
// A file grows under a name of its own beside its place, and is renamed when its hash is right; whatever else happens,
// it is removed: at once when the copy ends, and after a quarter of an hour when the session was lost, for then the
// next session may go on with it. What a process left that was killed is taken over by the next one.
constexpr std::string_view kScript = R"sh(m=$1
say() { printf '%s %s\n' "$m" "$*"; }
if command -v sha256sum >/dev/null 2>&1; then hash() { sha256sum; }
elif command -v openssl >/dev/null 2>&1; then hash() { openssl dgst -sha256 -r; }
else hash() { shasum -a 256; }
fi
sum() { hash <"$1" | cut -c1-64; }
part= keep= bad=
drop() { [ -z "$part" ] || rm -f -- "$part"; part=; }
lost() {
  trap '' HUP TERM
  if [ -n "$part" ] && mv -f -- "$part" "$keep" 2>/dev/null; then
    (sleep 900; rm -f -- "$keep") </dev/null >/dev/null 2>&1 &
  fi
  exit 1
}
trap lost HUP TERM
trap '' INT QUIT
get() {
  if command -v curl >/dev/null 2>&1; then
    printf 'url = "%s"\n' "$1" | curl -sSf --connect-timeout 10 --max-time 800 -K -
  elif command -v wget >/dev/null 2>&1; then printf '%s\n' "$1" | wget -nv -T 30 -t 1 -O - -i -
  else echo "there is neither curl nor wget" >&2; return 127
  fi
}
put() {
  if ! command -v curl >/dev/null 2>&1; then echo "there is no curl" >&2; return 127; fi
  curl -sSf --connect-timeout 10 --max-time 800 -X PUT -H Content-Type: -H Expect: --data-binary @- -o /dev/null \
    -K /dev/fd/3 3<<URL
url = "$1"
URL
}
adopt() {
  for old in "$keep".*; do
    [ -f "$old" ] || continue
    case $(sed -n 's/^State:[[:space:]]*//p' "/proc/${old##*.}/status" 2>/dev/null) in
    '' | Z* | X*) if mv -f -- "$old" "$part" 2>/dev/null; then return 0; fi ;;
    esac
  done
  return 1
}
last() { printf '%s\n' "$why" | tail -n 1; }
cd "${HOME:-/}" 2>/dev/null || cd /
lacks=
for tool in dd base64 stat find sed tail cut mv rm; do command -v $tool >/dev/null 2>&1 || lacks="$lacks $tool"; done
[ "$(printf a | hash 2>/dev/null | cut -c1-8)" = ca978112 ] || lacks="$lacks sha256sum"
say R$lacks
while IFS= read -r line; do
  o=${line%% *} r=${line#* }
  case $o in
  S)
    if [ -d "$r" ]; then k=d; elif [ -f "$r" ]; then k=f; elif [ -e "$r" ]; then k=o; else k=n; fi
    case $k in
    n) say s n 0 0 ;;
    *) say s $k $(stat -L -c '%s %a' -- "$r") ;;
    esac ;;
  L)
    if ! (cd -- "$r") 2>/dev/null; then say b "cannot be read"; continue; fi
    (cd -- "$r" &&
      find . ! -name . -type d -exec stat -c '%a %n' {} + | sed "s/^/$m d /" &&
      find . -type f -exec stat -c '%s %n' {} + | while read -r s f; do
        h=$(sum "$f" 2>/dev/null)
        say f "${h:--}" "$s" "$f"
      done &&
      find . -type l -print | sed "s/^/$m l /")
    say e ;;
  M)
    mode=${r%% *} p=${r#* }
    if why=$(mkdir -p -- "$p" 2>&1); then chmod "$mode" -- "$p" 2>/dev/null; say m; else say b "$why"; fi ;;
  P)
    want=${r%% *} r=${r#* } mode=${r%% *} r=${r#* } when=${r%% *} r=${r#* }
    goal=${r%% *} r=${r#* } how=${r%% *} p=${r#* }
    case $p in */*) d=${p%/*}/ ;; *) d= ;; esac
    n=$(printf %.16s "$goal")
    keep="$d.postern-cp-$n" part="$d.postern-cp-$n.$$" bad=
    if [ ! -d "${d:-.}" ]; then bad="there is no folder $d"
    elif [ ! -w "${d:-.}" ]; then bad="its folder cannot be written: permission denied"
    elif [ -d "$p" ]; then bad="is a directory"
    elif [ -e "$p" ] && [ ! -w "$p" ]; then bad="cannot be written: permission denied"
    elif { mv -f -- "$keep" "$part" 2>/dev/null || adopt; } && [ $how = r ]; then :
    elif ! why=$( (umask 077 && : >"$part") 2>&1); then bad="$why"
    fi
    if [ -n "$bad" ]; then part=; fi
    if [ $how = r ]; then
      if [ -n "$bad" ]; then say b "$bad"; bad=; continue; fi
      say h $(wc -c <"$part") "$(sum "$part")"
      IFS= read -r from || lost
      if [ "$from" = 0 ]; then : >"$part"; fi
    fi ;;
  C)
    if [ -n "$part" ] && [ -z "$bad" ]; then
      why=$(dd bs="$r" count=1 iflag=fullblock 2>&1 >>"$part") || { bad=${why##*: }; drop; }
    else
      dd bs="$r" count=1 iflag=fullblock >/dev/null 2>&1
    fi ;;
  E)
    if [ -z "$bad" ] && [ "$(wc -c <"$part")" -ne "$want" ]; then bad="has $(wc -c <"$part") bytes of $want"; fi
    if [ -z "$bad" ] && [ "$(sum "$part")" != "$goal" ]; then bad="has another hash than what was sent"; fi
    if [ -z "$bad" ]; then
      chmod "$mode" -- "$part" && touch -d "@$when" -- "$part" 2>/dev/null
      if why=$(mv -f -- "$part" "$p" 2>&1); then part=; else bad="$why"; fi
    fi
    drop
    if [ -n "$bad" ]; then say b "$bad"; else say k; fi
    bad= ;;
  V)
    from=${r%% *} n=${r#* }
    IFS= read -r url || lost
    if [ -z "$part" ] || [ -n "$bad" ] || [ "$(wc -c <"$part")" -ne "$from" ]; then say b "it does not belong here"
    elif why=$( (get "$url" >>"$part") 2>&1) && [ "$(wc -c <"$part")" -eq $((from + n)) ]; then say v
    else
      dd if=/dev/null of="$part" bs=1 seek="$from" 2>/dev/null
      say b "$(last)"
    fi ;;
  Y)
    from=${r%% *} r=${r#* } n=${r%% *} p=${r#* }
    IFS= read -r url || lost
    if why=$(tail -c +$((from + 1)) <"$p" 2>/dev/null | dd bs="$n" count=1 iflag=fullblock 2>/dev/null |
      put "$url" 2>&1); then say v
    else say b "$(last)"
    fi ;;
  X) drop; say x ;;
  G | H)
    from=${r%% *} p=${r#* }
    if [ ! -f "$p" ] || [ ! -r "$p" ]; then say b "cannot be read"; continue; fi
    say g $(stat -L -c '%s %a %Y' -- "$p") "$(sum "$p")"
    [ $o = H ] || tail -c +$((from + 1)) <"$p" | base64
    say e ;;
  Q) drop; exit 0 ;;
  esac
done
lost
)sh";

Result<void> check_path(std::string_view path) {
  if (path.empty()) return fail(ErrorKind::usage, "a path is empty");
  if (path.find_first_of(std::string_view("\n\r\0", 3)) == std::string_view::npos) return {};
  return fail(ErrorKind::usage, "a name with a line end in it cannot be copied: " + printable(path, 200));
}

/// It goes into a line, and in quotes into a file that curl reads.
Result<void> check_url(const Secret<>& url) {
  const std::string& text = url.reveal();
  const auto plain = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; };
  if (!text.empty() && text.size() < kUrlMax && std::all_of(text.begin(), text.end(), plain)) return {};
  return fail(ErrorKind::internal, "the URL of an object has characters that do not belong there");
}

/// The shell's tools would take a leading hyphen for an option, and "~" is the user's who types it.
std::string plain(std::string_view path) {
  if (path == "~") return ".";
  if (path.starts_with("~/")) return path.size() == 2 ? "." : std::string(path.substr(2));
  if (path.starts_with('-')) return "./" + std::string(path);
  return std::string(path);
}

std::string octal(std::uint32_t mode) {
  std::string text;
  for (std::uint32_t rest = mode & 07777U; rest != 0 || text.empty(); rest >>= 3U) {
    text.insert(text.begin(), static_cast<char>('0' + (rest & 7U)));
  }
  return text;
}

template <class T>
bool read_number(std::string_view word, T& into, int base = 10) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), into, base);
  return error == std::errc() && end == word.data() + word.size();
}

bool is_hash(std::string_view word) {
  return word.size() == kHashDigits && word.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// "./a/b" of find.
std::string below(std::string_view path) {
  return std::string(path.starts_with("./") ? path.substr(2) : path);
}

std::string_view take_word(std::string_view& rest) {
  const std::size_t end = rest.find(' ');
  const std::string_view word = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return word;
}

/// False when the line is not what it should be.
bool fill(CopyReply& reply, char order, std::string_view rest) {
  using Kind = CopyReply::Kind;
  switch (order) {
    case 'B':
      reply.kind = Kind::script;
      return rest.empty();
    case 'R':
      reply.kind = Kind::ready;
      reply.text = trim(rest);
      return true;
    case 's': {
      reply.kind = Kind::stat;
      const std::string_view type = take_word(rest);
      const std::string_view size = take_word(rest);
      reply.type = type.size() == 1 ? type[0] : '?';
      return std::string_view("fdon").find(reply.type) != std::string_view::npos && read_number(size, reply.size) &&
             read_number(rest, reply.mode, 8);
    }
    case 'd':
      reply.kind = Kind::folder;
      if (!read_number(take_word(rest), reply.mode, 8)) return false;
      reply.text = below(rest);
      return !reply.text.empty();
    case 'f':
      reply.kind = Kind::file;
      reply.sha256 = take_word(rest);
      // A file that cannot be read has none.
      if (reply.sha256 == "-") reply.sha256.clear();
      if ((!reply.sha256.empty() && !is_hash(reply.sha256)) || !read_number(take_word(rest), reply.size)) return false;
      reply.text = below(rest);
      return !reply.text.empty();
    case 'l':
      reply.kind = Kind::link;
      reply.text = below(rest);
      return true;
    case 'h':
      reply.kind = Kind::kept;
      if (!read_number(take_word(rest), reply.size)) return false;
      reply.sha256 = rest;
      return reply.size == 0 || is_hash(reply.sha256);
    case 'k':
      reply.kind = Kind::stored;
      return rest.empty();
    case 'm':
      reply.kind = Kind::made;
      return rest.empty();
    case 'g':
      reply.kind = Kind::head;
      if (!read_number(take_word(rest), reply.size) || !read_number(take_word(rest), reply.mode, 8)) return false;
      if (!read_number(take_word(rest), reply.modified)) return false;
      reply.sha256 = rest;
      return is_hash(reply.sha256);
    case 'v':
      reply.kind = Kind::carried;
      return rest.empty();
    case 'e':
      reply.kind = Kind::end;
      return rest.empty();
    case 'b':
      reply.kind = Kind::no;
      reply.text = rest;
      return true;
    default:
      return false;
  }
}

Result<std::string> order(std::string_view letter, std::string_view path) {
  TRY_VOID(check_path(path));
  return std::string(letter) + " " + plain(path) + "\n";
}

}  // namespace copy_server

std::string_view copy_script() noexcept {
  return copy_server::kScript;
}

std::string copy_parameter(const CopyMark& mark, bool as_root) {
  // The script comes as the first input, byte by byte: nothing of what follows it may be read with it. It is a child of
  // the session's first process, which agents kill when the session is ended: the script is told by a hang-up then, and
  // can tidy up. The exit keeps shells from putting it into their own place.
  std::string inner = "stty raw -echo 2>/dev/null;echo " + mark.text + " B;";
  inner += "sh -c \"$(dd bs=1 count=" + std::to_string(copy_server::kScript.size()) + " 2>/dev/null)\" postern-cp " +
           mark.text + ";exit $?";
  return std::string(as_root ? "sudo -n sh -c '" : "sh -c '") + inner + "'";
}

Result<std::string> copy_stat(std::string_view path) {
  return copy_server::order("S", path);
}
Result<std::string> copy_list(std::string_view path) {
  return copy_server::order("L", path);
}

Result<std::string> copy_make_folder(std::uint32_t mode, std::string_view path) {
  return copy_server::order("M " + copy_server::octal(mode), path);
}

Result<std::string> copy_put(const CopyPut& put) {
  const std::string head = "P " + std::to_string(put.size) + " " + copy_server::octal(put.mode) + " " +
                           std::to_string(put.modified) + " " + put.sha256 + (put.resume ? " r" : " w");
  return copy_server::order(head, put.path);
}

std::string copy_from(std::uint64_t kept) {
  return std::to_string(kept) + "\n";
}
std::string copy_piece(std::size_t bytes) {
  return "C " + std::to_string(bytes) + "\n";
}
std::string copy_end() {
  return "E\n";
}
std::string copy_drop() {
  return "X\n";
}
std::string copy_quit() {
  return "Q\n";
}

Result<std::string> copy_get(std::uint64_t from, std::string_view path) {
  return copy_server::order("G " + std::to_string(from), path);
}

Result<std::string> copy_head(std::string_view path) {
  return copy_server::order("H 0", path);
}

Result<std::string> copy_fetch(std::uint64_t from, std::size_t bytes, const Secret<>& url) {
  TRY_VOID(copy_server::check_url(url));
  return "V " + std::to_string(from) + " " + std::to_string(bytes) + "\n" + url.reveal() + "\n";
}

Result<std::string> copy_carry(std::uint64_t from, std::size_t bytes, std::string_view path, const Secret<>& url) {
  TRY_VOID(copy_server::check_url(url));
  TRY(std::string lines, copy_server::order("Y " + std::to_string(from) + " " + std::to_string(bytes), path));
  return lines + url.reveal() + "\n";
}

void CopyReader::feed(std::string_view bytes) {
  if (used_ > 0) {
    buffer_.erase(0, used_);
    used_ = 0;
  }
  buffer_ += bytes;
}

std::optional<CopyReply> CopyReader::next() {
  for (;;) {
    const std::string_view rest = std::string_view(buffer_).substr(used_);
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      if (rest.size() <= copy_server::kLineMax) return std::nullopt;
      CopyReply noise;
      noise.text = std::string(rest);
      used_ = buffer_.size();
      return noise;
    }
    std::string_view line = rest.substr(0, end);
    used_ += end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    CopyReply reply = read_line(line);
    const bool nothing = reply.kind == CopyReply::Kind::bytes && reply.text.empty();
    if (!nothing) return reply;
  }
}

CopyReply CopyReader::read_line(std::string_view line) {
  CopyReply reply;
  reply.text = std::string(line);
  const std::string& mark = mark_.text;
  const bool ours = line.size() >= mark.size() + 2 && line.starts_with(mark) && line[mark.size()] == ' ';
  if (!ours) {
    if (!in_bytes_) return reply;
    // Lines of base64 need not end where a group of it does.
    rest_ += line;
    const std::size_t whole = rest_.size() / 4 * 4;
    const std::optional<std::string> bytes = from_base64(std::string_view(rest_).substr(0, whole));
    if (!bytes) {
      rest_.clear();
      return reply;
    }
    rest_.erase(0, whole);
    reply.kind = CopyReply::Kind::bytes;
    reply.text = *bytes;
    return reply;
  }
  std::string_view rest = line.substr(mark.size() + 2);
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  CopyReply read;
  if (!copy_server::fill(read, line[mark.size() + 1], rest)) return reply;
  in_bytes_ = read.kind == CopyReply::Kind::head;
  rest_.clear();
  return read;
}

}  // namespace postern::cli
