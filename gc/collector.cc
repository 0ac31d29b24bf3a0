// gc/collector.cc: copying collection with one ageing step.
//
// Note [Ageing]
//   An object that survives its first minor collection goes to the survivors, and only after the
//   second to the old generation. Promoting at once would make a lazy stream drag its dead prefix
//   along: the thunk under evaluation is promoted, then updated, and its remembered-set entry
//   keeps everything that was produced since. Price: what lives is copied twice.
//
// Note [Selector thunks]
//   A selector (idx i x) whose row is evaluated is replaced by the element while it is copied, or a
//   consumer that takes a pair apart lazily would hold both halves for ever (Wadler 1987). One
//   step per visit: a selector of an unevaluated selector waits for the next collection.
//
// Note [Nursery size]
//   What is live while a large structure is worked on may be more than the nursery: then each
//   collection copies much of it, for the first time or the second, and most of that would have
//   been dead a little later. So after kBusyCollections that copied more than a quarter of the
//   nursery it doubles, up to nursery_bytes_max, and after kIdleCollections that copied less than a
//   sixty-fourth it is halved, for a small one stays in the cache. pipeline (bench/programs) takes
//   0.65 of the time that it takes with 8 MB for good, a sort of 100,000 0.9, and no more memory,
//   for less is promoted. Price: the first way through new pages, which the system clears.
#include "gc/collector.h"

#include <algorithm>
#include <bit>
#include <chrono>

#include "base/check.h"
#include "base/memory_map.h"
#include "gc/make.h"
#include "gc/verify.h"

namespace plan::gc {

namespace {
constexpr Word kPoison = 0xdead'0000'0000'0001;  // a thunk at a non-canonical address
constexpr uint64_t kMajorMinimumBytes = uint64_t{96} << 20;
constexpr uint64_t kBusyShare = 4;        ///< of the nursery; copied more than this, it grows
constexpr uint64_t kIdleShare = 64;       ///< copied less, it may shrink
constexpr int32_t kBusyCollections = 2;   ///< of the one kind, in a row, before it does
constexpr int32_t kIdleCollections = 8;   ///< of the other
constexpr size_t kAhead = 4;  ///< remembered objects that are fetched before their turn

bool is_forwarded(const Object* o) { return (o->header & 1) == 0; }
Object* forwardee(const Object* o) { return std::bit_cast<Object*>(o->header); }
}  // namespace

void Collector::collect(Value& extra) {
  if (heap_.config_.verify) verify_heap(heap_, infos_, extra);
  const auto start = std::chrono::steady_clock::now();
  const uint64_t tenured = heap_.large_.used_bytes() + heap_.pins_.used_bytes() +
                           heap_.old_blocks_.size() * kOldBlockBytes;
  if (tenured > heap_.next_major_bytes_ || heap_.used_bytes() > heap_.config_.limit_bytes) {
    collect_major(extra);
  } else {
    minor(extra);
  }
  const auto spent = std::chrono::steady_clock::now() - start;
  const auto ns = static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count());
  heap_.statistics_.pause_ns_total += ns;
  heap_.statistics_.pause_ns_max = std::max(heap_.statistics_.pause_ns_max, ns);
  if (heap_.config_.verify) verify_heap(heap_, infos_, extra);
}

void Collector::announce() {
  if (heap_.before_collection != nullptr) {
    heap_.before_collection(heap_.before_collection_context);
  }
}

