#include "aws/core/dynamic_model.hpp"

#include <algorithm>
#include <utility>

namespace postern::aws {

struct DynamicModel::Arena {
  Arena() = default;
  // Deques never move what they hold: descriptors point at each other.
  std::deque<std::string> texts;
  std::deque<Shape> shapes;
  std::deque<std::vector<Member>> members;
  std::deque<std::vector<std::string_view>> enums;
  std::deque<std::vector<const Shape*>> errors;
  std::deque<OperationSpec> operations;
  std::deque<XmlNamespace> namespaces;
  std::map<std::string, Shape*, std::less<>> by_name;
  const Shape* empty = nullptr;
  ServiceSpec service{};

  std::string_view keep(std::string_view text) { return texts.emplace_back(text); }
  std::string_view keep_json(const Json& json) {
    const auto text = json.to_string();
    return text ? keep(*text) : std::string_view();
  }
};

namespace dynamic_model {

std::optional<Kind> kind_of(std::string_view type) noexcept {
  static constexpr std::pair<std::string_view, Kind> kKinds[] = {
      {"structure", Kind::structure}, {"list", Kind::list},           {"map", Kind::map},
      {"string", Kind::string},       {"character", Kind::string},    {"boolean", Kind::boolean},
      {"integer", Kind::int32},       {"short", Kind::int32},         {"byte", Kind::int32},
      {"long", Kind::int64},          {"float", Kind::float32},       {"double", Kind::float64},
      {"blob", Kind::blob},           {"timestamp", Kind::timestamp},
  };
  for (const auto& [name, kind] : kKinds) {
    if (name == type) return kind;
  }
  return std::nullopt;
}

TimeFormat time_format(const Json& json) noexcept {
  const auto text = json["timestampFormat"].to_string();
  if (text == "iso8601") return TimeFormat::iso8601;
  if (text == "rfc822") return TimeFormat::http_date;
  return text == "unixTimestamp" ? TimeFormat::epoch_seconds : TimeFormat::unset;
}

Location location(const Json& json) noexcept {
  const auto text = json["location"].to_string();
  if (text == "header") return Location::header;
  if (text == "headers") return Location::headers;
  if (text == "querystring") return Location::query;
  if (text == "uri") return Location::uri;
  return text == "statusCode" ? Location::status_code : Location::body;
}

bool flag(const Json& json, std::string_view name) noexcept {
  return json[name].to_bool().value_or(false);
}

std::int64_t limit(const Json& json, std::string_view name) noexcept {
  const auto value = json[name].to_double();
  if (!value || *value < -9e18 || *value > 9e18) return kNoLimit;
  return static_cast<std::int64_t>(*value);
}

std::optional<Protocol> protocol(std::string_view text) noexcept {
  if (text == "json") return Protocol::json;
  if (text == "query") return Protocol::query;
  if (text == "ec2") return Protocol::ec2;
  if (text == "rest-json") return Protocol::rest_json;
  if (text == "rest-xml") return Protocol::rest_xml;
  return std::nullopt;
}

std::string capital(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

bool lists(const Json& names, std::string_view name) noexcept {
  return std::any_of(names.items().begin(), names.items().end(),
                     [name](const Json& item) { return item.to_string() == name; });
}

}  // namespace dynamic_model

namespace {

class DynamicModelBuilder {
 public:
  DynamicModelBuilder(DynamicModel::Arena& arena, const Json& model) : arena_(arena), model_(model) {}

  Result<void> build() {
    TRY_VOID(metadata());
    Shape& empty = arena_.shapes.emplace_back();
    empty.name = "Unit";
    empty.kind = Kind::structure;
    arena_.empty = &empty;
    // Names first: shapes refer to each other in any order.
    for (const auto& [name, json] : model_["shapes"].members()) {
      const auto kind = dynamic_model::kind_of(json["type"].to_string().value_or(""));
      if (!kind) return fail(ErrorKind::malformed, "shape " + name + " has no type that is known");
      Shape& shape = arena_.shapes.emplace_back();
      shape.name = arena_.keep(name);
      shape.kind = dynamic_model::flag(json, "document") ? Kind::string : *kind;
      arena_.by_name.insert_or_assign(name, &shape);
    }
    for (const auto& [name, json] : model_["shapes"].members())
      TRY_VOID(fill(*arena_.by_name.find(name)->second, json));
    return {};
  }

