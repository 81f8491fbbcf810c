// What happens to instances after their launch.

#include <algorithm>

#include "aws/core/scalar.hpp"
#include "base/encoding.hpp"
#include "base/text.hpp"
#include "sim/ec2/common.hpp"
#include "sim/ec2/describe.hpp"
#include "sim/ec2/service.hpp"

namespace postern::sim {
namespace instance_ops {

using namespace aws::ec2;
using ec2::admit;
using ec2::arn_of;
using ec2::Fleet;
using ec2::Info;
using ec2::invalid_value;
using ec2::only;
using ec2::refuse;
using State = sim::InstanceState;

/// From a reboot until the node's agent is back.
constexpr std::chrono::seconds kRestartTime{10};
constexpr ec2::FilterPath kAssociationFilters[] = {
    {"instance-id", "InstanceId"},
    {"state", "State"},
};

Error wrong_state(const sim::Instance& instance, std::string_view verb) {
  return aws::server::fault(
      ErrorKind::conflict, "IncorrectInstanceState",
      "The instance '" + instance.id + "' is not in a state from which it can be " + std::string(verb) + ".", 400);
}

InstanceStateChange change_of(const sim::Instance& instance, State before) {
  InstanceStateChange change;
  change.instance_id = instance.id;
  change.previous_state = ec2::describe_state(before);
  change.current_state = ec2::describe_state(instance.state);
  return change;
}

/// "User initiated (2026-11-21 07:16:51 GMT)".
std::string by_user(WallTime now) {
  std::string time = aws::format_timestamp(std::chrono::floor<std::chrono::seconds>(now), aws::TimeFormat::iso8601);
  if (time.size() >= 19) time = time.substr(0, 10) + " " + time.substr(11, 8);
  return "User initiated (" + time + " GMT)";
}

void set_reason(sim::Instance& instance, std::string_view code, WallTime now) {
  InstanceExtras& extras = Fleet::extras(instance);
  extras.transition_reason = by_user(now);
  extras.state_reason_code = code;
  extras.state_reason = std::string(code) + ": User initiated " +
                        (code.ends_with("Shutdown") ? std::string("shutdown") : std::string("action"));
}

template <class Edit>
void edit_traits(Fleet& fleet, sim::Instance& instance, Edit edit) {
  InstanceTraits traits = *instance.traits;
  edit(traits);
  instance.traits = fleet.share(std::move(traits));
}

Result<std::string> profile_of(const Info& info, const std::optional<IamInstanceProfileSpecification>& asked) {
  if (!asked || (!asked->arn && !asked->name)) return fail(ec2::missing_parameter("IamInstanceProfile"));
  if (asked->name) return *asked->name;
  const std::string prefix = "arn:aws:iam::" + info.caller.account_id + ":instance-profile/";
  if (!asked->arn->starts_with(prefix)) {
    return fail(invalid_value("Value (" + printable(*asked->arn, 200) +
                              ") for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN"));
  }
  return asked->arn->substr(asked->arn->rfind('/') + 1);
}

std::string association_id(const sim::Instance& instance) {
  return ec2::describe_association(instance).association_id.value_or("");
}

}  // namespace instance_ops

Result<aws::ec2::StartInstancesResponse> Ec2Service::start_instances(const Info& info,
                                                                     const aws::ec2::StartInstancesRequest& request) {
  using namespace instance_ops;
  TRY_VOID(only(info, &request, {"DryRun", "InstanceIds"}));
  for (const std::string& id : request.instance_ids)
    TRY_VOID(admit(info, request.dry_run, arn_of(info, "instance/" + id)));
  TRY(const std::vector<sim::Instance*> all, instances_of(info, request.instance_ids));
  for (const sim::Instance* one : all) {
    if (one->state == State::stopping || one->state == State::shutting_down || one->state == State::terminated) {
      return fail(wrong_state(*one, "started"));
    }
  }
  StartInstancesResponse response;
  for (sim::Instance* one : all) {
    const State before = one->state;
    if (before == State::stopped) {
      cloud_.ec2().change(*one, State::pending, State::running, now(info));
      one->launched = std::chrono::floor<std::chrono::seconds>(now(info));
      if (one->extras) {
        one->extras->transition_reason.clear();
        one->extras->state_reason_code.clear();
      }
    }
    response.starting_instances.push_back(change_of(*one, before));
  }
  return response;
}

Result<aws::ec2::StopInstancesResponse> Ec2Service::stop_instances(const Info& info,
                                                                   const aws::ec2::StopInstancesRequest& request) {
  using namespace instance_ops;
  TRY_VOID(only(info, &request, {"DryRun", "Force", "InstanceIds"}));
  for (const std::string& id : request.instance_ids)
    TRY_VOID(admit(info, request.dry_run, arn_of(info, "instance/" + id)));
  TRY(const std::vector<sim::Instance*> all, instances_of(info, request.instance_ids));
  for (const sim::Instance* one : all) {
    if (one->state == State::pending || one->state == State::shutting_down || one->state == State::terminated) {
      return fail(wrong_state(*one, "stopped"));
    }
    if (one->extras && one->extras->disable_api_stop) {
      return fail(refuse("OperationNotPermitted", "The instance '" + one->id +
                                                      "' may not be stopped. Modify its 'disableApiStop' instance "
                                                      "attribute and try again."));
    }
  }
  StopInstancesResponse response;
  for (sim::Instance* one : all) {
    const State before = one->state;
    if (before == State::running) {
      set_reason(*one, "Client.UserInitiatedShutdown", now(info));
      cloud_.ec2().change(*one, State::stopping, State::stopped, now(info));
      if (down_) down_(*one, Duration{});
    }
    response.stopping_instances.push_back(change_of(*one, before));
  }
  return response;
}

Result<aws::ec2::RebootInstancesResponse> Ec2Service::reboot_instances(
    const Info& info, const aws::ec2::RebootInstancesRequest& request) {
  using namespace instance_ops;
  for (const std::string& id : request.instance_ids)
    TRY_VOID(admit(info, request.dry_run, arn_of(info, "instance/" + id)));
  TRY(const std::vector<sim::Instance*> all, instances_of(info, request.instance_ids));
  for (const sim::Instance* one : all) {
    if (one->state != State::running) return fail(wrong_state(*one, "rebooted"));
  }
  for (const sim::Instance* one : all) {
    if (down_) down_(*one, kRestartTime);
  }
  return RebootInstancesResponse();
}

Result<aws::ec2::TerminateInstancesResponse> Ec2Service::terminate_instances(
    const Info& info, const aws::ec2::TerminateInstancesRequest& request) {
  using namespace instance_ops;
  for (const std::string& id : request.instance_ids)
    TRY_VOID(admit(info, request.dry_run, arn_of(info, "instance/" + id)));
  TRY(const std::vector<sim::Instance*> all, instances_of(info, request.instance_ids));
  for (const sim::Instance* one : all) {
    if (!one->extras || !one->extras->disable_api_termination) continue;
    return fail(refuse("OperationNotPermitted", "The instance '" + one->id +
                                                    "' may not be terminated. Modify its 'disableApiTermination' "
                                                    "instance attribute and try again."));
  }
  TerminateInstancesResponse response;
  for (sim::Instance* one : all) {
    const State before = one->state;
    if (before != State::shutting_down && before != State::terminated) {
      set_reason(*one, "Client.UserInitiatedShutdown", now(info));
      cloud_.ec2().change(*one, State::shutting_down, State::terminated, now(info));
      if (down_) down_(*one, Duration{});
    }
    response.terminating_instances.push_back(change_of(*one, before));
  }
  return response;
}

Result<aws::ec2::DescribeInstanceAttributeResponse> Ec2Service::describe_instance_attribute(
    const Info& info, const aws::ec2::DescribeInstanceAttributeRequest& request) {
  using namespace instance_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "instance/" + *request.instance_id)));
  TRY(const sim::Instance* one, instance_of(info, *request.instance_id));
  const InstanceExtras usual;
  const InstanceExtras& extras = one->extras ? *one->extras : usual;
  const std::string& name = request.attribute->text();
  DescribeInstanceAttributeResponse response;
  response.instance_id = one->id;
  if (name == "instanceType") {
    response.instance_type.emplace().value = one->traits->instance_type;
  } else if (name == "userData") {
    AttributeValue& data = response.user_data.emplace();
    if (!extras.user_data.empty()) data.value = extras.user_data;
  } else if (name == "disableApiTermination") {
    response.disable_api_termination.emplace().value = extras.disable_api_termination;
  } else if (name == "disableApiStop") {
    response.disable_api_stop.emplace().value = extras.disable_api_stop;
  } else if (name == "instanceInitiatedShutdownBehavior") {
    response.instance_initiated_shutdown_behavior.emplace().value = extras.terminate_on_shutdown ? "terminate" : "stop";
  } else if (name == "sourceDestCheck") {
    response.source_dest_check.emplace().value = extras.source_dest_check;
  } else if (name == "ebsOptimized") {
    response.ebs_optimized.emplace().value = extras.ebs_optimized;
  } else if (name == "groupSet") {
    response.groups = ec2::describe_groups(*one, ec2::Surroundings(site(info)));
  } else if (name == "rootDeviceName") {
    response.root_device_name.emplace().value = one->traits->platform == Platform::windows ? "/dev/sda1" : "/dev/xvda";
  } else {
    return fail(refuse("UnsupportedOperation", "The attribute " + name + " is not offered by this simulator"));
  }
  return response;
}

