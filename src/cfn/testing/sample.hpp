#pragma once

#include "cfn/template.hpp"

namespace postern::cfn::testing {

/// A small template in which every kind of value stands once.
Template sample();

}  // namespace postern::cfn::testing
