#include "aws/core/codec.hpp"

#include "aws/core/ec2_codec.hpp"
#include "aws/core/json_codec.hpp"
#include "aws/core/query_codec.hpp"
#include "aws/core/rest_json_codec.hpp"
#include "aws/core/rest_xml_codec.hpp"

namespace postern::aws {

const Shape* find_error_shape(const OperationSpec& op, std::string_view code) noexcept {
  for (const Shape* shape : op.errors) {
    if (shape->error_code == code) return shape;
  }
  // Some services send the shape's name where the model has another code.
  for (const Shape* shape : op.errors) {
    if (shape->name == code) return shape;
  }
  return nullptr;
}

const Codec* codec_for(const ServiceSpec& service) {
  // Codecs have no state: one constant of each serves everybody.
  static const JsonCodec json;
  static const QueryCodec query;
  static const Ec2Codec ec2;
  static const RestJsonCodec rest_json;
  static const RestXmlCodec rest_xml;
  switch (service.protocol) {
    case Protocol::json:
      return &json;
    case Protocol::query:
      return &query;
    case Protocol::ec2:
      return &ec2;
    case Protocol::rest_json:
      return &rest_json;
    case Protocol::rest_xml:
      return &rest_xml;
  }
  return nullptr;
}

}  // namespace postern::aws
