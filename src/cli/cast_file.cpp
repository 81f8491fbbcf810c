#include "cli/cast_file.hpp"

#include "net/stream.hpp"

namespace postern::cli {

Result<std::unique_ptr<CastFile>> CastFile::create(const Command& command, std::string path, term::CastHeader header) {
  Result<std::unique_ptr<os::File>> file = command.host().files->open(path, os::OpenMode::create_new, 0600);
  if (!file) {
    return fail(Error(ErrorKind::usage, "cannot record to " + path +
                                            (file.error().kind() == ErrorKind::conflict
                                                 ? ": it is there already, and recordings are not overwritten"
                                                 : ""))
                    .caused_by(std::move(file).error()));
  }
  header.at = command.ctx().clock().wall_now();
  std::unique_ptr<CastFile> out(new CastFile(command.ctx().clock(), std::move(path), std::move(*file)));
  out->add(term::Asciicast::header(header));
  return out;
}

void CastFile::add(std::string_view line) {
  if (line.empty() || trouble_) return;
  Result<void> written = file_->write_at(end_, net::as_bytes(line));
  if (!written) {
    trouble_ = std::move(written).error();
    return;
  }
  end_ += line.size();
  hasher_.add(line);
}

void CastFile::output(std::string_view bytes) {
  add(cast_.output(clock_.now() - began_, bytes));
}

void CastFile::resize(std::size_t columns, std::size_t rows) {
  add(cast_.resize(clock_.now() - began_, columns, rows));
}

Result<std::string> CastFile::finish() {
  add(cast_.finish(clock_.now() - began_));
  if (!trouble_) {
    if (Result<void> synced = file_->sync(); !synced) trouble_ = std::move(synced).error();
  }
  if (trouble_) return fail(*trouble_);
  return ledger::to_hex(hasher_.finish());
}

}  // namespace postern::cli
