#pragma once

/// Streams of the ledger beside the runs' own, which many processes add to: the chain of heads, what was told to whom,
/// anchors.

#include <string>
#include <vector>

#include "ledger/store.hpp"
#include "ledger/stream_writer.hpp"

namespace postern::flow {

/// What was told of a run: "notice/01ARZ3NDEKTSV4RRFFQ69G5FAV".
std::string notice_stream(std::string_view run_id);
/// Where heads of closed runs were put outside of the ledger.
inline constexpr std::string_view kAnchorsStream = "anchors";

/// Adds a record at the stream's end, wherever that is by then. Conflict when others were always faster.
rt::Task<Result<void>> append_aside(rt::CallContext ctx, ledger::Store& store, std::string world, std::string stream,
                                    ledger::NewRecord record);

/// All records of a stream, hashes not checked; none when it is not there. For streams that stay short.
rt::Task<Result<std::vector<ledger::Record>>> read_aside(rt::CallContext ctx, ledger::Store& store, std::string stream);

}  // namespace postern::flow
