#pragma once

/// Who waits for what: the text of a deadlock report.

#include <cstddef>
#include <list>
#include <string>
#include <vector>

namespace postern::world {

class PendingTable {
 public:
  /// Lives as long as the wait that it describes.
  class Entry {
   public:
    Entry(PendingTable& table, std::string what)
        : table_(table), at_(table.waits_.insert(table.waits_.end(), std::move(what))) {}
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() { table_.waits_.erase(at_); }

   private:
    PendingTable& table_;
    std::list<std::string>::iterator at_;
  };

  std::size_t size() const noexcept { return waits_.size(); }
  /// In the order in which they began to wait.
  std::vector<std::string> list() const { return {waits_.begin(), waits_.end()}; }

 private:
  std::list<std::string> waits_;
};

}  // namespace postern::world
