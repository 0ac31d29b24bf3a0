// gc/collector.h: minor and major collection. See gc/heap.h for the spaces.
#pragma once

#include <cstdint>
#include <vector>

#include "gc/heap.h"
#include "gc/info_table.h"
#include "gc/region.h"
#include "gc/stack.h"

namespace plan::gc {

class Collector {
 public:
  Collector(Heap& heap, InfoTable& infos) : heap_(heap), infos_(infos) {}

  /// A safepoint's slow path: a minor collection, or a major one if enough has been promoted.
  /// `extra` is one more root, updated in place.
  void collect(Value& extra);
  void collect_major(Value& extra);
  /// Called with each region about to be freed.
  void observe(RegionObserver observer, void* context) {
    observer_ = observer;
    observer_context_ = context;
  }

 private:
  void minor(Value& extra);
  void visit_roots(bool recent_only, Value& extra);
  void evacuate(Word& slot);
  Value follow_selector(Object* selector);
  Object* copy(Object* from);
  Object* allocate_old(uint64_t words);
  void scavenge();
  /// Visits the fields of `object`; true if one of them is young afterwards.
  bool scan(Object* object);
  void scan_words(Word* first, Word* last);
  void mark_region(Region* region);
  void mark_pinned(Object* object);
  void drain_regions();
  void sweep_large();
  void sweep_regions();
  void reset_eden();
  void poison_dead_words();

  Heap& heap_;
  InfoTable& infos_;
  bool major_ = false;
  bool saw_young_ = false;
  Word* survivor_scan_ = nullptr;
  size_t old_scan_block_ = 0;
  Word* old_scan_ = nullptr;
  std::vector<Word*> block_tops_;  // fill level of each old block but the last
  std::vector<Object*> large_pending_;
  std::vector<Region*> region_pending_;
  RegionObserver observer_ = nullptr;
  void* observer_context_ = nullptr;
};

}  // namespace plan::gc
