#pragma once

/// IPv4 addresses and blocks of them, under the names that EC2's code has for them.

#include "base/ipv4.hpp"

namespace postern::sim::ec2 {

using ipv4::Address;
using ipv4::Cidr;
using ipv4::parse_address;
using ipv4::parse_cidr;
using ipv4::to_text;

}  // namespace postern::sim::ec2