Result<aws::ec2::ModifyInstanceAttributeResponse> Ec2Service::modify_instance_attribute(
    const Info& info, const aws::ec2::ModifyInstanceAttributeRequest& request) {
  using namespace instance_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "instance/" + *request.instance_id)));
  TRY_VOID(only(info, &request,
                {"DisableApiStop", "DisableApiTermination", "DryRun", "EbsOptimized", "Groups", "InstanceId",
                 "InstanceInitiatedShutdownBehavior", "InstanceType", "SourceDestCheck", "UserData"}));
  TRY(sim::Instance * one, instance_of(info, *request.instance_id));
  if (one->state == State::terminated) return fail(wrong_state(*one, "modified"));
  const bool offline_only = request.instance_type || request.user_data || request.ebs_optimized;
  if (offline_only && one->state != State::stopped) {
    return fail(refuse("IncorrectInstanceState", "The instance '" + one->id + "' is not in the 'stopped' state."));
  }
  if (!request.groups.empty()) {
    InstancePlacement placement = *one->placement;
    for (const std::string& id : request.groups) {
      TRY(const ec2::GroupRecord* group, ec2::at(network(info).groups, ec2::kGroupId, id));
      if (group->shape.vpc_id != placement.vpc_id) {
        return fail(refuse("InvalidGroup.NotFound",
                           "The security group '" + id + "' does not exist in VPC '" + placement.vpc_id + "'"));
      }
    }
    placement.security_groups = request.groups;
    one->placement = cloud_.ec2().share(std::move(placement));
  }
  InstanceExtras& extras = Fleet::extras(*one);
  const auto set = [](bool& to, const std::optional<AttributeBooleanValue>& from) {
    if (from) to = from->value.value_or(false);
  };
  set(extras.disable_api_stop, request.disable_api_stop);
  set(extras.disable_api_termination, request.disable_api_termination);
  set(extras.source_dest_check, request.source_dest_check);
  set(extras.ebs_optimized, request.ebs_optimized);
  if (request.instance_initiated_shutdown_behavior) {
    extras.terminate_on_shutdown = request.instance_initiated_shutdown_behavior->value == "terminate";
  }
  if (request.user_data && request.user_data->value) extras.user_data = to_base64(request.user_data->value->bytes);
  if (request.instance_type) {
    const std::string type = request.instance_type->value.value_or("");
    edit_traits(cloud_.ec2(), *one, [&](InstanceTraits& traits) { traits.instance_type = type; });
  }
  return ModifyInstanceAttributeResponse();
}

