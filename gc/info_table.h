// gc/info_table.h: the table of info records; indices are 32 bits, records never move.
#pragma once

#include <cstdint>
#include <vector>

#include "gc/info.h"

namespace plan::gc {

class InfoTable {
 public:
  InfoTable();
  ~InfoTable();
  InfoTable(const InfoTable&) = delete;
  InfoTable& operator=(const InfoTable&) = delete;

  /// A fresh record with only `index` set. Index 0 is never handed out.
  Info* add();
  /// Recycles a record nothing refers to any more.
  void remove(Info* info);
  Info& operator[](uint32_t index) { return base_[index]; }
  Info* base() { return base_; }

 private:
  Info* base_ = nullptr;
  uint32_t next_ = 1;
  std::vector<uint32_t> free_;
};

}  // namespace plan::gc
