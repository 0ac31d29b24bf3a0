// gc/image.cc: regions to bytes and back.
//
//   image  : regions, each after those it refers to; the last is the pin that was saved
//   region : head, numbers of its refs (32 bits each, padded to whole words), words
//   word   : an even one stands for itself; a pointer is (offset << 4 | tag) inside the region, in
//            words, or (number of the region << 4 | 8 | tag) to the top of another
#include "gc/image.h"

#include "gc/region.h"
#include "value/object.h"

#include <cstring>

namespace plan::gc {

namespace {

struct RegionHead {
  uint64_t words = 0;
  uint32_t refs = 0;
  uint8_t is_law = 0;
  uint8_t has_hash = 0;
  uint16_t unused = 0;
  Hash hash{};
};
static_assert(sizeof(RegionHead) == 48);

constexpr Word kExternal = 8;
constexpr unsigned kOffsetShift = 4;
constexpr uint64_t kRegionWordsMax = uint64_t{1} << 40;

/// Leading payload words of `o` that are values.
uint64_t value_words(const Object* o) {
  switch (o->kind()) {
    case Kind::kRow:
      return o->length();
    case Kind::kClosure:
      return 1 + o->closure_args();
    case Kind::kTab:
      return 2;
    case Kind::kLaw:
      return 3;
    case Kind::kSet:
    case Kind::kCow:
    case Kind::kPin:
      return 1;
    default:
      return 0;
  }
}

bool is_region_kind(Kind kind) {
  switch (kind) {
    case Kind::kPin:
    case Kind::kLaw:
    case Kind::kClosure:
    case Kind::kBig:
    case Kind::kRow:
    case Kind::kTab:
    case Kind::kSet:
    case Kind::kBar:
    case Kind::kCow:
      return true;
    default:
      return false;
  }
}

Region* region_of(Value top) {
  return is_pin(top) ? pin_region(top) : law_region(top);
}

Error damaged(const char* what) {
  return Error{"IMAGE", std::string("damaged image: ") + what};
}

class Writer {
 public:
  explicit Writer(std::vector<uint8_t>& bytes) : bytes_(bytes) {}

  void write_region(const Region& region, bool has_hash) {
    RegionHead head;
    head.words = region.bytes / sizeof(Word);
    head.refs = static_cast<uint32_t>(region.refs.size());
    head.is_law = is_law(region.top);
    head.has_hash = has_hash;
    if (has_hash) head.hash = region.hash;
    append(&head, sizeof(head));
    for (const Region* ref : region.refs) append(&ref->number, sizeof(ref->number));
    bytes_.resize((bytes_.size() + 7) & ~size_t{7});
    const size_t start = bytes_.size();
    append(region.base, region.bytes);
    auto* const words = reinterpret_cast<Word*>(bytes_.data() + start);
    for (uint64_t at = 0; at < head.words;) {
      auto* const o = reinterpret_cast<Object*>(words + at);
      const uint64_t values = value_words(o);
      for (uint64_t i = 0; i < values; ++i) o->payload[i] = encode(region, o->payload[i]);
      if (o->kind() == Kind::kLaw) {
        o->set_info_index(0);
        o->payload[3] = 0;
      } else if (o->kind() == Kind::kPin) {
        o->set_info_index(0);
        o->payload[1] = 0;
      }
      at += 1 + payload_words(o);
    }
  }

 private:
  void append(const void* data, size_t size) {
    const auto* first = static_cast<const uint8_t*>(data);
    bytes_.insert(bytes_.end(), first, first + size);
  }

  Word encode(const Region& region, Word word) const {
    const Value v{word};
    if (!v.is_pointer()) return word;
    const auto* to = reinterpret_cast<const Word*>(v.object());
    const Word tag = word & kTagMask;
    if (to >= region.base && to < region.base + region.bytes / sizeof(Word)) {
      return static_cast<Word>(to - region.base) << kOffsetShift | tag;
    }
    return Word{region_of(v)->number} << kOffsetShift | kExternal | tag;
  }

  std::vector<uint8_t>& bytes_;
};

}  // namespace

/// Reads one image. Everything is checked that could lead outside of the bytes or of a region.
struct ImageReader {
  Heap& heap;
  const RootList& tops;
  std::span<const uint8_t> bytes;

  bool take(void* to, size_t size) {
    if (size > bytes.size()) return false;
    std::memcpy(to, bytes.data(), size);
    bytes = bytes.subspan(size);
    return true;
  }

