#include "cli/atomic_file.hpp"

#include <span>

#include "base/text.hpp"

namespace postern::cli {
namespace atomic_file {

constexpr std::size_t kBuffer = 256U << 10U;
constexpr int kNamesTried = 100;  // left by killed processes

tl::unexpected<Error> unwritable(const std::string& path, Error error) {
  return fail(Error(ErrorKind::usage, "cannot write " + printable(path, 300)).caused_by(std::move(error)));
}

/// A new file beside `path`.
Result<std::unique_ptr<os::File>> make_beside(os::Files& files, const std::string& path, std::string* name) {
  const std::string folder = os::parent_dir(path);
  const std::string last = path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
  for (int i = 0;; ++i) {
    *name = os::join_path(folder, "." + last.substr(0, 200) + ".part" + (i == 0 ? "" : std::to_string(i)));
    Result<std::unique_ptr<os::File>> made = files.open(*name, os::OpenMode::create_new, 0600);
    if (made || made.error().kind() != ErrorKind::conflict || i == kNamesTried) return made;
  }
}

}  // namespace atomic_file

Result<void> AtomicFile::check(os::Files& files, const std::string& path) {
  if (path.empty() || path.ends_with('/')) {
    return fail(ErrorKind::usage, "'" + printable(path, 300) + "' is not the name of a file");
  }
  const Result<os::FileStat> there = files.stat(path);
  if (there && there->type != os::FileType::regular) {
    return fail(ErrorKind::usage, printable(path, 300) + " is there and is no file");
  }
  std::string name;
  Result<std::unique_ptr<os::File>> made = atomic_file::make_beside(files, path, &name);
  if (!made) return atomic_file::unwritable(path, std::move(made).error());
  made->reset();
  return files.remove(name);
}

Result<AtomicFile> AtomicFile::begin(os::Files& files, std::string path) {
  AtomicFile file;
  file.files_ = &files;
  Result<std::unique_ptr<os::File>> made = atomic_file::make_beside(files, path, &file.beside_);
  if (!made) return atomic_file::unwritable(path, std::move(made).error());
  file.file_ = std::move(*made);
  file.path_ = std::move(path);
  return file;
}

AtomicFile::~AtomicFile() {
  if (!file_) return;
  file_.reset();
  (void)files_->remove(beside_);
}

Result<void> AtomicFile::write(std::string_view bytes) {
  buffer_ += bytes;
  return buffer_.size() < atomic_file::kBuffer ? Result<void>() : flush();
}

Result<void> AtomicFile::flush() {
  const Result<void> written = file_->write_at(end_, std::as_bytes(std::span(buffer_)));
  if (!written) return atomic_file::unwritable(path_, written.error());
  end_ += buffer_.size();
  buffer_.clear();
  return Result<void>();
}

Result<void> AtomicFile::commit() {
  TRY_VOID(flush());
  Result<void> done = file_->sync();
  if (done) done = files_->rename(beside_, path_);
  if (!done) return atomic_file::unwritable(path_, std::move(done).error());
  file_.reset();
  return files_->sync_dir(os::parent_dir(path_));
}

}  // namespace postern::cli