 private:
  Result<void> metadata() {
    const Json& meta = model_["metadata"];
    const auto protocol = dynamic_model::protocol(meta["protocol"].to_string().value_or(""));
    if (!protocol) return fail(ErrorKind::malformed, "the model's protocol is not known");
    ServiceSpec& service = arena_.service;
    service.protocol = *protocol;
    service.service_id = arena_.keep_json(meta["serviceId"]);
    service.id = service.service_id.empty() ? "dynamic" : service.service_id;
    service.full_name = arena_.keep_json(meta["serviceFullName"]);
    service.api_version = arena_.keep_json(meta["apiVersion"]);
    service.json_version = arena_.keep_json(meta["jsonVersion"]);
    service.target_prefix = arena_.keep_json(meta["targetPrefix"]);
    service.endpoint_prefix = arena_.keep_json(meta["endpointPrefix"]);
    service.signing_name =
        meta.contains("signingName") ? arena_.keep_json(meta["signingName"]) : service.endpoint_prefix;
    service.xml_namespace = arena_.keep_json(meta["xmlNamespace"]);
    service.s3_rules = meta["signatureVersion"].to_string() == "s3";
    return {};
  }

  Result<const Shape*> target(const Json& ref, std::string_view of) {
    const auto name = ref["shape"].to_string().value_or("");
    const auto found = arena_.by_name.find(name);
    if (found == arena_.by_name.end())
      return fail(ErrorKind::malformed, std::string(of) + " refers to " + std::string(name) + ", which is no shape");
    return found->second;
  }

  /// The namespace that a reference or a shape declares ("uri", or {"uri", "prefix"}), or null.
  const XmlNamespace* xml_namespace(const Json& json) {
    const Json& found = json["xmlNamespace"];
    if (found.is_null()) return nullptr;
    XmlNamespace& out = arena_.namespaces.emplace_back();
    out.uri = found.is_object() ? arena_.keep_json(found["uri"]) : arena_.keep_json(found);
    out.prefix = arena_.keep_json(found["prefix"]);
    return &out;
  }

  Result<void> fill(Shape& shape, const Json& json) {
    if (const XmlNamespace* declared = xml_namespace(json)) {
      shape.xml_namespace = declared->uri;
      shape.xml_namespace_prefix = declared->prefix;
    }
    shape.is_document = dynamic_model::flag(json, "document");
    shape.ops = dynamic_ops(shape.kind);
    shape.flattened = dynamic_model::flag(json, "flattened");
    shape.sensitive = dynamic_model::flag(json, "sensitive");
    shape.is_union = dynamic_model::flag(json, "union");
    shape.time_format = dynamic_model::time_format(json);
    shape.min = dynamic_model::limit(json, "min");
    shape.max = dynamic_model::limit(json, "max");
    if (json.contains("enum")) {
      auto& values = arena_.enums.emplace_back();
      for (const Json& item : json["enum"].items()) values.push_back(arena_.keep_json(item));
      shape.enum_values = values;
    }
    if (dynamic_model::flag(json, "exception")) {
      const Json& error = json["error"];
      shape.error_code = error.contains("code") ? arena_.keep_json(error["code"]) : shape.name;
      shape.error_status = static_cast<int>(error["httpStatusCode"].to_int().value_or(0));
      shape.sender_fault = !dynamic_model::flag(json, "fault") && error["senderFault"].to_bool().value_or(true);
    }
    switch (shape.kind) {
      case Kind::structure:
        return fill_members(shape, json);
      case Kind::list:
        return fill_element(shape, json["member"], "member");
      case Kind::map:
        shape.key_namespace = xml_namespace(json["key"]);
        shape.key_name = json["key"].contains("locationName") ? arena_.keep_json(json["key"]["locationName"]) : "key";
        return fill_element(shape, json["value"], "value");
      default:
        return {};
    }
  }

  Result<void> fill_element(Shape& shape, const Json& ref, std::string_view default_name) {
    TRY(shape.element, target(ref, shape.name));
    shape.element_namespace = xml_namespace(ref);
    shape.element_name = ref.contains("locationName") ? arena_.keep_json(ref["locationName"]) : default_name;
    return {};
  }

  /// The name at the reference, else that at the shape; in rest-xml a payload without either is called as its shape.
  std::string_view wire_name(const Json& ref, std::string_view other) {
    if (ref.contains("locationName")) return arena_.keep_json(ref["locationName"]);
    const Json& target = model_["shapes"][ref["shape"].to_string().value_or("")];
    return target.contains("locationName") ? arena_.keep_json(target["locationName"]) : other;
  }

