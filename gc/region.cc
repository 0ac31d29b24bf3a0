// gc/region.cc: copies normal forms into pin space.
//
// A scan as Cheney's, from the heap to the part of pin space never used, with a table instead of
// forwarding pointers: the source is only read, so others may look at it, and nothing needs mending
// if the caller gives up in between. Where a freed region was of the same size class, the finished
// one moves there.
#include "gc/region.h"

#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <vector>

#include "base/check.h"
#include "gc/make.h"

namespace plan::gc {

namespace {
constexpr size_t kUsualReferences = 32;

/// Number of leading payload words of `o` that are values.
uint64_t value_words(const Object* o) {
  switch (o->kind()) {
    case Kind::kRow: return o->length();
    case Kind::kClosure: return 1 + o->closure_args();
    case Kind::kTab: return 2;
    case Kind::kSet:
    case Kind::kCow:
    case Kind::kPin: return 1;
    case Kind::kLaw: return 3;
    default: return 0;
  }
}
}  // namespace

/// Maps objects to their offset (words) in the region under construction. Most regions are small,
/// and so is the table then.
class OffsetMap {
 public:
  /// The slot of `key`; fresh if it had none.
  uint64_t* find_or_add(const Object* key, bool& fresh) {
    if ((count_ + 1) * 4 > slots_.size() * 3) grow();
    size_t i = index(key);
    while (slots_[i].key != nullptr && slots_[i].key != key) i = (i + 1) & (slots_.size() - 1);
    fresh = slots_[i].key == nullptr;
    if (fresh) {
      slots_[i].key = key;
      ++count_;
    }
    return &slots_[i].offset;
  }

 private:
  struct Slot {
    const Object* key = nullptr;
    uint64_t offset = 0;
  };
  size_t index(const Object* key) const {
    const uint64_t h = (std::bit_cast<uint64_t>(key) >> 3) * 0x9e3779b97f4a7c15u;
    return static_cast<size_t>(h >> 20) & (slots_.size() - 1);
  }
  void grow() {
    std::vector<Slot> larger(slots_.size() * 4);
    const std::span<Slot> old = slots_;
    slots_ = larger;
    for (const Slot& s : old) {
      if (s.key == nullptr) continue;
      size_t i = index(s.key);
      while (slots_[i].key != nullptr) i = (i + 1) & (slots_.size() - 1);
      slots_[i] = s;
    }
    large_.swap(larger);
  }
  std::array<Slot, 64> small_{};
  std::vector<Slot> large_;
  std::span<Slot> slots_ = small_;
  size_t count_ = 0;
};

struct RegionBuilder {
  Heap& heap;
  bool for_pin;
  Region* region = new Region;
  OffsetMap offsets;
  std::vector<Region*> references;
  Word* base;
  Word* scanned;  ///< what is below is done; above, a payload begins with where it comes from
  Word* top;

  RegionBuilder(Heap& heap_, bool for_pin_, uint64_t head_words)
      : heap(heap_),
        for_pin(for_pin_),
        base(static_cast<Word*>(heap_.pins_.frontier())),
        scanned(base + head_words),
        top(scanned) {
    references.reserve(kUsualReferences);
  }

  /// Whether `v` stays outside: pins always; a law that heads its own region only when the region
  /// under construction is a law's.
  bool is_external(Value v) const {
    if (is_pin(v)) return true;
    return !for_pin && is_law(v) && law_region(v)->top == v;
  }

  /// `v` is external, and so it is the top of its region.
  void add_reference(Value v) {
    bool fresh = false;
    offsets.find_or_add(v.object(), fresh);
    if (fresh) references.push_back(is_pin(v) ? pin_region(v) : law_region(v));
  }

  /// `v` as it is in the region; what it leads to has its place there.
  Value place(Value v) {
    v = deref(v);
    if (!v.is_pointer()) return v;
    if (is_external(v)) {
      add_reference(v);
      return v;
    }
    const Object* o = v.object();
    bool fresh = false;
    uint64_t* offset = offsets.find_or_add(o, fresh);
    if (fresh) {
      PLAN_ASSERT(tag_of(o->kind()) != kTagThunk);
      *offset = static_cast<uint64_t>(top - base);
      auto* to = std::bit_cast<Object*>(top);
      to->header = (o->header & ~(kFlagYoung | kFlagMark | kFlagRemembered)) | kFlagNormal;
      to->payload[0] = std::bit_cast<Word>(o);
      top += 1 + payload_words(o);
    }
    return Value{std::bit_cast<Word>(base + *offset) | (v.word & kTagMask)};
  }

  /// Fills everything that has a place, and what that leads to.
  void scan() {
    while (scanned != top) {
      auto* to = std::bit_cast<Object*>(scanned);
      const auto* from = std::bit_cast<const Object*>(to->payload[0]);
      const uint64_t values = value_words(from);
      const uint64_t words = payload_words(from);
      for (uint64_t k = 0; k < values; ++k) to->init(k, place(from->field(k)));
      if (words != values) {
        std::memcpy(to->payload + values, from->payload + values, (words - values) * sizeof(Word));
      }
      if (to->kind() == Kind::kLaw) {
        to->set_info_index(0);
        to->payload[3] = std::bit_cast<Word>(region);
      }
      scanned += 1 + words;
    }
  }

  /// The whole is complete, with its head, which is of this kind.
  Value finish(Kind head) {
    std::bit_cast<Object*>(base)->header = make_header(head, 0) | kFlagNormal;
    region->bytes = static_cast<uint64_t>(top - base) * sizeof(Word);
    region->base = static_cast<Word*>(heap.pins_.take(region->bytes));
    if (region->base != base) move();
    region->refs.assign(references.begin(), references.end());
    region->top = tagged(std::bit_cast<Object*>(region->base), kTagFunction);
    heap.regions_.push_back(region);
    return region->top;
  }

  /// From where it was made to where it stays.
  void move() {
    std::memcpy(region->base, base, region->bytes);
    const uint64_t from = std::bit_cast<uint64_t>(base);
    const uint64_t distance = std::bit_cast<uint64_t>(region->base) - from;
    const Word* end = region->base + region->bytes / sizeof(Word);
    for (Word* at = region->base; at != end;) {
      auto* o = std::bit_cast<Object*>(at);
      const uint64_t values = value_words(o);
      for (uint64_t k = 0; k < values; ++k) {
        const Value v = o->field(k);
        if (v.is_pointer() && v.word - from < region->bytes) o->payload[k] += distance;
      }
      at += 1 + payload_words(o);
    }
  }
};

Value make_pin(Heap& heap, Value item) {
  RegionBuilder builder(heap, true, 3);
  auto* pin = std::bit_cast<Object*>(builder.base);
  const Value inside = builder.place(item);
  builder.scan();
  pin->init(0, inside);
  pin->payload[1] = std::bit_cast<Word>(builder.region);
  return builder.finish(Kind::kPin);
}

Value make_law_object(Heap& heap, Value name, Value args, Value body) {
  RegionBuilder builder(heap, false, 5);
  auto* law = std::bit_cast<Object*>(builder.base);
  const Value inside = builder.place(body);
  builder.scan();
  law->init(0, builder.place(name));
  law->init(1, builder.place(args));
  builder.scan();
  law->init(2, inside);
  law->payload[3] = std::bit_cast<Word>(builder.region);
  return builder.finish(Kind::kLaw);
}

}  // namespace plan::gc
