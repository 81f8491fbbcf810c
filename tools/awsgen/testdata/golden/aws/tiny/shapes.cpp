// Written by tools/awsgen from AWS's service model of tiny (2020-01-01); not to be edited.

#include <cstddef>

#include "aws/tiny/ops.hpp"

// The structs hold std::map and std::optional, which no standard promises a layout for; both compilers support it.
#pragma GCC diagnostic ignored "-Winvalid-offsetof"

namespace postern::aws::tiny {
namespace {

std::string_view text_at(std::span<const std::string_view> values, std::size_t index) { return values[index]; }

std::optional<std::size_t> index_of(std::span<const std::string_view> values, std::string_view text) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == text) return i;
  }
  return std::nullopt;
}

extern const aws::Shape kShapeBlob;
extern const aws::Shape kShapeBoolean;
extern const aws::Shape kShapeBroken;
extern const aws::Shape kShapeColour;
extern const aws::Shape kShapeDeleteThingResponse;
extern const aws::Shape kShapeDouble;
extern const aws::Shape kShapeInteger;
extern const aws::Shape kShapeListThings;
extern const aws::Shape kShapeListThingsResult;
extern const aws::Shape kShapeLong;
extern const aws::Shape kShapeNames;
extern const aws::Shape kShapeNode;
extern const aws::Shape kShapeNodeList;
extern const aws::Shape kShapePassword;
extern const aws::Shape kShapeStartThingRequest;
extern const aws::Shape kShapeString;
extern const aws::Shape kShapeTagMap;
extern const aws::Shape kShapeThing;
extern const aws::Shape kShapeThingList;
extern const aws::Shape kShapeTime;
extern const aws::Shape kShapeTooManyThings;
extern const aws::Shape kShapeListThingsInput;

constexpr std::string_view kValuesColour[] = {"RED", "dark-green", "default", "2.0", "text", "Dark Green", ""};
constexpr aws::Member kMembersListThings[] = {
    {.name = "struct", .wire_name = "struct", .query_name = "struct", .shape = &kShapeString, .ops = &aws::kOptionalField<std::string>, .offset = offsetof(ListThingsShape, struct_)},
};
constexpr aws::Member kMembersListThingsResult[] = {
    {.name = "Things", .wire_name = "Things", .query_name = "Things", .shape = &kShapeThingList, .ops = &aws::kContainerField<std::vector<Thing>>, .offset = offsetof(ListThingsResponse, things)},
    {.name = "NextToken", .wire_name = "NextToken", .query_name = "NextToken", .shape = &kShapeString, .ops = &aws::kOptionalField<std::string>, .offset = offsetof(ListThingsResponse, next_token)},
    {.name = "Tree", .wire_name = "Tree", .query_name = "Tree", .shape = &kShapeNode, .ops = &aws::kOptionalField<Node>, .offset = offsetof(ListThingsResponse, tree)},
    {.name = "Odd", .wire_name = "Odd", .query_name = "Odd", .shape = &kShapeListThings, .ops = &aws::kOptionalField<ListThingsShape>, .offset = offsetof(ListThingsResponse, odd)},
};
constexpr aws::Member kMembersNode[] = {
    {.name = "Left", .wire_name = "Left", .query_name = "Left", .shape = &kShapeNode, .ops = &aws::kBoxField<Node>, .offset = offsetof(Node, left)},
    {.name = "Children", .wire_name = "Children", .query_name = "Children", .shape = &kShapeNodeList, .ops = &aws::kContainerField<std::vector<Node>>, .offset = offsetof(Node, children)},
    {.name = "Label", .wire_name = "Label", .query_name = "Label", .shape = &kShapeString, .ops = &aws::kOptionalField<std::string>, .offset = offsetof(Node, label)},
};
constexpr aws::Member kMembersThing[] = {
    {.name = "ThingName", .wire_name = "thingName", .query_name = "thingName", .shape = &kShapeString, .ops = &aws::kOptionalField<std::string>, .offset = offsetof(Thing, thing_name), .required = true},
    {.name = "Colour", .wire_name = "Colour", .query_name = "Colour", .shape = &kShapeColour, .ops = &aws::kOptionalField<aws::Open<Colour>>, .offset = offsetof(Thing, colour)},
    {.name = "Secret", .wire_name = "Secret", .query_name = "Secret", .shape = &kShapePassword, .ops = &aws::kOptionalField<postern::Secret<std::string>>, .offset = offsetof(Thing, secret)},
    {.name = "Tags", .wire_name = "Tags", .query_name = "Tags", .shape = &kShapeTagMap, .ops = &aws::kContainerField<aws::Map<aws::Open<Colour>>>, .offset = offsetof(Thing, tags)},
    {.name = "Names", .wire_name = "Names", .query_name = "Names", .shape = &kShapeNames, .ops = &aws::kContainerField<std::vector<std::string>>, .offset = offsetof(Thing, names)},
    {.name = "ClientToken", .wire_name = "ClientToken", .query_name = "ClientToken", .shape = &kShapeString, .ops = &aws::kOptionalField<std::string>, .offset = offsetof(Thing, client_token), .idempotency_token = true},
    {.name = "shape", .wire_name = "shape", .query_name = "shape", .shape = &kShapeString, .ops = &aws::kOptionalField<std::string>, .offset = offsetof(Thing, shape_)},
    {.name = "IPv6CIDRs", .wire_name = "IPv6CIDRs", .query_name = "IPv6CIDRs", .shape = &kShapeNames, .ops = &aws::kContainerField<std::vector<std::string>>, .offset = offsetof(Thing, i_pv6_cidrs)},
    {.name = "Size", .wire_name = "Size", .query_name = "Size", .shape = &kShapeInteger, .ops = &aws::kOptionalField<std::int32_t>, .offset = offsetof(Thing, size)},
    {.name = "When", .wire_name = "When", .query_name = "When", .shape = &kShapeTime, .ops = &aws::kOptionalField<postern::WallTime>, .offset = offsetof(Thing, when), .time_format = aws::TimeFormat::epoch_seconds},
    {.name = "Bytes", .wire_name = "Bytes", .query_name = "Bytes", .shape = &kShapeBlob, .ops = &aws::kOptionalField<postern::Blob>, .offset = offsetof(Thing, bytes)},
    {.name = "Ratio", .wire_name = "Ratio", .query_name = "Ratio", .shape = &kShapeDouble, .ops = &aws::kOptionalField<double>, .offset = offsetof(Thing, ratio)},
    {.name = "Count", .wire_name = "Count", .query_name = "Count", .shape = &kShapeLong, .ops = &aws::kOptionalField<std::int64_t>, .offset = offsetof(Thing, count)},
    {.name = "On", .wire_name = "On", .query_name = "On", .shape = &kShapeBoolean, .ops = &aws::kOptionalField<bool>, .offset = offsetof(Thing, on)},
};
constexpr aws::Member kMembersTooManyThings[] = {
    {.name = "message", .wire_name = "message", .query_name = "message", .shape = &kShapeString, .ops = &aws::kOptionalField<std::string>, .offset = offsetof(TooManyThings, message)},
    {.name = "Limit", .wire_name = "Limit", .query_name = "Limit", .shape = &kShapeInteger, .ops = &aws::kOptionalField<std::int32_t>, .offset = offsetof(TooManyThings, limit)},
};
constexpr aws::Member kMembersListThingsInput[] = {
    {.name = "MaxItems", .wire_name = "MaxItems", .query_name = "MaxItems", .shape = &kShapeInteger, .ops = &aws::kOptionalField<std::int32_t>, .offset = offsetof(ListThingsRequest, max_items)},
    {.name = "Marker", .wire_name = "Marker", .query_name = "Marker", .shape = &kShapeString, .ops = &aws::kOptionalField<std::string>, .offset = offsetof(ListThingsRequest, marker)},
};