void Collector::minor(Value& extra) {
  announce();
  const int to = 1 - heap_.survivor_index_;
  Word* to_start = std::bit_cast<Word*>(heap_.survivor_base_[to]);
  Word* from_top = heap_.survivor_top_;
  Word* from_start = std::bit_cast<Word*>(heap_.survivor_base_[heap_.survivor_index_]);
  const uint64_t before = heap_.statistics_.survivor_bytes + heap_.statistics_.promoted_bytes;
  // evacuate() tells the two survivor spaces apart by survivor_index_, which is still `from`.
  heap_.survivor_top_ = to_start;
  survivor_scan_ = to_start;
  block_tops_.resize(heap_.old_blocks_.size());
  old_scan_block_ = heap_.old_blocks_.empty() ? 0 : heap_.old_blocks_.size() - 1;
  old_scan_ = heap_.old_top_;

  std::vector<Object*> remembered;
  remembered.swap(heap_.remembered_);
  for (size_t i = 0; i < remembered.size(); ++i) {
    // They lie all over the old generation, and what they refer to all over eden.
    if (i + 2 * kAhead < remembered.size()) __builtin_prefetch(remembered[i + 2 * kAhead]);
    if (i + kAhead < remembered.size()) {
      const Word word = remembered[i + kAhead]->payload[0];
      __builtin_prefetch(std::bit_cast<const void*>(word & ~kTagMask));
    }
    remembered[i]->header &= ~kFlagRemembered;
    scan_and_remember<false>(remembered[i]);
  }
  std::vector<Word*> elements;
  elements.swap(heap_.remembered_elements_);
  for (Word* element : elements) scan_element(element);
  visit_roots<false>(extra);
  scavenge<false>();
  sweep_large(false);

  heap_.statistics_.survivor_bytes +=
      static_cast<uint64_t>(heap_.survivor_top_ - to_start) * sizeof(Word);
  heap_.survivor_index_ = to;
  ++heap_.statistics_.minor_collections;
  if (heap_.config_.stress) std::fill(from_start, from_top, kPoison);
  resize_nursery(heap_.statistics_.survivor_bytes + heap_.statistics_.promoted_bytes - before);
  reset_eden();
  if (heap_.stack != nullptr) heap_.stack->place_marker();
  poison_dead_words();
}

void Collector::collect_major(Value& extra) {
  announce();
  std::vector<Word*> from_blocks;
  from_blocks.swap(heap_.old_blocks_);
  heap_.old_top_ = heap_.old_limit_ = nullptr;
  block_tops_.clear();
  old_scan_block_ = 0;
  old_scan_ = nullptr;
  for (Object* object : heap_.remembered_) object->header &= ~kFlagRemembered;
  heap_.remembered_.clear();
  heap_.remembered_elements_.clear();
  std::sort(heap_.regions_.begin(), heap_.regions_.end(),
            [](const Region* a, const Region* b) { return a->base < b->base; });

  visit_roots<true>(extra);
  do {
    scavenge<true>();
    drain_regions();
  } while (!large_pending_.empty());

  sweep_large(true);
  sweep_regions();
  for (Word* block : from_blocks) {
    if (heap_.config_.stress) std::fill(block, block + kOldBlockBytes / sizeof(Word), kPoison);
    heap_.old_free_blocks_.push_back(block);
  }
  Word* survivors = std::bit_cast<Word*>(heap_.survivor_base_[heap_.survivor_index_]);
  if (heap_.config_.stress) std::fill(survivors, heap_.survivor_top_, kPoison);
  heap_.survivor_top_ = survivors;
  reset_eden();
  // Recycled blocks stay warm up to the size of what lives; the rest goes back.
  while (heap_.old_free_blocks_.size() > heap_.old_blocks_.size() + 64) {
    discard_memory(heap_.old_free_blocks_.front(), kOldBlockBytes);
    heap_.old_free_blocks_.erase(heap_.old_free_blocks_.begin());
    if (heap_.old_free_blocks_.size() > 4096) continue;
    break;
  }
  heap_.large_.trim();
  const uint64_t live = heap_.large_.used_bytes() + heap_.pins_.used_bytes() +
                        heap_.old_blocks_.size() * kOldBlockBytes;
  heap_.next_major_bytes_ = std::max(kMajorMinimumBytes, live * 2);
  heap_.statistics_.major_copied_bytes += heap_.old_blocks_.size() * kOldBlockBytes;
  ++heap_.statistics_.major_collections;
  poison_dead_words();
}

template <bool kMajor>
void Collector::visit_roots(Value& extra) {
  evacuate<kMajor>(extra.word);
  for (Root* r = heap_.roots_; r != nullptr; r = r->next_) evacuate<kMajor>(r->value_.word);
  for (RootList* l = heap_.root_lists_; l != nullptr; l = l->next_) {
    for (Value& v : l->values) evacuate<kMajor>(v.word);
  }
  if (heap_.stack == nullptr) return;
  heap_.stack->walk(!kMajor, [this](Info* info, Word* frame) {
    if (kMajor && info->owner != nullptr) mark_region(info->owner);
    const uint64_t words = frame_size_words(*info, frame);
    if (info->frame_words == 0) {
      scan_words<kMajor>(frame + 2, frame + words);
      return;
    }
    const auto total = static_cast<uint32_t>(words);
    if (total <= 65) {
      for (uint64_t live = info->live; live != 0; live &= live - 1) {
        evacuate<kMajor>(frame[1 + std::countr_zero(live)]);
      }
      return;
    }
    for (uint32_t i = 1; i < total; ++i) {
      if (frame_word_live(*info, i)) evacuate<kMajor>(frame[i]);
    }
  });
}

