#pragma once

/// Values of descriptors to and from XML elements: the common part of query, ec2 and rest-xml.

#include <string_view>

#include "aws/core/json_value.hpp"
#include "aws/core/shape.hpp"
#include "base/error.hpp"
#include "base/xml.hpp"

namespace postern::aws {

/// True when the list or map of a member has no element of its own around its entries.
bool is_flattened(const Member& member) noexcept;

/// The element (or form key) of a member: its wire name, except that a list shape which is itself marked flattened (as
/// botocore's older models have it) goes by the name of its elements.
std::string_view element_name(const Member& member) noexcept;

/// Writes the namespace of the element that was just opened: the reference's own, else the shape's.
void declare_xml_namespace(XmlWriter& out, const XmlNamespace* own, const Shape& shape);

/// The set members of a structure as child elements (and attributes) of the element that is open.
void encode_xml_members(XmlWriter& out, const Shape& shape, const void* value,
                        EmptyContainers empties = EmptyContainers::omit, MessageSide side = MessageSide::request);

/// The children (and attributes) of `node` into a default-constructed structure. Unknown elements are ignored, list
/// entries may have any name. Errors: malformed with the path of the member.
Result<void> decode_xml_members(XmlNode node, const Shape& shape, void* value, MessageSide side = MessageSide::request);

}  // namespace postern::aws
