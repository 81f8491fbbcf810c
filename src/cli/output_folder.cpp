#include "cli/output_folder.hpp"

#include <algorithm>
#include <map>
#include <span>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/atomic_file.hpp"

namespace postern::cli {
namespace output_folder {

constexpr const char* kIndex = "index.json";
constexpr std::size_t kIndexHeadMax = 4U << 10U;

tl::unexpected<Error> unwritable(const std::string& path, Error error) {
  return fail(Error(ErrorKind::usage, "cannot write " + printable(path, 300)).caused_by(std::move(error)));
}

/// The run whose outputs are there: the index is as large as the run, so its first lines are looked at alone.
std::string run_of(os::Files& files, const std::string& folder) {
  const auto file = files.open(os::join_path(folder, kIndex), os::OpenMode::read);
  if (!file) return {};
  std::string head(kIndexHeadMax, '\0');
  const Result<std::size_t> got = (*file)->read_at(0, std::as_writable_bytes(std::span(head)));
  if (!got) return {};
  head.resize(*got);
  constexpr std::string_view kKey = "\"run_id\": \"";
  const std::size_t at = head.find(kKey);
  if (!head.starts_with("{\n  \"schema\": \"postern.run.files/1\"") || at == std::string::npos) return {};
  const std::size_t begin = at + kKey.size();
  return head.substr(begin, head.find('"', begin) - begin);
}

Json row_of(const flow::TargetResult& target, const report::TargetFiles* files) {
  const fleet::Scope& scope = target.target.scope();
  Json row = Json::object();
  row.set("account_id", scope.account.text()).set("region", scope.region.text());
  row.set("instance_id", target.target.id().text());
  if (!target.name.empty()) row.set("name", target.name);
  row.set("status", to_string(target.outcome));
  if (target.exit_code) row.set("exit_code", *target.exit_code);
  if (!target.reason.empty()) row.set("reason", target.reason);
  if (files == nullptr) return row;
  row.set("stdout", files->out_path());
  if (const std::string err = files->err_path(); !err.empty()) row.set("stderr", err);
  row.set("truncated", target.truncated);
  return row;
}

}  // namespace output_folder

Result<void> check_output_folder(os::Files& files, const std::string& folder, const std::string& run_id) {
  if (folder.empty()) return fail(ErrorKind::usage, "--outdir needs the name of a folder");
  const Result<os::FileStat> there = files.stat(folder);
  if (there && there->type != os::FileType::directory) {
    return fail(ErrorKind::usage, printable(folder, 300) + " is there and is no folder");
  }
  if (!there) {
    const Result<void> made = files.make_dirs(folder, 0700);
    if (!made) return output_folder::unwritable(folder, made.error());
  }
  const Result<std::vector<std::string>> names = files.list(folder);
  if (!names) return output_folder::unwritable(folder, names.error());
  if (!names->empty()) {
    const std::string other = output_folder::run_of(files, folder);
    if (other.empty()) {
      return fail(ErrorKind::usage, printable(folder, 300) + " is not empty: outputs go into a folder of their own");
    }
    if (other != run_id) {
      return fail(ErrorKind::usage,
                  printable(folder, 300) + " has the outputs of run " + printable(other, 60) + ": name another folder");
    }
  }
  return AtomicFile::check(files, os::join_path(folder, output_folder::kIndex));
}

Result<void> OutputFolder::write_one(const std::string& path, std::string_view bytes) {
  const std::string whole = os::join_path(folder_, path);
  const std::string parent = os::parent_dir(whole);
  Result<void> done;
  if (parent != made_) done = files_.make_dirs(parent, 0700);
  if (!done) return output_folder::unwritable(parent, done.error());
  made_ = parent;
  Result<std::unique_ptr<os::File>> file = files_.open(whole, os::OpenMode::create, 0600);
  if (!file) return output_folder::unwritable(whole, file.error());
  done = (*file)->truncate(0);
  if (done) done = (*file)->write_at(0, std::as_bytes(std::span(bytes)));
  if (!done) return output_folder::unwritable(whole, done.error());
  return done;
}

Result<void> OutputFolder::write(const report::TargetFiles& target) {
  TRY_VOID(write_one(target.out_path(), target.target->out.bytes()));
  const std::string err = target.err_path();
  return err.empty() ? Result<void>() : write_one(err, target.target->err.bytes());
}

Result<void> OutputFolder::write_index(const flow::RunResult& run, const report::RunFacts& facts) {
  TRY(AtomicFile index, AtomicFile::begin(files_, os::join_path(folder_, output_folder::kIndex)));
  Json head = Json::object().set("schema", "postern.run.files/1").set("run_id", run.run_id).set("world", facts.world);
  head.set("status", facts.status_of(run));
  std::string text = head.dump_pretty();
  text.resize(text.size() - 2);  // its end: a line feed and a brace
  TRY_VOID(index.write(text + ",\n  \"targets\": ["));
  std::map<const flow::TargetResult*, const report::TargetFiles*> by_target;
  const std::vector<report::TargetFiles> written = report::output_files(run, facts);
  for (const report::TargetFiles& one : written) by_target.emplace(one.target, &one);
  const char* separator = "\n    ";
  for (const flow::TargetResult& target : run.targets) {
    const auto found = by_target.find(&target);
    TRY_VOID(index.write(separator));
    TRY_VOID(index.write(output_folder::row_of(target, found == by_target.end() ? nullptr : found->second).dump()));
    separator = ",\n    ";
  }
  TRY_VOID(index.write(run.targets.empty() ? "]\n}\n" : "\n  ]\n}\n"));
  return index.commit();
}

}  // namespace postern::cli
