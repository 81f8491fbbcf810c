#pragma once

/// What a job does in EC2 and IAM with its caller: the calls of AWSElasticDisasterRecoveryConsoleFullAccess_v2
/// (v9) that a launch and a clean-up make, with the conditions that its statements name.

#include <string>

#include "sim/drs/sites.hpp"

namespace postern::sim::drs {

enum class Duty : std::uint8_t { convert, launch, clean_up, change_template };

/// Empty when the caller may do all of it; else what EC2 or IAM says of the first thing that he may not.
std::string why_not(Cloud& cloud, const aws::server::CallInfo& caller, const SiteKey& site, Duty duty);

}  // namespace postern::sim::drs
