#pragma once

/// Policy documents as template values.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cfn/value.hpp"

namespace postern::access {

/// A statement with Effect Allow. One action or resource is written as text, several as a list.
cfn::Value allow(std::string_view sid, const std::vector<std::string>& actions, std::vector<cfn::Value> resources);
cfn::Value allow(std::string_view sid, const std::vector<std::string>& actions, std::vector<cfn::Value> resources,
                 cfn::Value condition);
/// {OPERATOR: {KEY: VALUE, ...}}
cfn::Value condition(std::string_view op, std::vector<std::pair<std::string, cfn::Value>> keys);

/// arn:PARTITION:SERVICE:*:ACCOUNT:RESOURCE in the account of the stack.
cfn::Value own_arn(std::string_view service, std::string_view resource);
/// The same of any account: images and snapshots have none, subnets may be shared.
cfn::Value any_arn(std::string_view service, std::string_view resource);
/// arn:PARTITION:iam::aws:policy/NAME
cfn::Value aws_policy(std::string_view name);

/// What a hub does with the places of a fleet file: publishes to topics and event buses, writes and reads anchors
/// ("bucket/prefix"). Statements for those that there are.
void add_signal_statements(cfn::Value& out, const std::vector<std::string>& topics,
                           const std::vector<std::string>& event_buses, const std::string& anchors);

/// Pieces of large files, put into these places ("bucket/prefix"), fetched and taken away again. Nodes put and fetch
/// them by requests that the hub has signed, which are judged as the hub's own: they need nothing themselves. Nothing
/// without places.
void add_copy_statement(cfn::Value& out, const std::vector<std::string>& copies);

/// A document of statements.
cfn::Value document(cfn::Value statements);
/// {PolicyName, PolicyDocument}
cfn::Value inline_policy(std::string_view name, cfn::Value statements);

}  // namespace postern::access