template <bool kMajor>
void Collector::evacuate(Word& slot) {
  Word v = slot;
  for (;;) {
    if ((v & 1) == 0) break;
    auto* o = std::bit_cast<Object*>(v & ~kTagMask);
    if (!heap_.is_small_young(o)) {
      if (heap_.is_large(o)) {
        reach_large(o, kMajor);
        break;
      }
      if (!kMajor) break;
      if (heap_.is_pinned(o)) {
        mark_pinned(o);
        break;
      }
    }
    if (is_forwarded(o)) {
      v = o->header | (v & kTagMask);
      break;
    }
    const Kind kind = o->kind();
    if (kind == Kind::kIndirection) {
      v = o->payload[0];
      continue;
    }
    if (kind == Kind::kSelector) {
      const Value element = follow_selector(o);
      if (element.word != kPoison) {
        o->header = thunk_header(Kind::kIndirection, o->thunk_words(), 0);
        o->payload[0] = element.word;
        v = element.word;
        continue;
      }
    }
    v = std::bit_cast<Word>(copy<kMajor>(o)) | (v & kTagMask);
    break;
  }
  slot = v;
}

void Collector::reach_large(Object* object, bool major) {
  if ((object->header & kFlagMark) != 0) return;
  if (!major && (object->header & kFlagYoung) == 0) return;
  object->header |= kFlagMark;
  large_pending_.push_back(object);
}

// See Note [Selector thunks]. Reads from-space payloads, which stay intact under a forwarding
// header, so what it returns still has to be evacuated.
Value Collector::follow_selector(Object* selector) {
  const Value none{kPoison};
  Value x = selector->field(0);
  for (;;) {
    if (!x.is_pointer()) return none;
    const Object* o = x.object();
    const Word header = is_forwarded(o) ? forwardee(o)->header : o->header;
    const auto kind = static_cast<Kind>(header & 0xff);
    if (kind == Kind::kIndirection) {
      if (is_forwarded(o)) return none;
      x = o->field(0);
      continue;
    }
    const uint64_t index = selector->field(1).small();
    if (kind != Kind::kRow || index >= (header >> 16)) return none;
    return o->field(index);
  }
}

template <bool kMajor>
Object* Collector::copy(Object* from) {
  const Kind kind = from->kind();
  uint64_t words = payload_words(from);
  Word header = from->header & ~kFlagRemembered;
  if (kind == Kind::kBlackhole || kind == Kind::kCrash || kind == Kind::kSpent) {
    // What was captured is dead; one word is enough for the indirection to come.
    words = 1;
    header = (header & ~(Word{0xffff} << 16)) | (Word{1} << 16);
  } else if (kMajor && (kind == Kind::kThunk || kind == Kind::kSelector)) {
    Region* owner = infos_[from->info_index()].owner;
    if (owner != nullptr) mark_region(owner);
  }
  const uint64_t address = std::bit_cast<uint64_t>(from);
  const bool aged = address - heap_.survivor_base_[0] < 2 * kSurvivorReserveBytes;
  Object* to = nullptr;
  if (kMajor || aged) {
    to = allocate_old(1 + words);
    if (!kMajor) heap_.statistics_.promoted_bytes += (1 + words) * sizeof(Word);
  } else {
    to = std::bit_cast<Object*>(heap_.survivor_top_);
    heap_.survivor_top_ += 1 + words;
  }
  to->header = header;
  // What it refers to is looked at when its turn in the queue comes: soon, but not at once.
  const bool is_raw = kind == Kind::kBar || kind == Kind::kBig;
  for (uint64_t i = 0; i < words; ++i) {
    const Word word = from->payload[i];
    if (!is_raw && (word & 1) != 0) {
      __builtin_prefetch(std::bit_cast<const void*>(word & ~kTagMask));
    }
    to->payload[i] = word;
  }
  from->header = std::bit_cast<Word>(to);
  return to;
}

