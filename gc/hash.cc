// gc/hash.cc: streaming a normal form into BLAKE3.
#include "gc/hash.h"

#include "gc/parts.h"
#include "gc/region.h"
#include "gc/word_map.h"
#include "value/object.h"

#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace plan::gc {

namespace {

// First byte of each serialised value (spec/pin-hash.md section 1).
enum Tag : uint8_t {
  kTagPin = 0,
  kTagLaw = 1,
  kTagClosure = 2,
  kTagNat = 3,
  kTagBar = 4,
  kTagCow = 5,
  kTagRow = 6,
  kTagSet = 7,
  kTagTab = 8,
};

constexpr uint64_t kPollNodes = uint64_t{1} << 16;

uint64_t add_saturating(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

uint64_t nat_limb_count(Value nat) {
  uint64_t scratch = 0;
  return nat_limbs(nat, scratch).size();
}

/// Bytes a value contributes itself, without its parts.
uint64_t own_bytes(Value v) {
  if (v.is_nat()) return 9 + 8 * nat_limb_count(v);
  switch (v.object()->kind()) {
    case Kind::kPin:
      return 33;
    case Kind::kLaw:
      return 17 + 8 * (nat_limb_count(law_name(v)) + nat_limb_count(law_args(v)));
    case Kind::kBar:
      return 9 + v.object()->length();
    case Kind::kCow:
      return 9 + 8 * nat_limb_count(cow_size(v));
    default:
      return 9;
  }
}

/// Length of a serialisation.
struct Extent {
  uint64_t bytes = 0;
  uint64_t nodes = 0;
  void add(const Extent& e) {
    bytes = add_saturating(bytes, e.bytes);
    nodes = add_saturating(nodes, e.nodes);
  }
};

/// Measures `top` on the shared graph: each object once.
Extent measure(Value top) {
  struct Frame {
    Value value;
    Parts parts;
    uint64_t next = 0;
    Extent extent;
  };
  if (!has_parts(top)) return {own_bytes(top), 1};
  std::vector<Extent> known;
  WordMap index;  // object -> position in `known`
  std::vector<Frame> frames;
  frames.push_back({top, parts_of(top), 0, {own_bytes(top), 1}});
  while (true) {
    Frame& f = frames.back();
    if (f.next == f.parts.count()) {
      const Extent done = f.extent;
      index.insert(f.value.word, known.size());
      known.push_back(done);
      frames.pop_back();
      if (frames.empty()) return done;
      frames.back().extent.add(done);
      continue;
    }
    const Value part = f.parts.at(f.next++);
    PLAN_CHECK(part.is_whnf());
    if (!has_parts(part)) {
      f.extent.add({own_bytes(part), 1});
    } else if (const uint64_t* at = index.find(part.word)) {
      f.extent.add(known[*at]);
    } else {
      frames.push_back({part, parts_of(part), 0, {own_bytes(part), 1}});
    }
  }
}

/// Collects small pieces so that BLAKE3 sees long ones.
class StreamWriter {
 public:
  void byte(uint8_t b) {
    if (used_ == kBufferBytes) flush();
    buffer_[used_++] = b;
  }
  void word(uint64_t w) { bytes({reinterpret_cast<const uint8_t*>(&w), sizeof(w)}); }
  void nat(Value n) {
    uint64_t scratch = 0;
    const std::span<const uint64_t> limbs = nat_limbs(n, scratch);
    word(limbs.size());
    bytes({reinterpret_cast<const uint8_t*>(limbs.data()), limbs.size_bytes()});
  }
  void bytes(std::span<const uint8_t> b) {
    if (b.size() > kBufferBytes - used_) {
      flush();
      if (b.size() > kBufferBytes) {
        total_ += b.size();
        hasher_.update(b);
        return;
      }
    }
    std::memcpy(buffer_ + used_, b.data(), b.size());
    used_ += b.size();
  }
  uint64_t total_bytes() const { return total_ + used_; }
  Hash256 finish() {
    flush();
    return hasher_.finish();
  }

 private:
  static constexpr uint64_t kBufferBytes = 16384;
  static_assert(std::endian::native == std::endian::little);

  void flush() {
    total_ += used_;
    hasher_.update({buffer_, used_});
    used_ = 0;
  }

  Blake3 hasher_;
  uint64_t total_ = 0;
  uint64_t used_ = 0;
  uint8_t buffer_[kBufferBytes];
};

/// The hash of a pin's region, if it is known to the thread that asks.
const Hash256* known_hash(Region* region, const FoundHashes* found) {
  if (region->has_hash.load(std::memory_order_acquire)) return &region->hash;
  return found != nullptr ? found->find(region) : nullptr;
}

/// Writes what a value contributes itself. The hash of a pin must be known.
void write_own(StreamWriter& out, Value v, const FoundHashes* found) {
  if (v.is_nat()) {
    out.byte(kTagNat);
    return out.nat(v);
  }
  Object* const o = v.object();
  switch (o->kind()) {
    case Kind::kPin: {
      const Hash256* const hash = known_hash(pin_region(v), found);
      PLAN_CHECK(hash != nullptr);
      out.byte(kTagPin);
      return out.bytes(*hash);
    }
    case Kind::kLaw:
      out.byte(kTagLaw);
      out.nat(law_name(v));
      return out.nat(law_args(v));
    case Kind::kClosure:
      out.byte(kTagClosure);
      return out.word(o->closure_args());
    case Kind::kBar:
      out.byte(kTagBar);
      out.word(o->length());
      return out.bytes(bar_bytes(v));
    case Kind::kCow:
      out.byte(kTagCow);
      return out.nat(cow_size(v));
    case Kind::kRow:
      out.byte(kTagRow);
      return out.word(o->length());
    case Kind::kSet:
      out.byte(kTagSet);
      return out.word(row_size(set_keys(v)));
    case Kind::kTab:
      out.byte(kTagTab);
      return out.word(row_size(tab_keys(v)));
    default:
      PLAN_UNREACHABLE();
  }
}

Status hash_regions_below(Region* top, const InterruptFlag* interrupt, FoundHashes* found);

/// Serialises one value within limits.
class Streamer {
 public:
  Streamer(const InterruptFlag* interrupt, FoundHashes* found)
      : interrupt_(interrupt), found_(found) {}

  Result<Hash256> run(Value top) {
    PLAN_TRY_STATUS(write(top));
    while (!frames_.empty()) {
      Frame& f = frames_.back();
      const Value part = f.parts.at(f.next++);
      // A list is nested in last parts: without this its length would be the depth of the stack.
      if (f.next == f.parts.count()) frames_.pop_back();
      if (++nodes_ % kPollNodes == 0 || out_.total_bytes() > next_poll_bytes_) {
        PLAN_TRY_STATUS(poll(top));
      }
      PLAN_TRY_STATUS(write(part));
    }
    return out_.finish();
  }

 private:
  struct Frame {
    Parts parts;
    uint64_t next = 0;
  };

  Status write(Value v) {
    PLAN_CHECK(v.is_whnf());
    // At most one level of nesting: a pin's region lists all pins in it, so they come first.
    if (is_pin(v) && known_hash(pin_region(v), found_) == nullptr) {
      PLAN_TRY_STATUS(hash_regions_below(pin_region(v), interrupt_, found_));
    }
    write_own(out_, v, found_);
    if (has_parts(v)) {
      const Parts parts = parts_of(v);
      if (parts.count() != 0) frames_.push_back({parts, 0});
    }
    return Unit{};
  }

  Status poll(Value top) {
    next_poll_bytes_ = out_.total_bytes() + kHashUnmeasuredBytes;
    if (interrupt_ != nullptr && interrupt_->load(std::memory_order_relaxed)) {
      return Error{"HASH_INTERRUPTED", "hashing was interrupted"};
    }
    if (measured_ || out_.total_bytes() <= kHashUnmeasuredBytes) return Unit{};
    measured_ = true;
    const Extent extent = measure(top);
    if (extent.bytes <= kHashStreamBytesMax && extent.nodes <= kHashStreamNodesMax) return Unit{};
    return Error{"HASH_TOO_LARGE", "the serialisation of this value for hashing would have " +
                                       std::to_string(extent.nodes) + " nodes in " +
                                       std::to_string(extent.bytes) +
                                       " bytes: pin its shared parts"};
  }

  const InterruptFlag* interrupt_;
  FoundHashes* const found_;
  StreamWriter out_;
  std::vector<Frame> frames_;
  uint64_t nodes_ = 0;
  uint64_t next_poll_bytes_ = kHashUnmeasuredBytes;
  bool measured_ = false;
};

Result<Hash256> stream_hash(Value v, const InterruptFlag* interrupt, FoundHashes* found) {
  const auto streamer = std::make_unique<Streamer>(interrupt, found);
  return streamer->run(v);
}

void give_hash(Region* region, const Hash256& hash) {
  region->hash = hash;
  region->has_hash.store(true, std::memory_order_release);
}

/// Finds the hash of the pin that heads `top`, and of every pin below it, lower ones first.
Status hash_regions_below(Region* top, const InterruptFlag* interrupt, FoundHashes* found) {
  struct Frame {
    Region* region;
    uint64_t next = 0;
  };
  std::vector<Frame> frames{{top}};
  while (!frames.empty()) {
    Frame& f = frames.back();
    if (f.next < f.region->refs.size()) {
      Region* const ref = f.region->refs[f.next++];
      PLAN_CHECK(is_pin(ref->top));
      if (known_hash(ref, found) == nullptr) frames.push_back({ref});
      continue;
    }
    Region* const region = f.region;
    frames.pop_back();
    PLAN_TRY(const Hash256 hash, stream_hash(pin_item(region->top), interrupt, found));
    if (found != nullptr) {
      found->add(region, hash);
    } else {
      give_hash(region, hash);
    }
  }
  return Unit{};
}

}  // namespace

uint64_t hash_stream_bytes(Value v) {
  return measure(v).bytes;
}

Result<Hash256> plan_hash(Value v, const InterruptFlag* interrupt) {
  return stream_hash(v, interrupt, nullptr);
}

Result<const Hash256*> pin_hash(Value pin, const InterruptFlag* interrupt, FoundHashes* found) {
  Region* const region = pin_region(pin);
  if (const Hash256* const hash = known_hash(region, found)) return hash;
  PLAN_TRY_STATUS(hash_regions_below(region, interrupt, found));
  return known_hash(region, found);
}

const Hash256* FoundHashes::find(Region* region) const {
  const auto found = hashes_.find(region);
  return found == hashes_.end() ? nullptr : &found->second;
}

void FoundHashes::publish() {
  for (const auto& [region, hash] : hashes_) {
    if (!region->has_hash) give_hash(region, hash);
  }
  hashes_.clear();
}

}  // namespace plan::gc
