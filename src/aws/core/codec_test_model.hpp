#pragma once
// tidy: allow-file(line-length) documents are easier to read whole

/// One small model for the tests of this folder, in any protocol: every kind, recursion, a union, names that differ on
/// the wire, constraints and errors. For tests and fuzzing only.

#include <string>

#include "aws/core/dynamic_model.hpp"
#include "base/check.hpp"

namespace postern::aws::testing_model {

inline constexpr const char* kShapes = R"json({
  "DoRequest": {"type": "structure", "required": ["Name"], "members": {
    "Name": {"shape": "Name"}, "Token": {"shape": "Text", "idempotencyToken": true}, "Flag": {"shape": "Flag"},
    "MaxResults": {"shape": "MaxResults"}, "Long": {"shape": "Long"}, "Ratio": {"shape": "Ratio"},
    "Score": {"shape": "Score"}, "Data": {"shape": "Data"}, "At": {"shape": "When"}, "Date": {"shape": "HttpDate"},
    "Iso": {"shape": "When", "timestampFormat": "iso8601"}, "Mode": {"shape": "Mode"},
    "Secret": {"shape": "Secret"}, "Renamed": {"shape": "Text", "locationName": "other_name"},
    "Ids": {"shape": "Ids"}, "Targets": {"shape": "Targets"}, "Nested": {"shape": "IdsList"},
    "Flat": {"shape": "Ids", "flattened": true}, "Tags": {"shape": "Tags"}, "Trees": {"shape": "TreeMap"},
    "Tree": {"shape": "Tree"}, "Choice": {"shape": "Choice"}}},
  "DoResponse": {"type": "structure", "members": {
    "Name": {"shape": "Text"}, "Flag": {"shape": "Flag"}, "Count": {"shape": "Int"}, "Long": {"shape": "Long"},
    "Ratio": {"shape": "Ratio"}, "Score": {"shape": "Score"}, "Data": {"shape": "Data"}, "At": {"shape": "When"},
    "Date": {"shape": "HttpDate"}, "Mode": {"shape": "Mode"}, "Secret": {"shape": "Secret"},
    "Renamed": {"shape": "Text", "locationName": "otherName"}, "Ids": {"shape": "Ids"},
    "Targets": {"shape": "Targets", "locationName": "targetSet"}, "Nested": {"shape": "IdsList"},
    "Flat": {"shape": "Ids", "flattened": true}, "FlatMap": {"shape": "Tags", "flattened": true},
    "Tags": {"shape": "Tags"}, "Trees": {"shape": "TreeMap"}, "Tree": {"shape": "Tree"},
    "Choice": {"shape": "Choice"}, "NextToken": {"shape": "Text"}}},
  "BindRequest": {"type": "structure", "required": ["Label", "Path"], "members": {
    "Label": {"shape": "Text", "location": "uri", "locationName": "label"},
    "Path": {"shape": "Text", "location": "uri", "locationName": "path"},
    "Count": {"shape": "Int", "location": "querystring", "locationName": "count"},
    "Words": {"shape": "Ids", "location": "querystring", "locationName": "word"},
    "Since": {"shape": "When", "location": "querystring", "locationName": "since"},
    "Flag": {"shape": "Flag", "location": "header", "locationName": "x-flag"},
    "Names": {"shape": "Ids", "location": "header", "locationName": "x-names"},
    "Dates": {"shape": "Dates", "location": "header", "locationName": "x-dates"},
    "Json": {"shape": "Text", "location": "header", "locationName": "x-json", "jsonvalue": true},
    "Meta": {"shape": "Tags", "location": "headers", "locationName": "x-meta-"},
    "Ids": {"shape": "Ids"}, "Tree": {"shape": "Tree"}}},
  "BindResponse": {"type": "structure", "members": {
    "Score": {"shape": "Score", "location": "header", "locationName": "x-score"},
    "Names": {"shape": "Ids", "location": "header", "locationName": "x-names"},
    "Date": {"shape": "HttpDate", "location": "header", "locationName": "x-date"},
    "Meta": {"shape": "Tags", "location": "headers", "locationName": "x-meta-"},
    "Targets": {"shape": "Targets"}, "Choice": {"shape": "Choice"}}},
  "Dates": {"type": "list", "member": {"shape": "HttpDate"}},
  "Name": {"type": "string", "min": 1, "max": 30},
  "Text": {"type": "string"},
  "Secret": {"type": "string", "sensitive": true, "max": 30},
  "Flag": {"type": "boolean"},
  "Int": {"type": "integer"},
  "MaxResults": {"type": "integer", "min": 1, "max": 50},
  "Long": {"type": "long"},
  "Ratio": {"type": "double"},
  "Score": {"type": "float"},
  "Data": {"type": "blob"},
  "When": {"type": "timestamp"},
  "HttpDate": {"type": "timestamp", "timestampFormat": "rfc822"},
  "Mode": {"type": "string", "enum": ["Fast", "Safe"]},
  "Ids": {"type": "list", "member": {"shape": "Text", "locationName": "item"}, "max": 50},
  "IdsList": {"type": "list", "member": {"shape": "Ids"}},
  "Target": {"type": "structure", "required": ["Key"], "members": {"Key": {"shape": "Text"}, "Values": {"shape": "Ids"}}},
  "Targets": {"type": "list", "member": {"shape": "Target", "locationName": "item"}},
  "Tags": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
  "Tree": {"type": "structure", "required": ["Label"], "members": {
    "Label": {"shape": "Text"}, "Children": {"shape": "TreeList"}, "Left": {"shape": "Tree"}}},
  "TreeList": {"type": "list", "member": {"shape": "Tree"}},
  "TreeMap": {"type": "map", "key": {"shape": "Text", "locationName": "K"}, "value": {"shape": "Tree", "locationName": "V"}},
  "Choice": {"type": "structure", "union": true, "members": {
    "Number": {"shape": "Int"}, "Word": {"shape": "Text"}, "Many": {"shape": "Target"}}},
  "TooBusy": {"type": "structure", "exception": true, "error": {"code": "Busy", "httpStatusCode": 429},
    "members": {"message": {"shape": "Text"}, "Until": {"shape": "When"}, "Where": {"shape": "Target"}}}
})json";

