#pragma once

/// The answer of the Lambda that people orchestrate with today, so that what reads it keeps working:
///   {"statusCode": 200, "body": [
///     {"account_id", "status": "success", "command_id", "instance_count"},
///     {"account_id", "status": "no_instances", "message"},
///     {"account_id", "status": "error", "error"}]}

#include "base/json.hpp"
#include "report/facts.hpp"

namespace postern::report {

/// One entry per account, sorted by id, in those shapes with members added:
///  * `success`: every target that was wanted succeeded. The Lambda said so as soon as a command was sent; here it has
///    ended. `command_id` is the first one; `command_ids` has all: a command takes 50 targets of one Region.
///  * `no_instances`: nothing matched, or the user's own rules skipped everything (then `message` says so).
///  * `error`: a target failed, is unknown or could not be reached, a send was refused, or a Region could not be asked.
///    Besides `error` it has what the others have: `command_id` when one was sent, `instance_count`.
/// `instance_count` counts the targets that were wanted: all but those that the user's own rules skipped. Every entry
/// has `totals`. `statusCode` is 200, as there: the entries tell.
Json lambda_answer(const flow::RunResult& run, const RunFacts& facts);

}  // namespace postern::report