  Result<void> fill_members(Shape& shape, const Json& json) {
    auto& members = arena_.members.emplace_back();
    for (const auto& [name, ref] : json["members"].members()) {
      Member member{};
      member.name = arena_.keep(name);
      TRY(member.shape, target(ref, shape.name));
      member.wire_name = wire_name(ref, json["payload"].to_string() == name ? member.shape->name : member.name);
      member.query_name = member.wire_name;
      if (arena_.service.protocol == Protocol::ec2) {
        member.query_name = ref.contains("queryName") ? arena_.keep_json(ref["queryName"])
                                                      : arena_.keep(dynamic_model::capital(member.wire_name));
      }
      member.ops = &kDynamicField;
      member.offset = members.size() * sizeof(Value);
      member.location = dynamic_model::location(ref);
      member.time_format = dynamic_model::time_format(ref);
      member.required = dynamic_model::lists(json["required"], name);
      member.idempotency_token = dynamic_model::flag(ref, "idempotencyToken");
      member.flattened = dynamic_model::flag(ref, "flattened");
      member.xml_attribute = dynamic_model::flag(ref, "xmlAttribute");
      member.payload = json["payload"].to_string() == name;
      member.json_value = dynamic_model::flag(ref, "jsonvalue");
      member.xml_namespace = xml_namespace(ref);
      if (member.location == Location::query && member.shape->kind == Kind::map) member.location = Location::query_map;
      members.push_back(member);
    }
    shape.members = members;
    return {};
  }

  DynamicModel::Arena& arena_;
  const Json& model_;
};

}  // namespace

DynamicModel::DynamicModel(std::unique_ptr<Arena> arena) noexcept : arena_(std::move(arena)) {}
DynamicModel::DynamicModel(DynamicModel&&) noexcept = default;
DynamicModel& DynamicModel::operator=(DynamicModel&&) noexcept = default;
DynamicModel::~DynamicModel() = default;

Result<DynamicModel> DynamicModel::build(const Json& model) {
  auto arena = std::make_unique<Arena>();
  DynamicModelBuilder builder(*arena, model);
  TRY_VOID(builder.build());
  DynamicModel out(std::move(arena));
  for (const auto& [name, operation] : model["operations"].members()) {
    TRY([[maybe_unused]] const OperationSpec* added, out.add_operation(operation));
  }
  return out;
}

const ServiceSpec& DynamicModel::service() const noexcept {
  return arena_->service;
}

const OperationSpec* DynamicModel::find_operation(std::string_view name) const noexcept {
  for (const OperationSpec& operation : arena_->operations) {
    if (operation.name == name) return &operation;
  }
  return nullptr;
}

const Shape* DynamicModel::find_shape(std::string_view name) const noexcept {
  const auto found = arena_->by_name.find(name);
  return found == arena_->by_name.end() ? nullptr : found->second;
}

Result<const OperationSpec*> DynamicModel::add_operation(const Json& json) {
  const std::string where = "operation " + std::string(json["name"].to_string().value_or("?"));
  const auto target = [&](const Json& ref) -> Result<const Shape*> {
    if (ref.is_null()) return arena_->empty;
    const Shape* shape = find_shape(ref["shape"].to_string().value_or(""));
    if (shape == nullptr) return fail(ErrorKind::malformed, where + " refers to an unknown shape");
    return shape;
  };
  OperationSpec spec{};
  spec.name = arena_->keep_json(json["name"]);
  spec.service = &arena_->service;
  TRY(spec.input, target(json["input"]));
  TRY(spec.output, target(json["output"]));
  if (spec.input->kind != Kind::structure || spec.output->kind != Kind::structure)
    return fail(ErrorKind::malformed, where + ": input and output must be structures");
  spec.result_wrapper = arena_->keep_json(json["output"]["resultWrapper"]);
  spec.http_method = arena_->keep_json(json["http"]["method"]);
  spec.request_uri = arena_->keep_json(json["http"]["requestUri"]);
  spec.host_prefix = arena_->keep_json(json["endpoint"]["hostPrefix"]);
  spec.unsigned_request = json["authtype"].to_string() == "none";
  spec.xml_root = arena_->keep_json(json["input"]["locationName"]);
  const Json& root_namespace = json["input"]["xmlNamespace"];
  spec.xml_root_namespace = arena_->keep_json(root_namespace.is_object() ? root_namespace["uri"] : root_namespace);
  spec.success_status = static_cast<int>(json["http"]["responseCode"].to_int().value_or(200));
  const Json& flexible = json["httpChecksum"];
  if (json["httpChecksumRequired"].to_bool() == true || flexible["requestChecksumRequired"].to_bool() == true)
    spec.body_checksum = BodyChecksum::required;
  else if (flexible.contains("requestAlgorithmMember"))
    spec.body_checksum = BodyChecksum::optional;
  auto& errors = arena_->errors.emplace_back();
  for (const Json& ref : json["errors"].items()) {
    TRY(const Shape* error, target(ref));
    errors.push_back(error);
  }
  spec.errors = errors;
  return &arena_->operations.emplace_back(spec);
}

}  // namespace postern::aws
