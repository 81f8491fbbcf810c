// Written by tools/awsgen from AWS's service model of tiny (2020-01-01); not to be edited.

#include "aws/tiny/types.hpp"

namespace postern::aws::tiny {

Thing::Thing() = default;
Thing::Thing(const Thing&) = default;
Thing::Thing(Thing&&) noexcept = default;
Thing& Thing::operator=(const Thing&) = default;
Thing& Thing::operator=(Thing&&) noexcept = default;
Thing::~Thing() = default;
Node::Node() = default;
Node::Node(const Node&) = default;
Node::Node(Node&&) noexcept = default;
Node& Node::operator=(const Node&) = default;
Node& Node::operator=(Node&&) noexcept = default;
Node::~Node() = default;
bool operator==(const Node& a, const Node& b) { return a.left == b.left && a.children == b.children && a.label == b.label; }

}  // namespace postern::aws::tiny