constinit const aws::Shape kShapeBlob{.name = "Blob", .kind = aws::Kind::blob, .members = {}, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeBoolean{.name = "Boolean", .kind = aws::Kind::boolean, .members = {}, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeBroken{.name = "Broken", .kind = aws::Kind::structure, .members = {}, .enum_values = {}, .error_code = "Broken", .error_status = 500, .sender_fault = false, .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeColour{.name = "Colour", .kind = aws::Kind::string, .ops = &aws::kOpenOps<Colour>, .members = {}, .enum_values = kValuesColour, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeDeleteThingResponse{.name = "DeleteThingResponse", .kind = aws::Kind::structure, .members = {}, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeDouble{.name = "Double", .kind = aws::Kind::float64, .members = {}, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeInteger{.name = "Integer", .kind = aws::Kind::int32, .members = {}, .min = 1, .max = 50, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeListThings{.name = "ListThings", .kind = aws::Kind::structure, .members = kMembersListThings, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeListThingsResult{.name = "ListThingsResult", .kind = aws::Kind::structure, .members = kMembersListThingsResult, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeLong{.name = "Long", .kind = aws::Kind::int64, .members = {}, .min = -1, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeNames{.name = "Names", .kind = aws::Kind::list, .ops = &aws::kListOps<std::string>, .members = {}, .element = &kShapeString, .element_name = "Name", .flattened = true, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeNode{.name = "Node", .kind = aws::Kind::structure, .members = kMembersNode, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeNodeList{.name = "NodeList", .kind = aws::Kind::list, .ops = &aws::kListOps<Node>, .members = {}, .element = &kShapeNode, .element_name = "member", .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapePassword{.name = "Password", .kind = aws::Kind::string, .ops = &aws::kSecretOps, .members = {}, .sensitive = true, .min = 8, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeStartThingRequest{.name = "StartThingRequest", .kind = aws::Kind::structure, .members = {}, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeString{.name = "String", .kind = aws::Kind::string, .ops = &aws::kStringOps, .members = {}, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeTagMap{.name = "TagMap", .kind = aws::Kind::map, .ops = &aws::kMapOps<aws::Open<Colour>>, .members = {}, .element = &kShapeColour, .element_name = "value", .key_name = "Key", .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeThing{.name = "Thing", .kind = aws::Kind::structure, .members = kMembersThing, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeThingList{.name = "ThingList", .kind = aws::Kind::list, .ops = &aws::kListOps<Thing>, .members = {}, .element = &kShapeThing, .element_name = "member", .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeTime{.name = "Time", .kind = aws::Kind::timestamp, .members = {}, .time_format = aws::TimeFormat::iso8601, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeTooManyThings{.name = "TooManyThings", .kind = aws::Kind::structure, .members = kMembersTooManyThings, .enum_values = {}, .error_code = "TooMany", .error_status = 429, .xml_namespace = "", .xml_namespace_prefix = ""};
constinit const aws::Shape kShapeListThingsInput{.name = "listThingsInput", .kind = aws::Kind::structure, .members = kMembersListThingsInput, .enum_values = {}, .error_code = "", .xml_namespace = "", .xml_namespace_prefix = ""};

const aws::ServiceSpec kService{.id = "tiny", .service_id = "Tiny", .full_name = "A \"tiny\" service", .api_version = "2020-01-01", .protocol = aws::Protocol::query, .json_version = "", .target_prefix = "", .endpoint_prefix = "tiny", .signing_name = "tiny", .xml_namespace = "http://tiny.example/doc/", .global_endpoint = ""};

const aws::OperationSpec kOperationDeleteThing{.name = "DeleteThing", .service = &kService, .input = &kShapeThing, .output = &kShapeDeleteThingResponse, .result_wrapper = "", .http_method = "POST", .request_uri = "/", .host_prefix = "", .errors = {}, .effect = aws::Effect::idempotent_write, .xml_root = "", .xml_root_namespace = ""};
constexpr const aws::Shape* kErrorsListThings[] = {&kShapeBroken, &kShapeTooManyThings};
constexpr aws::Pagination kPagesListThings{.input_token = "Marker", .output_token = "NextToken", .limit_key = "MaxItems", .result_key = "Things", .more_results = ""};
const aws::OperationSpec kOperationListThings{.name = "ListThings", .service = &kService, .input = &kShapeListThingsInput, .output = &kShapeListThingsResult, .result_wrapper = "ListThingsResult", .http_method = "POST", .request_uri = "/", .host_prefix = "", .errors = kErrorsListThings, .effect = aws::Effect::read, .pagination = &kPagesListThings, .xml_root = "", .xml_root_namespace = ""};
const aws::OperationSpec kOperationStartThing{.name = "StartThing", .service = &kService, .input = &kShapeStartThingRequest, .output = &kShapeThing, .result_wrapper = "StartThingResult", .http_method = "POST", .request_uri = "/", .host_prefix = "", .errors = {}, .effect = aws::Effect::write, .unsigned_request = true, .xml_root = "", .xml_root_namespace = ""};

constexpr const aws::OperationSpec* kOperations[] = {&kOperationDeleteThing, &kOperationListThings, &kOperationStartThing};

}  // namespace

std::string_view Colour::text(Value value) { return text_at(kValuesColour, static_cast<std::size_t>(value)); }
std::optional<Colour::Value> Colour::parse(std::string_view text) {
  const auto index = index_of(kValuesColour, text);
  return index ? std::optional<Value>(static_cast<Value>(*index)) : std::nullopt;
}

const aws::Shape& Broken::shape() { return kShapeBroken; }
const aws::Shape& DeleteThingResponse::shape() { return kShapeDeleteThingResponse; }
const aws::Shape& ListThingsShape::shape() { return kShapeListThings; }
const aws::Shape& Thing::shape() { return kShapeThing; }
const aws::Shape& Node::shape() { return kShapeNode; }
const aws::Shape& ListThingsResponse::shape() { return kShapeListThingsResult; }
const aws::Shape& StartThingRequest::shape() { return kShapeStartThingRequest; }
const aws::Shape& TooManyThings::shape() { return kShapeTooManyThings; }
const aws::Shape& ListThingsRequest::shape() { return kShapeListThingsInput; }

const aws::ServiceSpec& service() { return kService; }
std::span<const aws::OperationSpec* const> operations() { return kOperations; }
const aws::OperationSpec& DeleteThing::spec() { return kOperationDeleteThing; }
const aws::OperationSpec& ListThings::spec() { return kOperationListThings; }
const aws::OperationSpec& StartThing::spec() { return kOperationStartThing; }

}  // namespace postern::aws::tiny