Object* Collector::allocate_old(uint64_t words) {
  if (heap_.old_top_ == nullptr ||
      static_cast<uint64_t>(heap_.old_limit_ - heap_.old_top_) < words) {
    if (!heap_.old_blocks_.empty()) {
      block_tops_.resize(heap_.old_blocks_.size());
      block_tops_.back() = heap_.old_top_;
    }
    Word* block = nullptr;
    if (!heap_.old_free_blocks_.empty()) {
      block = heap_.old_free_blocks_.back();
      heap_.old_free_blocks_.pop_back();
    } else {
      block = heap_.old_next_block_;
      heap_.old_next_block_ += kOldBlockBytes / sizeof(Word);
      PLAN_CHECK(std::bit_cast<uint64_t>(heap_.old_next_block_) <= heap_.pin_base_);
    }
    heap_.old_blocks_.push_back(block);
    heap_.old_top_ = block;
    heap_.old_limit_ = block + kOldBlockBytes / sizeof(Word);
    if (old_scan_ == nullptr) old_scan_ = block;
  }
  Word* at = heap_.old_top_;
  heap_.old_top_ += words;
  return std::bit_cast<Object*>(at);
}

template <bool kMajor>
void Collector::scan_and_remember(Object* object) {
  if (!scan<kMajor>(object)) return;
  object->header |= kFlagRemembered;
  heap_.remembered_.push_back(object);
}

template <bool kMajor>
void Collector::scavenge() {
  for (;;) {
    bool progress = false;
    while (!kMajor && survivor_scan_ < heap_.survivor_top_) {
      auto* o = std::bit_cast<Object*>(survivor_scan_);
      survivor_scan_ += 1 + payload_words(o);
      scan<kMajor>(o);
      progress = true;
    }
    while (old_scan_ != nullptr) {
      const bool last = old_scan_block_ + 1 == heap_.old_blocks_.size();
      const Word* top = last ? heap_.old_top_ : block_tops_[old_scan_block_];
      if (old_scan_ >= top) {
        if (last) break;
        old_scan_ = heap_.old_blocks_[++old_scan_block_];
        continue;
      }
      auto* o = std::bit_cast<Object*>(old_scan_);
      old_scan_ += 1 + payload_words(o);
      scan_and_remember<kMajor>(o);
      progress = true;
    }
    while (!large_pending_.empty()) {
      Object* o = large_pending_.back();
      large_pending_.pop_back();
      if (!kMajor && o->kind() == Kind::kRow) {
        scan_elements(o);
      } else {
        scan_and_remember<kMajor>(o);
      }
      progress = true;
    }
    if (!progress) return;
  }
}

template <bool kMajor>
bool Collector::scan(Object* object) {
  Word* first = object->payload;
  Word* last = first;
  switch (object->kind()) {
    case Kind::kBig:
    case Kind::kBar:
    case Kind::kBlackhole:
    case Kind::kSpent: return false;
    case Kind::kRow: last = first + object->length(); break;
    case Kind::kClosure: last = first + 1 + object->closure_args(); break;
    case Kind::kThunk: last = first + object->thunk_words(); break;
    case Kind::kIndirection:
    case Kind::kCrash:
    case Kind::kSelector:
    case Kind::kSet:
    case Kind::kCow: last = first + 1; break;
    case Kind::kTab: last = first + 2; break;
    case Kind::kPin:
    case Kind::kLaw: PLAN_UNREACHABLE();
  }
  return scan_words<kMajor>(first, last);
}

template <bool kMajor>
bool Collector::scan_words(Word* first, Word* last) {
  bool saw_young = false;
  for (Word* p = first; p < last; ++p) {
    if ((*p & 1) == 0) continue;
    evacuate<kMajor>(*p);
    if (!kMajor && (*p & 1) != 0 &&
        heap_.is_small_young(std::bit_cast<void*>(*p & ~kTagMask))) {
      saw_young = true;
    }
  }
  return saw_young;
}

/// A large row: what stays young in it is remembered one by one, for it may be under construction
/// for many collections (Heap::remember_element).
void Collector::scan_elements(Object* row) {
  for (uint64_t i = 0; i < row->length(); ++i) scan_element(&row->payload[i]);
}

void Collector::scan_element(Word* element) {
  if (scan_words<false>(element, element + 1)) heap_.remembered_elements_.push_back(element);
}

void Collector::mark_region(Region* region) {
  if (region->marked) return;
  region->marked = true;
  region_pending_.push_back(region);
}

