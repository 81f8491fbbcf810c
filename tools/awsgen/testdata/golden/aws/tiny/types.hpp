#pragma once

// Written by tools/awsgen from AWS's service model of tiny (2020-01-01); not to be edited.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/core/types.hpp"
#include "aws/tiny/fwd.hpp"

namespace postern::aws::tiny {

struct Colour {
  enum class Value : std::uint16_t {
    red,
    dark_green,
    default_,
    v2_0,
    text_,
    dark_green_2,
    empty,
  };
  static constexpr Value red = Value::red;
  static constexpr Value dark_green = Value::dark_green;
  static constexpr Value default_ = Value::default_;
  static constexpr Value v2_0 = Value::v2_0;
  static constexpr Value text_ = Value::text_;
  static constexpr Value dark_green_2 = Value::dark_green_2;
  static constexpr Value empty = Value::empty;
  static std::string_view text(Value value);
  static std::optional<Value> parse(std::string_view text);
};

/// Error Broken, HTTP 500.
struct Broken {
  Broken() = default;
  static const aws::Shape& shape();
  friend bool operator==(const Broken&, const Broken&) = default;
};

struct DeleteThingResponse {
  DeleteThingResponse() = default;
  static const aws::Shape& shape();
  friend bool operator==(const DeleteThingResponse&, const DeleteThingResponse&) = default;
};

struct ListThingsShape {
  ListThingsShape() = default;
  static const aws::Shape& shape();
  std::optional<std::string> struct_;
  friend bool operator==(const ListThingsShape&, const ListThingsShape&) = default;
};

struct Thing {
  Thing();
  Thing(const Thing&);
  Thing(Thing&&) noexcept;
  Thing& operator=(const Thing&);
  Thing& operator=(Thing&&) noexcept;
  ~Thing();
  static const aws::Shape& shape();
  std::optional<std::string> thing_name;  ///< required
  std::optional<aws::Open<Colour>> colour;
  std::optional<postern::Secret<std::string>> secret;
  aws::Map<aws::Open<Colour>> tags;
  std::vector<std::string> names;
  std::optional<std::string> client_token;
  std::optional<std::string> shape_;
  std::vector<std::string> i_pv6_cidrs;
  std::optional<std::int32_t> size;
  std::optional<postern::WallTime> when;
  std::optional<postern::Blob> bytes;
  std::optional<double> ratio;
  std::optional<std::int64_t> count;
  std::optional<bool> on;
  friend bool operator==(const Thing&, const Thing&) = default;
};

struct Node {
  Node();
  Node(const Node&);
  Node(Node&&) noexcept;
  Node& operator=(const Node&);
  Node& operator=(Node&&) noexcept;
  ~Node();
  static const aws::Shape& shape();
  aws::Box<Node> left;
  std::vector<Node> children;
  std::optional<std::string> label;
  friend bool operator==(const Node&, const Node&);
};

struct ListThingsResponse {
  ListThingsResponse() = default;
  static const aws::Shape& shape();
  std::vector<Thing> things;
  std::optional<std::string> next_token;
  std::optional<Node> tree;
  std::optional<ListThingsShape> odd;
  friend bool operator==(const ListThingsResponse&, const ListThingsResponse&) = default;
};

struct StartThingRequest {
  StartThingRequest() = default;
  static const aws::Shape& shape();
  friend bool operator==(const StartThingRequest&, const StartThingRequest&) = default;
};

/// Error TooMany, HTTP 429.
struct TooManyThings {
  TooManyThings() = default;
  static const aws::Shape& shape();
  std::optional<std::string> message;
  std::optional<std::int32_t> limit;
  friend bool operator==(const TooManyThings&, const TooManyThings&) = default;
};

struct ListThingsRequest {
  ListThingsRequest() = default;
  static const aws::Shape& shape();
  std::optional<std::int32_t> max_items;
  std::optional<std::string> marker;
  friend bool operator==(const ListThingsRequest&, const ListThingsRequest&) = default;
};

}  // namespace postern::aws::tiny