Result<aws::ec2::ModifyInstanceMetadataOptionsResponse> Ec2Service::modify_instance_metadata_options(
    const Info& info, const aws::ec2::ModifyInstanceMetadataOptionsRequest& request) {
  using namespace instance_ops;
  TRY_VOID(admit(info, request.dry_run, arn_of(info, "instance/" + *request.instance_id)));
  TRY_VOID(
      only(info, &request,
           {"DryRun", "HttpEndpoint", "HttpPutResponseHopLimit", "HttpTokens", "InstanceId", "InstanceMetadataTags"}));
  TRY(sim::Instance * one, instance_of(info, *request.instance_id));
  const std::int32_t hops = request.http_put_response_hop_limit.value_or(one->traits->metadata.hop_limit);
  if (hops < 1 || hops > 64) {
    return fail(invalid_value("The httpPutResponseHopLimit must be between 1 and 64"));
  }
  edit_traits(cloud_.ec2(), *one, [&](InstanceTraits& traits) {
    MetadataOptions& to = traits.metadata;
    to.hop_limit = static_cast<std::uint8_t>(hops);
    if (request.http_tokens) {
      const bool required = request.http_tokens->text() == "required";
      to.tokens = required ? MetadataOptions::Tokens::required : MetadataOptions::Tokens::optional;
    }
    if (request.http_endpoint) {
      const bool enabled = request.http_endpoint->text() == "enabled";
      to.endpoint = enabled ? MetadataOptions::Endpoint::enabled : MetadataOptions::Endpoint::disabled;
    }
    if (request.instance_metadata_tags) to.tags_enabled = request.instance_metadata_tags->text() == "enabled";
  });
  ModifyInstanceMetadataOptionsResponse response;
  response.instance_id = one->id;
  response.instance_metadata_options = ec2::describe_metadata(*one);
  return response;
}

