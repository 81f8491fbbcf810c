#pragma once

/// The texts of an evaluation. Used by the evaluator only.

#include "iam/evaluate.hpp"

namespace postern::iam {

/// AWS's sentence. `resource` is null when the request named none.
std::string denial_sentence(const Evaluation& evaluation, const Request& request, const Resource* resource,
                            DenialStyle style);
/// Several lines: the decision, then every layer, then the near misses.
std::string explanation_of(const Evaluation& evaluation, const Request& request, const Resource* resource);

}  // namespace postern::iam