  /// The head of the next region, or null.
  Region* read_region(const char*& why) {
    RegionHead head;
    if (!take(&head, sizeof(head))) return why = "a head is cut", nullptr;
    const uint64_t ref_bytes = (uint64_t{head.refs} * 4 + 7) & ~uint64_t{7};
    if (head.words == 0 || head.words > kRegionWordsMax || ref_bytes > bytes.size() ||
        head.words * sizeof(Word) > bytes.size() - ref_bytes) {
      return why = "a region is cut", nullptr;
    }
    auto* const region = new Region;
    region->has_hash = head.has_hash != 0;
    region->hash = head.hash;
    region->bytes = head.words * sizeof(Word);
    const std::span<const uint8_t> refs = bytes.first(uint64_t{head.refs} * 4);
    bytes = bytes.subspan(ref_bytes);
    region->base = static_cast<Word*>(heap.pins_.take(region->bytes));
    take(region->base, region->bytes);
    heap.regions_.push_back(region);
    region->top = tagged(reinterpret_cast<Object*>(region->base), kTagFunction);
    if (!read_refs(*region, refs)) return why = "a reference leads ahead", nullptr;
    if (!link(*region, head.is_law != 0)) return why = "a word is no value", nullptr;
    return region;
  }

  bool read_refs(Region& region, std::span<const uint8_t> numbers) {
    region.refs.reserve(numbers.size() / 4);
    for (size_t i = 0; i < numbers.size(); i += 4) {
      uint32_t number = 0;
      std::memcpy(&number, numbers.data() + i, sizeof(number));
      if (number >= tops.values.size()) return false;
      region.refs.push_back(region_of(tops.values[number]));
    }
    return true;
  }

  bool link(Region& region, bool is_law_region) {
    const uint64_t words = region.bytes / sizeof(Word);
    for (uint64_t at = 0; at < words;) {
      auto* const o = reinterpret_cast<Object*>(region.base + at);
      if (!is_region_kind(o->kind())) return false;
      const uint64_t size = 1 + payload_words(o);
      if (size > words - at) return false;
      const uint64_t values = value_words(o);
      for (uint64_t i = 0; i < values; ++i) {
        if (!decode(region, o->payload[i])) return false;
      }
      if (o->kind() == Kind::kLaw) o->payload[3] = std::bit_cast<Word>(&region);
      if (o->kind() == Kind::kPin) o->payload[1] = std::bit_cast<Word>(&region);
      if (at == 0 && o->kind() != (is_law_region ? Kind::kLaw : Kind::kPin)) return false;
      at += size;
    }
    return true;
  }

  bool decode(const Region& region, Word& word) const {
    if (!Value{word}.is_pointer()) return true;
    const uint64_t number = word >> kOffsetShift;
    if ((word & kExternal) != 0) {
      if (number >= tops.values.size()) return false;
      word = tops.values[number].word;
      return true;
    }
    if (number >= region.bytes / sizeof(Word)) return false;
    word = std::bit_cast<Word>(region.base + number) | (word & kTagMask);
    return true;
  }
};

void NewImage::write(std::vector<uint8_t>& bytes) const {
  PLAN_ASSERT(bytes.size() % sizeof(Word) == 0);
  Writer writer(bytes);
  for (const Part& part : parts_) writer.write_region(*part.region, part.has_hash);
}

bool ImageChain::has(const Region& region) const {
  return region.number < tops_.values.size() && tops_.values[region.number] == region.top;
}

void ImageChain::number(Region& region) {
  PLAN_CHECK(tops_.values.size() < UINT32_MAX);
  region.number = static_cast<uint32_t>(tops_.values.size());
  tops_.values.push_back(region.top);
}

NewImage ImageChain::add(Value pin) {
  struct Frame {
    Region* region;
    size_t next;
  };
  NewImage image;
  // Depth first: a region is written when all it refers to has been.
  std::vector<Frame> frames{{pin_region(pin), 0}};
  while (!frames.empty()) {
    Frame& frame = frames.back();
    if (frame.next < frame.region->refs.size()) {
      Region* const ref = frame.region->refs[frame.next++];
      if (!has(*ref)) frames.push_back({ref, 0});
      continue;
    }
    Region* const region = frame.region;
    frames.pop_back();
    if (has(*region)) continue;
    number(*region);
    image.parts_.push_back({region, region->has_hash});
    image.size_bytes_ += sizeof(RegionHead) + region->bytes + 4 * region->refs.size();
  }
  return image;
}

Result<Value> ImageChain::load(std::span<const uint8_t> bytes) {
  if (!heap_.fits(bytes.size())) return Error{"IMAGE", "the heap has no room for the image"};
  ImageReader reader{heap_, tops_, bytes};
  Value last;
  while (!reader.bytes.empty()) {
    const char* why = nullptr;
    Region* const region = reader.read_region(why);
    if (region == nullptr) return damaged(why);
    last = region->top;
    number(*region);
  }
  if (!last.is_pointer() || !is_pin(last)) return damaged("it does not end in a pin");
  return last;
}

}  // namespace plan::gc
