// gc/heap.h: the heap of one mutator: nursery, survivors, old generation, large objects, pins.
//
//   one reservation of address space, so that "where does this live" is a subtraction:
//
//   | nursery (eden) | survivors A | survivors B | large objects | old generation | pin space |
//   |<------------------- young test ------------------------->|
//
// Lifecycle  : objects are born in eden by bumping a pointer (large ones in their own space, old
//              at once but reclaimed like young ones until they survive). A minor collection copies
//              what lives in eden to the survivors and what lives there to the old generation: one
//              ageing step. A major collection copies the old generation and marks large objects
//              and pins. Laws and pins are regions of pin space; see gc/region.h.
// Rule       : *direct code never collects*. Allocation here always succeeds up to the reservation;
//              only evaluating code and EvalScope edges run the collector (safepoints). So a raw
//              Value stays valid across any call that does not evaluate. Price: a collection can
//              come late by what one helper allocates; helpers that build large results ask fits().
// Limit      : Config::limit_bytes counts eden, survivors, old, large, pins and stack in use.
// Threads    : owner thread only.
// See        : doc/gc.md; Note [Ageing] in gc/collector.cc.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "gc/extents.h"
#include "gc/info.h"
#include "gc/ranges.h"
#include "value/object.h"

namespace plan::gc {

struct Region;
class Collector;
class Verifier;
class InfoTable;
class EvalStack;

inline constexpr uint64_t kGiB = uint64_t{1} << 30;
inline constexpr uint64_t kEdenReserveBytes = 256 * kGiB;
inline constexpr uint64_t kSurvivorReserveBytes = 256 * kGiB;
inline constexpr uint64_t kLargeReserveBytes = 2048 * kGiB;
inline constexpr uint64_t kOldReserveBytes = 1024 * kGiB;
inline constexpr uint64_t kPinReserveBytes = 1024 * kGiB;
/// Payloads above this many words go to the large-object space.
inline constexpr uint64_t kLargeObjectWords = 4096;
inline constexpr uint64_t kOldBlockBytes = uint64_t{1} << 20;
/// Large objects born since the last collection, in nurseries, that make the next one due.
inline constexpr uint64_t kLargeYoungNurseries = 2;

/// However much is live, the nursery grows to one such part of the limit only.
inline constexpr uint64_t kNurseriesInLimitMin = 16;

struct Config {
  uint64_t nursery_bytes = uint64_t{2} << 20;
  uint64_t nursery_bytes_max = 0;  ///< it may grow to this: Note [Nursery size] in gc/collector.cc
  uint64_t limit_bytes = 0;  ///< 0: a third of physical memory (copying may take twice)
  bool stress = false;       ///< collect at every safepoint, poison what was left
  bool verify = false;       ///< walk the heap before and after each collection
};

struct Statistics {
  uint64_t minor_collections = 0;
  uint64_t major_collections = 0;
  uint64_t survivor_bytes = 0;  ///< copied to the survivors, total
  uint64_t promoted_bytes = 0;  ///< copied to the old generation by minor collections, total
  uint64_t major_copied_bytes = 0;
  uint64_t eden_bytes = 0;  ///< allocated in eden, total (large objects not included)
  uint64_t pause_ns_max = 0;
  uint64_t pause_ns_total = 0;
};

class Heap {
 public:
  explicit Heap(const Config& config);
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  /// A new object with its header set and its payload uninitialised: fill it before the next
  /// safepoint. Never collects, never fails below the reservation.
  Object* allocate(Word header, uint64_t payload_words) {
    if (payload_words > kLargeObjectWords) return allocate_large(header, payload_words);
    Word* at = hp;
    hp = at + 1 + payload_words;
    if (hp > eden_committed_) [[unlikely]] grow_eden();
    auto* object = reinterpret_cast<Object*>(at);
    object->header = header;
    return object;
  }
  Object* allocate_large(Word header, uint64_t payload_words);

  /// Whether `bytes` more would stay within the limit (as far as known without collecting).
  bool fits(uint64_t bytes) const;
  /// Bytes in use that count toward the limit.
  uint64_t used_bytes() const;
  const Config& config() const { return config_; }
  const Statistics& statistics() const { return statistics_; }
  /// What is allocated in eden between two collections, now.
  uint64_t nursery_bytes() const { return nursery_bytes_; }

  /// Young: eden, survivors, or the large-object space.
  bool is_young_or_large(const void* p) const {
    return reinterpret_cast<uint64_t>(p) - young_base_ < young_bytes_;
  }
  bool is_large(const void* p) const {
    return reinterpret_cast<uint64_t>(p) - large_base_ < kLargeReserveBytes;
  }
  bool is_small_young(const void* p) const {
    return reinterpret_cast<uint64_t>(p) - young_base_ < young_bytes_ - kLargeReserveBytes;
  }
  bool is_old(const void* p) const {
    return reinterpret_cast<uint64_t>(p) - old_base_ < kOldReserveBytes;
  }
  bool is_pinned(const void* p) const {
    return reinterpret_cast<uint64_t>(p) - pin_base_ < kPinReserveBytes;
  }

