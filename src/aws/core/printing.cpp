#include "aws/core/printing.hpp"

#include "aws/core/scalar.hpp"
#include "base/text.hpp"

namespace postern::aws {
namespace printing {

class Printer {
 public:
  explicit Printer(const PrintOptions& options) : options_(options) {}

  void value(const Shape& shape, const void* v) {
    if (full()) return;
    if (shape.sensitive) {
      out_ += "\"***\"";
      return;
    }
    switch (shape.kind) {
      case Kind::structure:
        return structure(shape, v);
      case Kind::list:
        return list(shape, v);
      case Kind::map:
        return map(shape, v);
      case Kind::string:
        return text(shape.ops->text->get(v));
      case Kind::blob:
        out_ += "<" + std::to_string(static_cast<const Blob*>(v)->bytes.size()) + " bytes>";
        return;
      case Kind::timestamp:
        out_ += format_timestamp(*static_cast<const WallTime*>(v), TimeFormat::iso8601);
        return;
      default:
        append_scalar(out_, shape, v, TimeFormat::iso8601);
        return;
    }
  }
  std::string take() {
    if (out_.size() > options_.total_max) out_ = printable(out_, options_.total_max);
    return std::move(out_);
  }

 private:
  bool full() const { return out_.size() > options_.total_max; }

  void text(std::string_view text) {
    out_ += '"';
    for (const char c : printable(text, options_.text_max)) {
      if (c == '"') out_ += '\\';
      out_ += c;
    }
    out_ += '"';
    if (text.size() > options_.text_max) out_ += "(" + std::to_string(text.size()) + " bytes)";
  }
  void structure(const Shape& shape, const void* v) {
    out_ += '{';
    const char* comma = "";
    for (const Member& member : shape.members) {
      const void* field = member_value(v, member);
      if (field == nullptr) continue;
      out_ += comma;
      out_ += member.name;
      out_ += ": ";
      value(*member.shape, field);
      comma = ", ";
    }
    out_ += '}';
  }
  /// False when the element at `index` is beyond the limit; the caller stops there.
  bool next_element(std::size_t index, std::size_t size) {
    if (index != 0) out_ += ", ";
    if (index < options_.elements_max && !full()) return true;
    out_ += "... " + std::to_string(size - index) + " more";
    return false;
  }
  void list(const Shape& shape, const void* v) {
    const std::size_t size = shape.ops->list->size(v);
    out_ += '[';
    for (std::size_t i = 0; i < size && next_element(i, size); ++i) {
      const void* element = shape.ops->list->at(v, i, *shape.element);
      if (element == nullptr)
        out_ += "null";
      else
        value(*shape.element, element);
    }
    out_ += ']';
  }
  void map(const Shape& shape, const void* v) {
    const std::size_t size = shape.ops->map->size(v);
    std::size_t index = 0;
    bool more = true;
    out_ += '{';
    shape.ops->map->each(v, *shape.element, [&](std::string_view key, const void* element) {
      more = more && next_element(index++, size);
      if (!more) return;
      text(key);
      out_ += ": ";
      if (element == nullptr)
        out_ += "null";
      else
        value(*shape.element, element);
    });
    out_ += '}';
  }

  const PrintOptions& options_;
  std::string out_;
};

}  // namespace printing

std::string print(ConstErased value, const PrintOptions& options) {
  printing::Printer printer(options);
  printer.value(*value.shape, value.value);
  return printer.take();
}

}  // namespace postern::aws
