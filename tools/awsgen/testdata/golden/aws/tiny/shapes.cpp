// Written by tools/awsgen from AWS's service model of tiny (2020-01-01); not to be edited.

#include <atomic>
#include <cstddef>

#include "aws/core/packed.hpp"
#include "aws/tiny/ops.hpp"

// The structs hold std::map and std::optional, which no standard promises a layout for; both compilers support it.
#pragma GCC diagnostic ignored "-Winvalid-offsetof"

namespace postern::aws::tiny {
namespace {

// Indices into the tables.
enum : std::uint16_t {
  kShapeBlob,
  kShapeBoolean,
  kShapeBroken,
  kShapeColour,
  kShapeDeleteThingResponse,
  kShapeDouble,
  kShapeInteger,
  kShapeListThings,
  kShapeListThingsResult,
  kShapeLong,
  kShapeNames,
  kShapeNode,
  kShapeNodeList,
  kShapePassword,
  kShapeStartThingRequest,
  kShapeString,
  kShapeTagMap,
  kShapeThing,
  kShapeThingList,
  kShapeTime,
  kShapeTooManyThings,
  kShapeListThingsInput,
};

enum : std::uint16_t {
  kOperationDeleteThing,
  kOperationListThings,
  kOperationStartThing,
};

constexpr char kText[] =
    "Blob"
    "Boolean"
    "Broken"
    "member"
    "key"
    "Colour"
    "RED"
    "dark-green"
    "default"
    "2.0"
    "text"
    "Dark Green"
    "DeleteThingResponse"
    "Double"
    "Integer"
    "ListThings"
    "struct"
    "ListThingsResult"
    "Things"
    "NextToken"
    "Tree"
    "Odd"
    "Long"
    "Names"
    "Name"
    "Node"
    "Left"
    "Children"
    "Label"
    "NodeList"
    "Password"
    "StartThingRequest"
    "String"
    "TagMap"
    "value"
    "Key"
    "Thing"
    "ThingName"
    "thingName"
    "Secret"
    "Tags"
    "ClientToken"
    "shape"
    "IPv6CIDRs"
    "Size"
    "When"
    "Bytes"
    "Ratio"
    "Count"
    "On"
    "ThingList"
    "Time"
    "TooManyThings"
    "message"
    "Limit"
    "TooMany"
    "listThingsInput"
    "MaxItems"
    "Marker"
    "DeleteThing"
    "POST"
    "/"
    "StartThing"
    "StartThingResult";

constexpr aws::PackedShape kShapes[] = {
    {.name = {0, 4}, .kind = aws::Kind::blob},  // "Blob"
    {.name = {4, 7}, .kind = aws::Kind::boolean},  // "Boolean"
    {.name = {11, 6}, .kind = aws::Kind::structure, .sender_fault = false, .extras = 1},  // "Broken"
    {.name = {26, 6}, .kind = aws::Kind::string, .ops = 1, .first = 0, .count = 7},  // "Colour"
    {.name = {69, 19}, .kind = aws::Kind::structure},  // "DeleteThingResponse"
    {.name = {88, 6}, .kind = aws::Kind::float64},  // "Double"
    {.name = {94, 7}, .kind = aws::Kind::int32, .limits = 1},  // "Integer"
    {.name = {101, 10}, .kind = aws::Kind::structure, .first = 0, .count = 1},  // "ListThings"
    {.name = {117, 16}, .kind = aws::Kind::structure, .first = 1, .count = 4},  // "ListThingsResult"
    {.name = {155, 4}, .kind = aws::Kind::int64, .limits = 2},  // "Long"
    {.name = {159, 5}, .kind = aws::Kind::list, .flattened = true, .ops = 2, .first = kShapeString, .extras = 2},  // "Names"
    {.name = {168, 4}, .kind = aws::Kind::structure, .first = 5, .count = 3},  // "Node"
    {.name = {189, 8}, .kind = aws::Kind::list, .ops = 3, .first = kShapeNode},  // "NodeList"
    {.name = {197, 8}, .kind = aws::Kind::string, .sensitive = true, .ops = 4, .limits = 3},  // "Password"
    {.name = {205, 17}, .kind = aws::Kind::structure},  // "StartThingRequest"
    {.name = {222, 6}, .kind = aws::Kind::string, .ops = 5},  // "String"
    {.name = {228, 6}, .kind = aws::Kind::map, .ops = 6, .first = kShapeColour, .extras = 3},  // "TagMap"
    {.name = {242, 5}, .kind = aws::Kind::structure, .first = 8, .count = 14},  // "Thing"
    {.name = {325, 9}, .kind = aws::Kind::list, .ops = 7, .first = kShapeThing},  // "ThingList"
    {.name = {334, 4}, .kind = aws::Kind::timestamp, .time_format = aws::TimeFormat::iso8601},  // "Time"
    {.name = {338, 13}, .kind = aws::Kind::structure, .first = 22, .count = 2, .extras = 4},  // "TooManyThings"
    {.name = {370, 15}, .kind = aws::Kind::structure, .first = 24, .count = 2},  // "listThingsInput"
};

constexpr aws::PackedMember kMembers[] = {
    {.name = {111, 6}, .wire_name = {111, 6}, .query_name = {111, 6}, .shape = kShapeString, .ops = 0, .offset = offsetof(ListThingsShape, struct_)},
    {.name = {133, 6}, .wire_name = {133, 6}, .query_name = {133, 6}, .shape = kShapeThingList, .ops = 1, .offset = offsetof(ListThingsResponse, things)},
    {.name = {139, 9}, .wire_name = {139, 9}, .query_name = {139, 9}, .shape = kShapeString, .ops = 0, .offset = offsetof(ListThingsResponse, next_token)},
    {.name = {148, 4}, .wire_name = {148, 4}, .query_name = {148, 4}, .shape = kShapeNode, .ops = 2, .offset = offsetof(ListThingsResponse, tree)},
    {.name = {152, 3}, .wire_name = {152, 3}, .query_name = {152, 3}, .shape = kShapeListThings, .ops = 3, .offset = offsetof(ListThingsResponse, odd)},
    {.name = {172, 4}, .wire_name = {172, 4}, .query_name = {172, 4}, .shape = kShapeNode, .ops = 4, .offset = offsetof(Node, left)},
    {.name = {176, 8}, .wire_name = {176, 8}, .query_name = {176, 8}, .shape = kShapeNodeList, .ops = 5, .offset = offsetof(Node, children)},
    {.name = {184, 5}, .wire_name = {184, 5}, .query_name = {184, 5}, .shape = kShapeString, .ops = 0, .offset = offsetof(Node, label)},
    {.name = {247, 9}, .wire_name = {256, 9}, .query_name = {256, 9}, .shape = kShapeString, .ops = 0, .offset = offsetof(Thing, thing_name), .required = true},
    {.name = {26, 6}, .wire_name = {26, 6}, .query_name = {26, 6}, .shape = kShapeColour, .ops = 6, .offset = offsetof(Thing, colour)},
    {.name = {265, 6}, .wire_name = {265, 6}, .query_name = {265, 6}, .shape = kShapePassword, .ops = 7, .offset = offsetof(Thing, secret)},
    {.name = {271, 4}, .wire_name = {271, 4}, .query_name = {271, 4}, .shape = kShapeTagMap, .ops = 8, .offset = offsetof(Thing, tags)},
    {.name = {159, 5}, .wire_name = {159, 5}, .query_name = {159, 5}, .shape = kShapeNames, .ops = 9, .offset = offsetof(Thing, names)},
    {.name = {275, 11}, .wire_name = {275, 11}, .query_name = {275, 11}, .shape = kShapeString, .ops = 0, .offset = offsetof(Thing, client_token), .idempotency_token = true},
    {.name = {286, 5}, .wire_name = {286, 5}, .query_name = {286, 5}, .shape = kShapeString, .ops = 0, .offset = offsetof(Thing, shape_)},
    {.name = {291, 9}, .wire_name = {291, 9}, .query_name = {291, 9}, .shape = kShapeNames, .ops = 9, .offset = offsetof(Thing, i_pv6_cidrs)},
    {.name = {300, 4}, .wire_name = {300, 4}, .query_name = {300, 4}, .shape = kShapeInteger, .ops = 10, .offset = offsetof(Thing, size)},
    {.name = {304, 4}, .wire_name = {304, 4}, .query_name = {304, 4}, .shape = kShapeTime, .ops = 11, .offset = offsetof(Thing, when), .time_format = aws::TimeFormat::epoch_seconds},
    {.name = {308, 5}, .wire_name = {308, 5}, .query_name = {308, 5}, .shape = kShapeBlob, .ops = 12, .offset = offsetof(Thing, bytes)},
    {.name = {313, 5}, .wire_name = {313, 5}, .query_name = {313, 5}, .shape = kShapeDouble, .ops = 13, .offset = offsetof(Thing, ratio)},
    {.name = {318, 5}, .wire_name = {318, 5}, .query_name = {318, 5}, .shape = kShapeLong, .ops = 14, .offset = offsetof(Thing, count)},
    {.name = {323, 2}, .wire_name = {323, 2}, .query_name = {323, 2}, .shape = kShapeBoolean, .ops = 15, .offset = offsetof(Thing, on)},
    {.name = {351, 7}, .wire_name = {351, 7}, .query_name = {351, 7}, .shape = kShapeString, .ops = 0, .offset = offsetof(TooManyThings, message)},
    {.name = {358, 5}, .wire_name = {358, 5}, .query_name = {358, 5}, .shape = kShapeInteger, .ops = 10, .offset = offsetof(TooManyThings, limit)},
    {.name = {385, 8}, .wire_name = {385, 8}, .query_name = {385, 8}, .shape = kShapeInteger, .ops = 10, .offset = offsetof(ListThingsRequest, max_items)},
    {.name = {393, 6}, .wire_name = {393, 6}, .query_name = {393, 6}, .shape = kShapeString, .ops = 0, .offset = offsetof(ListThingsRequest, marker)},
};

constexpr aws::PackedText kValues[] = {
    {32, 3},  // "RED"
    {35, 10},  // "dark-green"
    {45, 7},  // "default"
    {52, 3},  // "2.0"
    {55, 4},  // "text"
    {59, 10},  // "Dark Green"
    {},  // ""
};

constexpr aws::PackedLimits kLimits[] = {
    {.min = 1, .max = 50},
    {.min = -1},
    {.min = 8},
};

constexpr aws::PackedExtras kExtras[] = {
    {.element_name = {17, 6}, .key_name = {23, 3}, .error_code = {11, 6}, .error_status = 500},
    {.element_name = {164, 4}, .key_name = {23, 3}},
    {.element_name = {234, 5}, .key_name = {239, 3}},
    {.element_name = {17, 6}, .key_name = {23, 3}, .error_code = {363, 7}, .error_status = 429},
};

constexpr aws::PackedOperation kOperations[] = {
    {.name = {399, 11}, .http_method = {410, 4}, .request_uri = {414, 1}, .input = kShapeThing, .output = kShapeDeleteThingResponse, .effect = aws::Effect::idempotent_write},  // "DeleteThing"
    {.name = {101, 10}, .result_wrapper = {117, 16}, .http_method = {410, 4}, .request_uri = {414, 1}, .input = kShapeListThingsInput, .output = kShapeListThingsResult, .first_error = 0, .errors = 2, .pagination = 1, .effect = aws::Effect::read},  // "ListThings"
    {.name = {415, 10}, .result_wrapper = {425, 16}, .http_method = {410, 4}, .request_uri = {414, 1}, .input = kShapeStartThingRequest, .output = kShapeThing, .effect = aws::Effect::write, .unsigned_request = true},  // "StartThing"
};

constexpr std::uint16_t kErrors[] = {
    kShapeBroken,
    kShapeTooManyThings,
};

constexpr aws::PackedPagination kPaginations[] = {
    {.input_token = {393, 6}, .output_token = {139, 9}, .limit_key = {385, 8}, .result_key = {133, 6}},
};

constexpr const aws::FieldOps* kFieldOps[] = {
    &aws::kOptionalField<std::string>,
    &aws::kContainerField<std::vector<Thing>>,
    &aws::kOptionalField<Node>,
    &aws::kOptionalField<ListThingsShape>,
    &aws::kBoxField<Node>,
    &aws::kContainerField<std::vector<Node>>,
    &aws::kOptionalField<aws::Open<Colour>>,
    &aws::kOptionalField<postern::Secret<std::string>>,
    &aws::kContainerField<aws::Map<aws::Open<Colour>>>,
    &aws::kContainerField<std::vector<std::string>>,
    &aws::kOptionalField<std::int32_t>,
    &aws::kOptionalField<postern::WallTime>,
    &aws::kOptionalField<postern::Blob>,
    &aws::kOptionalField<double>,
    &aws::kOptionalField<std::int64_t>,
    &aws::kOptionalField<bool>,
};

constexpr const aws::ValueOps* kValueOps[] = {
    &aws::kOpenOps<Colour>,
    &aws::kListOps<std::string>,
    &aws::kListOps<Node>,
    &aws::kSecretOps,
    &aws::kStringOps,
    &aws::kMapOps<aws::Open<Colour>>,
    &aws::kListOps<Thing>,
};

const aws::ServiceSpec kService{.id = "tiny", .service_id = "Tiny", .full_name = "A \"tiny\" service", .api_version = "2020-01-01", .protocol = aws::Protocol::query, .json_version = "", .target_prefix = "", .endpoint_prefix = "tiny", .signing_name = "tiny", .xml_namespace = "http://tiny.example/doc/", .global_endpoint = ""};

// What has been asked for; the rest is null.
constinit std::atomic<const aws::Shape*> unpacked_shapes[22];
constinit std::atomic<const aws::OperationSpec*> unpacked_operations[3];
constinit const aws::OperationSpec* operation_list[3] = {};

constexpr aws::PackedModel kModel{
    .service = &kService,
    .text = kText,
    .shapes = kShapes,
    .members = kMembers,
    .values = kValues,
    .limits = kLimits,
    .extras = kExtras,
    .operations = kOperations,
    .errors = kErrors,
    .paginations = kPaginations,
    .field_ops = kFieldOps,
    .value_ops = kValueOps,
    .unpacked_shapes = unpacked_shapes,
    .unpacked_operations = unpacked_operations,
    .operation_list = operation_list,
};

}  // namespace

std::string_view Colour::text(Value value) { return kModel.enum_text(kShapeColour, static_cast<std::size_t>(value)); }
std::optional<Colour::Value> Colour::parse(std::string_view text) {
  const auto index = kModel.enum_value(kShapeColour, text);
  return index ? std::optional<Value>(static_cast<Value>(*index)) : std::nullopt;
}

const aws::Shape& Broken::shape() { return kModel.shape(kShapeBroken); }
const aws::Shape& DeleteThingResponse::shape() { return kModel.shape(kShapeDeleteThingResponse); }
const aws::Shape& ListThingsShape::shape() { return kModel.shape(kShapeListThings); }
const aws::Shape& Thing::shape() { return kModel.shape(kShapeThing); }
const aws::Shape& Node::shape() { return kModel.shape(kShapeNode); }
const aws::Shape& ListThingsResponse::shape() { return kModel.shape(kShapeListThingsResult); }
const aws::Shape& StartThingRequest::shape() { return kModel.shape(kShapeStartThingRequest); }
const aws::Shape& TooManyThings::shape() { return kModel.shape(kShapeTooManyThings); }
const aws::Shape& ListThingsRequest::shape() { return kModel.shape(kShapeListThingsInput); }

const aws::ServiceSpec& service() { return kService; }
std::span<const aws::OperationSpec* const> operations() { return kModel.all_operations(); }
const aws::OperationSpec& DeleteThing::spec() { return kModel.operation(kOperationDeleteThing); }
const aws::OperationSpec& ListThings::spec() { return kModel.operation(kOperationListThings); }
const aws::OperationSpec& StartThing::spec() { return kModel.operation(kOperationStartThing); }

}  // namespace postern::aws::tiny