inline constexpr const char* kOperation = R"json({
  "name": "Do", "http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "DoRequest"},
  "output": {"shape": "DoResponse", "resultWrapper": "DoResult"}, "errors": [{"shape": "TooBusy"}]
})json";

/// Of the REST protocols: members in every place that a message has.
inline constexpr const char* kBoundOperation = R"json({
  "name": "Bind", "http": {"method": "PUT", "requestUri": "/things/{label}/{path+}?fixed=1&bare"},
  "input": {"shape": "BindRequest"}, "output": {"shape": "BindResponse"}, "errors": [{"shape": "TooBusy"}]
})json";

/// `protocol` is botocore's word: json, query, ec2, rest-json, rest-xml.
inline DynamicModel make(std::string_view protocol, std::string_view signature = "v4") {
  Json metadata = Json::object();
  metadata.set("protocol", protocol)
      .set("serviceId", "toy")
      .set("apiVersion", "2020-01-02")
      .set("jsonVersion", "1.1")
      .set("targetPrefix", "Toy_2020.Prefix")
      .set("endpointPrefix", "toy")
      .set("signatureVersion", signature)
      .set("xmlNamespace", "https://toy.example.com/doc/");
  Json model = Json::object();
  auto shapes = Json::parse(kShapes);
  auto operation = Json::parse(kOperation);
  auto bound = Json::parse(kBoundOperation);
  CHECK(shapes && operation && bound);
  model.set("metadata", std::move(metadata));
  model.set("shapes", std::move(*shapes));
  model.set("operations", Json::object().set("Do", std::move(*operation)).set("Bind", std::move(*bound)));
  auto built = DynamicModel::build(model);
  CHECK(built);
  return std::move(*built);
}

/// A value of the shape from JSON text; a mistake in the text ends the program.
inline Value value_of(const Shape& shape, std::string_view json) {
  Value out;
  const auto parsed = Json::parse(json);
  CHECK(parsed);
  const auto done = from_json(*parsed, shape, out);
  CHECK(done);
  return out;
}

inline std::string text_of(const Shape& shape, const Value& value) {
  return to_json(ConstErased(shape, value.view())).dump();
}

}  // namespace postern::aws::testing_model
