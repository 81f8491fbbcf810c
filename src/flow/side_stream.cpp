#include "flow/side_stream.hpp"

namespace postern::flow {
namespace {

constexpr int kTries = 20;  // every process that adds to it at this moment may come before us once

}  // namespace

std::string notice_stream(std::string_view run_id) {
  return "notice/" + std::string(run_id);
}

rt::Task<Result<void>> append_aside(rt::CallContext ctx, ledger::Store& store, std::string world, std::string stream,
                                    ledger::NewRecord record) {
  Result<void> written;
  for (int i = 0; i < kTries; ++i) {
    CO_TRY(const std::optional<ledger::StreamInfo> info, co_await store.find(ctx, stream));
    ledger::StreamWriterOptions writing;
    writing.world = world;
    writing.stream = stream;
    ledger::Digest head = info ? info->head : ledger::chain_start(world, stream);
    const std::uint64_t version = info ? info->version : 0;
    ledger::StreamWriter writer(store, std::move(writing), version, head);
    std::vector<ledger::NewRecord> records;
    records.push_back(record);
    written = co_await writer.append(ctx, std::move(records));
    if (written || written.error().kind() != ErrorKind::conflict) break;
  }
  co_return written;
}

rt::Task<Result<std::vector<ledger::Record>>> read_aside(rt::CallContext ctx, ledger::Store& store,
                                                         std::string stream) {
  std::vector<ledger::Record> all;
  for (;;) {
    Result<std::vector<ledger::Record>> page = co_await store.read(ctx, stream, all.size() + 1, ledger::kPageMax);
    if (!page && page.error().kind() == ErrorKind::not_found) co_return all;
    if (!page) co_return fail(std::move(page).error());
    if (page->empty()) co_return all;
    for (ledger::Record& record : *page) all.push_back(std::move(record));
  }
}

}  // namespace postern::flow