Result<aws::ec2::AssociateIamInstanceProfileResponse> Ec2Service::associate_iam_instance_profile(
    const Info& info, const aws::ec2::AssociateIamInstanceProfileRequest& request) {
  using namespace instance_ops;
  TRY_VOID(admit(info, std::nullopt, arn_of(info, "instance/" + *request.instance_id)));
  TRY(sim::Instance * one, instance_of(info, *request.instance_id));
  TRY(const std::string profile, profile_of(info, request.iam_instance_profile));
  if (one->state != State::running && one->state != State::stopped && one->state != State::pending) {
    return fail(wrong_state(*one, "given an instance profile"));
  }
  if (!one->traits->instance_profile.empty()) {
    return fail(refuse("IncorrectState", "There is an existing association for instance " + one->id));
  }
  TRY_VOID(check_profile(info, profile));
  edit_traits(cloud_.ec2(), *one, [&](InstanceTraits& traits) { traits.instance_profile = profile; });
  Fleet::extras(*one).profile_association = new_id(info, "iip-assoc");
  AssociateIamInstanceProfileResponse response;
  response.iam_instance_profile_association = ec2::describe_association(*one);
  response.iam_instance_profile_association->state.emplace("associating");
  return response;
}

Result<aws::ec2::DisassociateIamInstanceProfileResponse> Ec2Service::disassociate_iam_instance_profile(
    const Info& info, const aws::ec2::DisassociateIamInstanceProfileRequest& request) {
  using namespace instance_ops;
  TRY_VOID(admit(info, std::nullopt, arn_of(info, "instance/*")));
  for (sim::Instance& one : site(info).instances) {
    if (one.traits->instance_profile.empty() || association_id(one) != *request.association_id) continue;
    DisassociateIamInstanceProfileResponse response;
    response.iam_instance_profile_association = ec2::describe_association(one);
    response.iam_instance_profile_association->state.emplace("disassociating");
    edit_traits(cloud_.ec2(), one, [](InstanceTraits& traits) { traits.instance_profile.clear(); });
    return response;
  }
  return fail(refuse("InvalidAssociationID.NotFound",
                     "An invalid association-id of '" + printable(*request.association_id, 60) + "' was given"));
}

Result<aws::ec2::DescribeIamInstanceProfileAssociationsResponse> Ec2Service::describe_iam_instance_profile_associations(
    const Info& info, const aws::ec2::DescribeIamInstanceProfileAssociationsRequest& request) {
  using namespace instance_ops;
  TRY_VOID(admit(info, std::nullopt));
  std::vector<IamInstanceProfileAssociation> all;
  const auto& ids = request.association_ids;
  for (const sim::Instance& one : site(info).instances) {
    if (one.traits->instance_profile.empty() || one.state == State::terminated) continue;
    IamInstanceProfileAssociation association = ec2::describe_association(one);
    if (!ids.empty() && std::find(ids.begin(), ids.end(), *association.association_id) == ids.end()) continue;
    all.push_back(std::move(association));
  }
  if (all.size() < ids.size()) {
    return fail(refuse("InvalidAssociationID.NotFound", "An invalid association-id was given"));
  }
  DescribeIamInstanceProfileAssociationsResponse response;
  TRY(response.next_token,
      ec2::list_page(ec2::question_of(info, request), ec2::ShapeList{"AssociationId", kAssociationFilters, ""},
                     std::move(all), response.iam_instance_profile_associations));
  return response;
}

}  // namespace postern::sim
