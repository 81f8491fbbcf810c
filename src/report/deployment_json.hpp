#pragma once

/// A deployment report for machines.

#include "base/json.hpp"
#include "report/deployment.hpp"

namespace postern::report {

/// Schema postern.dr_report/1.
Json deployment_json(const Deployment& deployment);

}  // namespace postern::report