  /// Write barrier: `thunk`, anywhere, was overwritten with a reference to a younger object.
  void remember(Object* object) {
    if (!is_young_or_large(object) && (object->header & kFlagRemembered) == 0) {
      object->header |= kFlagRemembered;
      remembered_.push_back(object);
    }
  }

  /// Write barrier: element `index` of `row`, which is being filled, was written. A large row is
  /// not looked through again for it: only the element is remembered.
  void remember_element(Object* row, uint64_t index) {
    const Word element = row->payload[index];
    const bool is_immediate = (element & 1) == 0;
    if (is_immediate || is_small_young(row)) return;
    if (!is_young_or_large(reinterpret_cast<const void*>(element & ~kTagMask))) return;
    if (!is_large(row)) {
      remember(row);
    } else if ((row->header & kFlagYoung) == 0) {
      remembered_elements_.push_back(&row->payload[index]);
    }
  }

  Value empty_row() const { return empty_row_; }
  Value empty_bar() const { return empty_bar_; }
  Value empty_set() const { return empty_set_; }
  Value empty_tab() const { return empty_tab_; }

  // --- Nursery, used by evaluating code which keeps `hp` in a register.
  Word* hp;        ///< next free word of eden
  Word* hp_limit;  ///< soft limit: beyond it the next safepoint collects

 private:
  friend class Collector;
  friend class Verifier;
  friend class Root;
  friend class RootList;
  friend struct RegionBuilder;
  friend struct ImageReader;
  friend Value make_pin(Heap&, Value);
  friend Value make_law_object(Heap&, Value, Value, Value);

  void grow_eden();
  /// The soft limit of eden while no collection is due.
  Word* eden_limit() const;

  Config config_;
  Statistics statistics_;
  uint64_t young_base_ = 0;
  uint64_t young_bytes_ = 0;
  uint64_t survivor_base_[2] = {0, 0};
  uint64_t large_base_ = 0;
  uint64_t old_base_ = 0;
  uint64_t pin_base_ = 0;
  Word* eden_start_ = nullptr;
  uint64_t nursery_bytes_ = 0;      // see Note [Nursery size]
  int32_t nursery_trend_ = 0;       // busy collections in a row, idle ones below 0; bounded
  Word* eden_committed_ = nullptr;  // pages below have been touched or are free to touch
  Word* survivor_top_ = nullptr;    // of the current survivor space
  int survivor_index_ = 0;
  RangeAllocator large_;
  ExtentAllocator pins_;
  std::vector<Object*> large_objects_;
  std::vector<Object*> remembered_;
  std::vector<Word*> remembered_elements_;  ///< of tenured large rows
  std::vector<Region*> regions_;
  std::vector<Word*> old_blocks_;       // all blocks in use, in order of filling
  std::vector<Word*> old_free_blocks_;  // blocks ready for reuse
  Word* old_next_block_ = nullptr;      // never used so far
  Word* old_top_ = nullptr;             // bump pointer in the last block
  Word* old_limit_ = nullptr;
  uint64_t next_major_bytes_ = 0;
  uint64_t large_young_bytes_ = 0;  // born since the last collection
  class Root* roots_ = nullptr;
  class RootList* root_lists_ = nullptr;
  Value empty_row_, empty_bar_, empty_set_, empty_tab_;

 public:
  EvalStack* stack = nullptr;  ///< set by the evaluator; walked by collections
  /// Set by the evaluator: its copy of hp_limit, lowered when a collection is due before eden is
  /// full. May be null.
  std::atomic<Word*>* safepoint_limit = nullptr;
  uint32_t apply_thunk_index = 0;  ///< record of suspended applications; set by the evaluator
  /// Called before a collection moves or frees anything, if not null; set by who has values that
  /// are no roots, and is done with them when it returns.
  void (*before_collection)(void* context) = nullptr;
  void* before_collection_context = nullptr;

  /// Calls `release(context, region)` for every region; for the evaluator's end of life.
  void release_regions(void (*release)(void*, Region*), void* context);
};

/// A value that survives collections, for direct code that evaluates. Strictly nested or not.
class Root {
 public:
  explicit Root(Heap& heap, Value v = Value{}) : heap_(heap), value_(v) {
    next_ = heap.roots_;
    if (next_ != nullptr) next_->previous_ = this;
    heap.roots_ = this;
  }
  ~Root() {
    (previous_ != nullptr ? previous_->next_ : heap_.roots_) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
  }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  Value get() const { return value_; }
  void set(Value v) { value_ = v; }

 private:
  friend class Collector;
  friend class Verifier;
  Heap& heap_;
  Value value_;
  Root* next_ = nullptr;
  Root* previous_ = nullptr;
};

/// A growable list of values that survives collections.
class RootList {
 public:
  explicit RootList(Heap& heap) : heap_(heap) {
    next_ = heap.root_lists_;
    if (next_ != nullptr) next_->previous_ = this;
    heap.root_lists_ = this;
  }
  ~RootList() {
    (previous_ != nullptr ? previous_->next_ : heap_.root_lists_) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
  }
  RootList(const RootList&) = delete;
  RootList& operator=(const RootList&) = delete;
  std::vector<Value> values;

 private:
  friend class Collector;
  friend class Verifier;
  Heap& heap_;
  RootList* next_ = nullptr;
  RootList* previous_ = nullptr;
};

}  // namespace plan::gc
