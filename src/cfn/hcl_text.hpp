#pragma once

/// Lines of HCL, laid out as `terraform fmt` lays them out.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern::cfn {

/// A quoted string whose text means itself: "${" and "%{" are escaped.
std::string hcl_string(std::string_view text);
/// The same without the quotes: a part of a template string.
std::string hcl_escaped(std::string_view text);
/// "DRSOrchestrationRole" -> "drs_orchestration_role".
std::string snake_case(std::string_view name);

/// Blocks and attributes in order. Neighbouring attributes of one line each have their `=` in one column.
class HclLines {
 public:
  /// None right after open().
  void blank();
  void comment(std::string_view text);
  /// A line that opens a block or bracket; what follows is indented until close().
  void open(std::string text);
  /// The line that closes it: "}", "])", ...
  void close(std::string text);
  /// Closes one and opens the next: "] : [".
  void line(std::string text);
  /// NAME = VALUE on one line.
  void attribute(std::string name, std::string value);
  void append(const HclLines& other);
  bool empty() const noexcept { return lines_.empty(); }
  std::string text() const;

 private:
  struct Line {
    Line() = default;
    Line(std::size_t d, std::string l, std::string a) : depth(d), lead(std::move(l)), assigned(std::move(a)) {}
    std::size_t depth = 0;
    std::string lead;      ///< empty: a blank line
    std::string assigned;  ///< what stands right of the =; empty: not an attribute
  };
  std::vector<Line> lines_;
  std::size_t depth_ = 0;
};

}  // namespace postern::cfn
