// Tags of whatever has an id.

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "sim/access.hpp"
#include "sim/ec2/common.hpp"
#include "sim/ec2/service.hpp"

namespace postern::sim {
namespace tag_ops {

using namespace aws::ec2;
using ec2::admit;
using ec2::refuse;

constexpr std::size_t kResourcesMax = 1'000;
constexpr std::size_t kTagsMax = 50;

constexpr ec2::FilterPath kFilters[] = {
    {"key", "Key"},
    {"resource-id", "ResourceId"},
    {"resource-type", "ResourceType"},
    {"value", "Value"},
};

/// A kind of thing that has tags: how its ids begin, what its type is called, and where they are in an ARN.
struct Taggable {
  std::string_view prefix;
  std::string_view type;
};
constexpr Taggable kTaggables[] = {
    {"i", "instance"},
    {"vpc", "vpc"},
    {"subnet", "subnet"},
    {"rtb", "route-table"},
    {"igw", "internet-gateway"},
    {"nat", "natgateway"},
    {"vpce", "vpc-endpoint"},
    {"sg", "security-group"},
    {"sgr", "security-group-rule"},
    {"acl", "network-acl"},
    {"eni", "network-interface"},
    {"vol", "volume"},
    {"eipalloc", "elastic-ip"},
    {"lt", "launch-template"},
    {"key", "key-pair"},
};

const Taggable* taggable(std::string_view id) {
  const std::size_t dash = id.rfind('-');
  if (dash == std::string_view::npos) return nullptr;
  for (const Taggable& one : kTaggables) {
    if (one.prefix == id.substr(0, dash)) return &one;
  }
  return nullptr;
}

Error unknown(std::string_view id) {
  return refuse("InvalidID", "The ID '" + printable(id, 60) + "' is not valid");
}

template <class Records>
std::vector<Tag>* tags_in(Records& records, std::string_view id) {
  const auto found = records.find(id);
  return found == records.end() ? nullptr : &found->second.tags;
}

/// The tags of a record, or null when there is none with that id.
std::vector<Tag>* record_tags(ec2::Network& net, ec2::Catalog& catalog, std::string_view id) {
  const Taggable* kind = taggable(id);
  if (kind == nullptr) return nullptr;
  if (kind->prefix == "vpc") {
    const auto found = net.vpcs.find(id);
    return found == net.vpcs.end() ? nullptr : &found->second.shape.tags;
  }
  if (kind->prefix == "sg") {
    const auto found = net.groups.find(id);
    return found == net.groups.end() ? nullptr : &found->second.shape.tags;
  }
  if (kind->prefix == "lt") {
    const auto found = catalog.templates.find(id);
    return found == catalog.templates.end() ? nullptr : &found->second.shape.tags;
  }
  if (kind->prefix == "eni") {
    const auto found = net.interfaces.find(id);
    return found == net.interfaces.end() ? nullptr : &found->second.tag_set;
  }
  if (kind->prefix == "sgr") {
    for (auto& [group_id, group] : net.groups) {
      for (SecurityGroupRule& rule : group.rules) {
        if (rule.security_group_rule_id == id) return &rule.tags;
      }
    }
    return nullptr;
  }
  if (kind->prefix == "key") {
    for (auto& [name, pair] : catalog.key_pairs) {
      if (pair.key_pair_id == id) return &pair.tags;
    }
    return nullptr;
  }
  if (kind->prefix == "subnet") return tags_in(net.subnets, id);
  if (kind->prefix == "rtb") return tags_in(net.route_tables, id);
  if (kind->prefix == "igw") return tags_in(net.internet_gateways, id);
  if (kind->prefix == "nat") return tags_in(net.nat_gateways, id);
  if (kind->prefix == "vpce") return tags_in(net.endpoints, id);
  if (kind->prefix == "acl") return tags_in(net.acls, id);
  if (kind->prefix == "eipalloc") return tags_in(net.addresses, id);
  return nullptr;
}

/// The instance whose volume or interface has this id, or null.
const sim::Instance* owner_of(const ec2::Site& site, std::string_view id) {
  for (const sim::Instance& instance : site.instances) {
    if (instance.state != sim::InstanceState::terminated &&
        (instance.volume_id() == id || instance.interface_id() == id)) {
      return &instance;
    }
  }
  return nullptr;
}

void set(std::vector<Tag>& tags, const Tag& tag) {
  const auto found = std::find_if(tags.begin(), tags.end(), [&](const Tag& one) { return one.key == tag.key; });
  if (found == tags.end()) {
    tags.push_back(ec2::make_tag(tag.key.value_or(""), tag.value.value_or("")));
  } else {
    found->value = tag.value.value_or("");
  }
}

/// A tag to delete: with a value it must agree, without one it goes whatever it says.
bool goes(const std::vector<Tag>& asked, std::string_view key, std::string_view value) {
  if (asked.empty()) return !key.starts_with("aws:");
  return std::any_of(asked.begin(), asked.end(),
                     [&](const Tag& tag) { return tag.key == key && (!tag.value || *tag.value == value); });
}

}  // namespace tag_ops

Access Ec2Service::tagged(const Info& info, const std::string& type, const std::string& id) {
  using namespace tag_ops;
  const std::string arn = ec2::arn_of(info, type + "/" + id);
  if (const Result<sim::Instance*> instance = instance_of(info, id)) return Access().on(arn, (*instance)->all_tags());
  TagMap tags;
  if (const std::vector<Tag>* own = record_tags(network(info), catalog(info), id)) {
    for (const Tag& tag : *own) tags[*tag.key] = tag.value.value_or("");
  }
  return Access().on(arn, tags);
}

Result<aws::ec2::CreateTagsResponse> Ec2Service::create_tags(const Info& info,
                                                             const aws::ec2::CreateTagsRequest& request) {
  using namespace tag_ops;
  if (request.resources.size() > kResourcesMax) return fail(ec2::invalid_value("Too many resources in one call"));
  TRY_VOID(ec2::check_tags(request.tags));
  TagMap given;
  for (const Tag& tag : request.tags) given[*tag.key] = tag.value.value_or("");
  for (const std::string& id : request.resources) {
    const Taggable* kind = taggable(id);
    if (kind == nullptr) return fail(unknown(id));
    TRY_VOID(admit(info, request.dry_run, tagged(info, std::string(kind->type), id).tagging(given)));
  }
  // All of them are there and have room before the first is changed.
  ec2::Network& net = network(info);
  for (const std::string& id : request.resources) {
    std::size_t has = 0;
    if (taggable(id)->prefix == "i") {
      TRY(const sim::Instance* instance, instance_of(info, id));
      TagMap after = instance->all_tags();
      for (const Tag& tag : request.tags) after[*tag.key] = "";
      has = after.size();
    } else if (const std::vector<Tag>* tags = record_tags(net, catalog(info), id)) {
      std::set<std::string> after;
      for (const Tag& tag : *tags) after.insert(*tag.key);
      for (const Tag& tag : request.tags) after.insert(*tag.key);
      has = after.size();
    } else if (owner_of(site(info), id) == nullptr) {
      return fail(unknown(id));
    }
    if (has > kTagsMax) {
      return fail(refuse("TagLimitExceeded", "The maximum number of Tags for a resource has been reached."));
    }
  }
  for (const std::string& id : request.resources) {
    std::vector<Tag>* tags = record_tags(net, catalog(info), id);
    for (const Tag& tag : request.tags) {
      if (taggable(id)->prefix == "i") {
        cloud_.ec2().set_tag(*cloud_.ec2().find(id), *tag.key, tag.value.value_or(""));
      } else if (tags != nullptr) {
        set(*tags, tag);
      } else {
        catalog(info).part_tags[id][*tag.key] = tag.value.value_or("");
      }
    }
  }
  return CreateTagsResponse();
}

Result<aws::ec2::DeleteTagsResponse> Ec2Service::delete_tags(const Info& info,
                                                             const aws::ec2::DeleteTagsRequest& request) {
  using namespace tag_ops;
  std::vector<std::string> keys;
  for (const Tag& tag : request.tags) keys.push_back(tag.key.value_or(""));
  for (const std::string& id : request.resources) {
    const Taggable* kind = taggable(id);
    if (kind == nullptr) return fail(unknown(id));
    TRY_VOID(admit(info, request.dry_run, tagged(info, std::string(kind->type), id).untagging(keys)));
  }
  ec2::Network& net = network(info);
  for (const std::string& id : request.resources) {
    if (taggable(id)->prefix == "i") {
      TRY(sim::Instance * instance, instance_of(info, id));
      for (const auto& [key, value] : instance->all_tags()) {
        if (goes(request.tags, key, value)) cloud_.ec2().remove_tag(*instance, key);
      }
    } else if (std::vector<Tag>* tags = record_tags(net, catalog(info), id)) {
      std::erase_if(*tags, [&](const Tag& tag) { return goes(request.tags, *tag.key, *tag.value); });
    } else if (owner_of(site(info), id) != nullptr) {
      std::erase_if(catalog(info).part_tags[id],
                    [&](const auto& tag) { return goes(request.tags, tag.first, tag.second); });
    } else {
      return fail(unknown(id));
    }
  }
  return DeleteTagsResponse();
}

Result<aws::ec2::DescribeTagsResponse> Ec2Service::describe_tags(const Info& info,
                                                                 const aws::ec2::DescribeTagsRequest& request) {
  using namespace tag_ops;
  TRY_VOID(admit(info, request.dry_run));
  // By resource and key, each with a key of its own for the pages.
  std::map<std::pair<std::string, std::string>, std::string> found;
  const auto add = [&](const std::string& id, const std::vector<Tag>& tags) {
    for (const Tag& tag : tags) found[{id, *tag.key}] = *tag.value;
  };
  ec2::Network& net = network(info);
  for (const auto& [id, record] : net.vpcs) add(id, record.shape.tags);
  for (const auto& [id, record] : net.subnets) add(id, record.tags);
  for (const auto& [id, record] : net.route_tables) add(id, record.tags);
  for (const auto& [id, record] : net.internet_gateways) add(id, record.tags);
  for (const auto& [id, record] : net.nat_gateways) add(id, record.tags);
  for (const auto& [id, record] : net.endpoints) add(id, record.tags);
  for (const auto& [id, record] : net.acls) add(id, record.tags);
  for (const auto& [id, record] : net.addresses) add(id, record.tags);
  for (const auto& [id, record] : net.interfaces) add(id, record.tag_set);
  for (const auto& [id, record] : net.groups) {
    add(id, record.shape.tags);
    for (const SecurityGroupRule& rule : record.rules) add(*rule.security_group_rule_id, rule.tags);
  }
  for (const auto& [id, record] : catalog(info).templates) add(id, record.shape.tags);
  for (const auto& [name, record] : catalog(info).key_pairs) add(*record.key_pair_id, record.tags);
  for (const auto& [id, tags] : catalog(info).part_tags) {
    for (const auto& [key, value] : tags) found[{id, key}] = value;
  }
  for (const sim::Instance& instance : site(info).instances) {
    for (const auto& [key, value] : instance.all_tags()) found[{instance.id, key}] = value;
  }
  std::vector<TagDescription> all;
  std::vector<std::string> keys;
  for (const auto& [place, value] : found) {
    TagDescription& tag = all.emplace_back();
    tag.resource_id = place.first;
    tag.key = place.second;
    tag.value = value;
    if (const Taggable* kind = taggable(place.first)) tag.resource_type.emplace(kind->type);
    keys.push_back(place.first + "/" + place.second);
  }
  const auto knows = [](std::string_view name) {
    return name.starts_with("tag:") || std::any_of(std::begin(kFilters), std::end(kFilters),
                                                   [&](const ec2::FilterPath& one) { return one.filter == name; });
  };
  const auto values = [&](std::size_t i, std::string_view name, ec2::FilterValues& out) {
    if (name.starts_with("tag:")) {
      if (all[i].key == name.substr(4)) out.push_back(*all[i].value);
      return;
    }
    for (const ec2::FilterPath& one : kFilters) {
      if (one.filter == name) ec2::values_at(aws::ConstErased(TagDescription::shape(), &all[i]), one.path, out);
    }
  };
  const auto key_of = [&](std::size_t i) -> std::string_view { return keys[i]; };
  TRY(ec2::ListAnswer answer, ec2::list_items(ec2::question_of(info, request), all.size(), key_of, knows, values));
  DescribeTagsResponse response;
  for (const std::size_t i : answer.items) response.tags.push_back(std::move(all[i]));
  response.next_token = std::move(answer.next_token);
  return response;
}

}  // namespace postern::sim
