#pragma once

/// Instances and what follows from them, as EC2 shows them.

#include "aws/ec2/types.hpp"
#include "sim/ec2/catalog.hpp"
#include "sim/ec2/fleet.hpp"
#include "sim/ec2/listing.hpp"

namespace postern::sim::ec2 {

/// What descriptions look up beside the instance. Either may be null: nobody has asked for it yet.
struct Surroundings {
  Surroundings() = default;
  explicit Surroundings(const Site& site) : network(site.network.get()), catalog(site.catalog.get()) {}
  const Network* network = nullptr;
  const Catalog* catalog = nullptr;
};

aws::ec2::Instance describe_instance(const Instance& instance, const Surroundings& around);
aws::ec2::InstanceState describe_state(InstanceState state);
aws::ec2::Volume describe_volume(const Instance& instance, const Surroundings& around);
aws::ec2::NetworkInterface describe_interface(const Instance& instance, const Surroundings& around);
aws::ec2::IamInstanceProfileAssociation describe_association(const Instance& instance);
aws::ec2::InstanceMetadataOptionsResponse describe_metadata(const Instance& instance);
std::vector<aws::ec2::Tag> describe_tags(const TagMap& tags);
std::vector<aws::ec2::GroupIdentifier> describe_groups(const Instance& instance, const Surroundings& around);

/// Whether EC2's DescribeInstances has the filter, and its values for an instance. Cheaper than describing it.
bool is_instance_filter(std::string_view name);
void instance_filter_values(const Instance& instance, std::string_view name, FilterValues& values);

}  // namespace postern::sim::ec2