void Collector::mark_pinned(Object* object) {
  if (object->kind() == Kind::kPin) {
    mark_region(std::bit_cast<Region*>(object->payload[1]));
    return;
  }
  if (object->kind() == Kind::kLaw) {
    mark_region(std::bit_cast<Region*>(object->payload[3]));
    return;
  }
  const auto* address = std::bit_cast<const Word*>(object);
  const auto after = std::upper_bound(
      heap_.regions_.begin(), heap_.regions_.end(), address,
      [](const Word* a, const Region* r) { return a < r->base; });
  if (after == heap_.regions_.begin()) return;  // an immortal object
  Region* region = *(after - 1);
  if (address < region->base + region->bytes / sizeof(Word)) mark_region(region);
}

void Collector::drain_regions() {
  while (!region_pending_.empty()) {
    Region* region = region_pending_.back();
    region_pending_.pop_back();
    for (Region* ref : region->refs) mark_region(ref);
  }
}

void Collector::sweep_large(bool major) {
  size_t kept = 0;
  for (Object* o : heap_.large_objects_) {
    const bool candidate = major || (o->header & kFlagYoung) != 0;
    if (candidate && (o->header & kFlagMark) == 0) {
      heap_.large_.give(o, (1 + payload_words(o)) * sizeof(Word));
      continue;
    }
    o->header &= ~(kFlagMark | kFlagYoung);
    heap_.large_objects_[kept++] = o;
  }
  heap_.large_objects_.resize(kept);
}

void Collector::sweep_regions() {
  size_t kept = 0;
  for (Region* region : heap_.regions_) {
    if (region->marked) {
      region->marked = false;
      heap_.regions_[kept++] = region;
      continue;
    }
    if (observer_ != nullptr) observer_(observer_context_, region);
    if (heap_.config_.stress) {
      std::fill(region->base, region->base + region->bytes / sizeof(Word), kPoison);
    }
    heap_.pins_.give(region->base, region->bytes);
    delete region;
  }
  heap_.regions_.resize(kept);
}

/// See Note [Nursery size]. `copied`: bytes, by the collection that ends.
void Collector::resize_nursery(uint64_t copied) {
  uint64_t& size = heap_.nursery_bytes_;
  int32_t& trend = heap_.nursery_trend_;
  if (copied * kBusyShare > size) {
    trend = std::min(std::max(trend, 0) + 1, kBusyCollections);
  } else if (copied * kIdleShare < size) {
    trend = std::max(std::min(trend, 0) - 1, -kIdleCollections);
  } else {
    trend = 0;
  }
  if (trend >= kBusyCollections && size * 2 <= heap_.config_.nursery_bytes_max) {
    size *= 2;
    trend = 0;
  } else if (trend <= -kIdleCollections && size / 2 >= heap_.config_.nursery_bytes) {
    size /= 2;
    trend = 0;
    discard_memory(heap_.eden_start_ + size / sizeof(Word), size);
  }
}

void Collector::reset_eden() {
  heap_.statistics_.eden_bytes +=
      static_cast<uint64_t>(heap_.hp - heap_.eden_start_) * sizeof(Word);
  if (heap_.config_.stress) std::fill(heap_.eden_start_, heap_.hp, kPoison);
  // What one helper allocated beyond the nursery is not kept.
  const uint64_t keep = heap_.nursery_bytes_ * 2 / sizeof(Word);
  if (static_cast<uint64_t>(heap_.hp - heap_.eden_start_) > keep) {
    const auto used = static_cast<uint64_t>(heap_.hp - heap_.eden_start_);
    discard_memory(heap_.eden_start_ + keep, (used - keep) * sizeof(Word) / 4096 * 4096);
  }
  heap_.hp = heap_.eden_start_;
  heap_.hp_limit = heap_.eden_limit();
  heap_.large_young_bytes_ = 0;
}

void Collector::poison_dead_words() {
  if (!heap_.config_.stress || heap_.stack == nullptr) return;
  heap_.stack->walk(false, [](Info* info, Word* frame) {
    if (info->frame_words == 0) return;
    for (uint32_t i = 1; i < info->frame_words; ++i) {
      if (!frame_word_live(*info, i) && (frame[i] & 1) != 0) frame[i] = kPoison;
    }
  });
}

}  // namespace plan::gc
