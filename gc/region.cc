// gc/region.cc: copies normal forms into pin space.
//
// Two passes over the graph below the item: the first numbers every object that will be copied
// (sharing preserved, indirections skipped), the second writes them. The source is only read, so
// nothing needs mending if the caller gives up in between.
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
constexpr size_t kUsualObjects = 64;
constexpr size_t kUsualReferences = 32;
constexpr size_t kUsualPointers = 128;

/// For an offset: the object stays outside.
constexpr uint64_t kOutside = ~uint64_t{0};
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
  uint64_t head_words;  ///< of the top object
  Region* region = new Region;
  OffsetMap offsets;
  std::vector<Object*> order;
  std::vector<uint64_t> targets;  ///< offset of what each pointer leads to, as they are met
  std::vector<Region*> references;
  uint64_t next_word;

  RegionBuilder(Heap& heap_, bool for_pin_, uint64_t head_words_)
      : heap(heap_), for_pin(for_pin_), head_words(head_words_), next_word(head_words_) {
    order.reserve(kUsualObjects);
    targets.reserve(kUsualPointers);
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

  /// The offset of the object that the pointer `v` leads to.
  uint64_t discover_object(Value v) {
    if (is_external(v)) {
      add_reference(v);
      return kOutside;
    }
    Object* o = v.object();
    bool fresh = false;
    uint64_t* offset = offsets.find_or_add(o, fresh);
    if (!fresh) return *offset;
    PLAN_ASSERT(tag_of(o->kind()) != kTagThunk);
    *offset = next_word;
    next_word += 1 + payload_words(o);
    order.push_back(o);
    return *offset;
  }

  void discover(Value v) {
    if (v.is_pointer()) discover_object(v);
  }

  /// Number of leading payload words of `o` that are values.
  static uint64_t value_words(const Object* o) {
    switch (o->kind()) {
      case Kind::kRow: return o->length();
      case Kind::kClosure: return 1 + o->closure_args();
      case Kind::kTab: return 2;
      case Kind::kSet:
      case Kind::kCow: return 1;
      case Kind::kLaw: return 3;
      default: return 0;
    }
  }

  void discover_all(Value item) {
    discover(deref(item));
    for (size_t i = 0; i < order.size(); ++i) {
      const Object* o = order[i];
      const uint64_t n = value_words(o);
      for (uint64_t k = 0; k < n; ++k) {
        const Value v = deref(o->field(k));
        if (v.is_pointer()) targets.push_back(discover_object(v));
      }
    }
  }

  Value translate(Value v) {
    if (!v.is_pointer() || is_external(v)) return v;
    bool fresh = false;
    const uint64_t offset = *offsets.find_or_add(v.object(), fresh);
    PLAN_ASSERT(!fresh);
    return placed(v, offset);
  }

  /// The pointer `v`, leading to the copy of its object.
  Value placed(Value v, uint64_t offset) const {
    if (offset == kOutside) return v;
    return Value{std::bit_cast<Word>(region->base + offset) | (v.word & kTagMask)};
  }

  void write_all(ExtentAllocator& space) {
    region->bytes = next_word * sizeof(Word);
    region->base = static_cast<Word*>(space.take(region->bytes));
    region->refs.assign(references.begin(), references.end());
    Word* next = region->base + head_words;
    const uint64_t* target = targets.data();
    for (const Object* o : order) {
      auto* to = std::bit_cast<Object*>(next);
      to->header = (o->header & ~(kFlagYoung | kFlagMark | kFlagRemembered)) | kFlagNormal;
      const uint64_t values = value_words(o);
      const uint64_t words = payload_words(o);
      for (uint64_t k = 0; k < values; ++k) {
        const Value v = deref(o->field(k));
        to->init(k, v.is_pointer() ? placed(v, *target++) : v);
      }
      std::memcpy(to->payload + values, o->payload + values, (words - values) * sizeof(Word));
      if (o->kind() == Kind::kLaw) {
        to->set_info_index(0);
        to->payload[3] = std::bit_cast<Word>(region);
      }
      next += 1 + words;
    }
  }
};

Value make_pin(Heap& heap, Value item) {
  RegionBuilder builder(heap, true, 3);
  builder.discover_all(item);
  builder.write_all(heap.pins_);
  Region* region = builder.region;
  auto* pin = std::bit_cast<Object*>(region->base);
  pin->header = make_header(Kind::kPin, 0) | kFlagNormal;
  pin->init(0, builder.translate(deref(item)));
  pin->payload[1] = std::bit_cast<Word>(region);
  region->top = tagged(pin, kTagFunction);
  heap.regions_.push_back(region);
  return region->top;
}

Value make_law_object(Heap& heap, Value name, Value args, Value body) {
  RegionBuilder builder(heap, false, 5);
  builder.discover_all(body);
  builder.discover(name);
  builder.discover(args);
  builder.write_all(heap.pins_);
  Region* region = builder.region;
  auto* law = std::bit_cast<Object*>(region->base);
  law->header = make_header(Kind::kLaw, 0) | kFlagNormal;
  law->init(0, builder.translate(name));
  law->init(1, builder.translate(args));
  law->init(2, builder.translate(deref(body)));
  law->payload[3] = std::bit_cast<Word>(region);
  region->top = tagged(law, kTagFunction);
  heap.regions_.push_back(region);
  return region->top;
}

}  // namespace plan::gc
