#pragma once

/// How an evaluation is told. Used by why.cpp only.

#include <string>

#include "access/why.hpp"
#include "iam/evaluate.hpp"

namespace postern::access::why_detail {

/// `identity`: where the nearest action is looked for when no statement is about the one that was asked.
Explanation told(const iam::Evaluation& evaluation, const iam::PolicyList& identity);
/// "Allow sts:AssumeRole to AWS arn:... if StringEquals sts:ExternalId "...""
std::string told_trust(const iam::Statement& statement);

void add_hints(const WhyQuestion& question, Explanation& out);
void add_hints(const AssumeQuestion& question, Explanation& out);

}  // namespace postern::access::why_detail
