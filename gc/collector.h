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
  void announce();
  void minor(Value& extra);
  // What depends on the kind of collection at every word is compiled for each.
  template <bool kMajor>
  void visit_roots(Value& extra);
  template <bool kMajor>
  void evacuate(Word& slot);
  void reach_large(Object* object, bool major);
  Value follow_selector(Object* selector);
  template <bool kMajor>
  Object* copy(Object* from);
  Object* allocate_old(uint64_t words);
  template <bool kMajor>
  void scavenge();
  template <bool kMajor>
  void scan_and_remember(Object* object);
  /// Visits the fields of `object`; true if one of them is young afterwards.
  template <bool kMajor>
  bool scan(Object* object);
  template <bool kMajor>
  bool scan_words(Word* first, Word* last);
  void scan_elements(Object* row);
  void scan_element(Word* element);
  void mark_region(Region* region);
  void mark_pinned(Object* object);
  void drain_regions();
  void sweep_large(bool major);
  void sweep_regions();
  void resize_nursery(uint64_t copied);
  void reset_eden();
  void poison_dead_words();

  Heap& heap_;
  InfoTable& infos_;
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
