// gc/info_table.cc: a reserved array, so that growth moves nothing.
#include "gc/info_table.h"

#include "base/check.h"
#include "base/memory_map.h"

namespace plan::gc {

namespace {
constexpr uint64_t kRecordsMax = uint64_t{1} << 28;
}  // namespace

InfoTable::InfoTable() {
  base_ = static_cast<Info*>(require_memory(0, kRecordsMax * sizeof(Info)));
}

InfoTable::~InfoTable() { unreserve_memory(base_, kRecordsMax * sizeof(Info)); }

Info* InfoTable::add() {
  uint32_t index = 0;
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else {
    PLAN_CHECK(next_ < kRecordsMax);
    index = next_++;
  }
  Info* info = new (base_ + index) Info;
  info->index = index;
  return info;
}

void InfoTable::remove(Info* info) { free_.push_back(info->index); }

}  // namespace plan::gc
