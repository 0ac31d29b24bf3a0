// gc/seed_load.cc: reading seeds, germs and pin heads.
#include "gc/build.h"
#include "gc/make.h"
#include "gc/seed.h"
#include "value/object.h"

#include <bit>
#include <cstring>
#include <string>

namespace plan::gc {

namespace {

constexpr uint64_t kWordBytes = 8;
constexpr uint64_t kHeaderWords = 5;

Error end_of_input(const char* section) {
  return {"EOF", std::string("seed: the input ends within its ") + section};
}

/// Reads bits, least significant first, of `bytes`.
class BitReader {
 public:
  explicit BitReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  uint64_t bits_left() const { return bytes_.size() * 8 - next_; }
  /// The next `count` <= 57 bits, which must be there.
  uint64_t take(unsigned count) {
    PLAN_ASSERT(count <= bits_left());
    if (count == 0) return 0;
    const uint64_t bits = peek() & ((uint64_t{1} << count) - 1);
    next_ += count;
    return bits;
  }
  /// Consumes a run of ones and the zero behind it; the number of ones. False at the end of input.
  bool take_ones(uint64_t& ones) {
    ones = 0;
    while (bits_left() > 0) {
      const auto run = static_cast<unsigned>(std::countr_one(peek()));
      if (run < window_bits()) {
        ones += run;
        next_ += run + 1;
        return true;
      }
      ones += window_bits();
      next_ += window_bits();
    }
    return false;
  }

 private:
  /// How many of the bits of peek() are input.
  unsigned window_bits() const {
    const uint64_t in_window = 64 - next_ % 8;
    return static_cast<unsigned>(in_window < bits_left() ? in_window : bits_left());
  }
  uint64_t peek() const {
    const uint64_t at = next_ / 8;
    const uint64_t left = bytes_.size() - at;
    uint64_t window = 0;
    std::memcpy(&window, bytes_.data() + at, left < kWordBytes ? left : kWordBytes);
    return window >> (next_ % 8);
  }

  std::span<const uint8_t> bytes_;
  uint64_t next_ = 0;
};

/// Numbers and places of the sections, all checked against the size of the input.
struct Sections {
  uint64_t fragments = 0;
  std::span<const uint8_t> big_widths;
  std::span<const uint8_t> bigs;
  std::span<const uint8_t> words;
  std::span<const uint8_t> bytes;
  std::span<const uint8_t> trees;
};

uint64_t word_at(std::span<const uint8_t> bytes, uint64_t index) {
  uint64_t word = 0;
  std::memcpy(&word, bytes.data() + index * kWordBytes, kWordBytes);
  return word;
}

Result<Sections> split(std::span<const uint8_t> input, uint64_t holes) {
  if (input.size() % kWordBytes != 0) {
    return Error{"INPUT_NOT_WORD64_PADDED", "seed: " + std::to_string(input.size()) +
                                                " bytes are not a whole number of words"};
  }
  if (input.size() < kHeaderWords * kWordBytes) return end_of_input("header");
  if (word_at(input, 0) != holes) {
    return Error{"GERM_BAD_HOLE_COUNT", "seed: passed " + std::to_string(holes) +
                                            " pins, required " + std::to_string(word_at(input, 0))};
  }
  const uint64_t bigs = word_at(input, 1);
  const uint64_t words = word_at(input, 2);
  const uint64_t bytes = word_at(input, 3);
  Sections s;
  s.fragments = word_at(input, 4);
  if (holes == 0 && bigs == 0 && words == 0 && bytes == 0) {
    if (s.fragments == 0) return Error{"EMPTY_INPUT", "seed: there is no value in it"};
    return Error{"JELLY_BAD_OFFSET", "seed: reference 0, but there are no leaves"};
  }

  std::span<const uint8_t> rest = input.subspan(kHeaderWords * kWordBytes);
  const auto cut_words = [&rest](uint64_t count, std::span<const uint8_t>& section) {
    if (count > rest.size() / kWordBytes) return false;
    section = rest.first(count * kWordBytes);
    rest = rest.subspan(count * kWordBytes);
    return true;
  };
  if (!cut_words(bigs, s.big_widths)) return end_of_input("bignat widths");
  uint64_t limbs = 0;
  for (uint64_t i = 0; i < bigs; i++) {
    const uint64_t width = word_at(s.big_widths, i);
    if (width == 0) return Error{"BAD_WIDTH", "seed: a bignat without limbs"};
    if (width > rest.size() / kWordBytes - limbs) return end_of_input("bignat data");
    limbs += width;
  }
  if (!cut_words(limbs, s.bigs)) return end_of_input("bignat data");
  if (!cut_words(words, s.words)) return end_of_input("words");
  if (bytes > rest.size()) return end_of_input("bytes");
  s.bytes = rest.first(bytes);
  s.trees = rest.subspan(bytes);
  // A fragment is two trees of at least a bit each.
  if (s.fragments > s.trees.size() * 8 / 2) return end_of_input("trees");
  return s;
}

class Loader {
 public:
  Loader(Heap& heap, const Sections& sections)
      : heap_(heap), sections_(sections), bits_(sections.trees) {}

  Result<Value> run(std::span<const Value> holes) {
    load_leaves(holes);
    for (uint64_t i = 0; i < sections_.fragments; i++) {
      PLAN_TRY(const Value v, load_fragment());
      table_.push_back(v);
    }
    return table_.back();
  }

 private:
  /// A spine whose head and first arguments are on `values_`, from `base`.
  struct Frame {
    uint64_t base;
    uint64_t args;
  };

  void load_leaves(std::span<const Value> holes) {
    const uint64_t bigs = sections_.big_widths.size() / kWordBytes;
    const uint64_t words = sections_.words.size() / kWordBytes;
    table_.reserve(holes.size() + bigs + words + sections_.bytes.size() + sections_.fragments);
    table_.assign(holes.begin(), holes.end());
    uint64_t offset = 0;
    std::vector<uint64_t> limbs;
    for (uint64_t i = 0; i < bigs; i++) {
      limbs.resize(word_at(sections_.big_widths, i));
      std::memcpy(limbs.data(), sections_.bigs.data() + offset, limbs.size() * kWordBytes);
      offset += limbs.size() * kWordBytes;
      table_.push_back(make_nat(heap_, limbs));
    }
    for (uint64_t i = 0; i < words; i++) {
      table_.push_back(make_nat(heap_, word_at(sections_.words, i)));
    }
    for (const uint8_t byte : sections_.bytes) table_.push_back(small_nat(byte));
  }

  /// Ones open a spine with as many arguments; a zero and a reference is its head, or a value that
  /// stands alone. The outermost one of a fragment is not written.
  Result<Value> load_fragment() {
    const auto width = static_cast<unsigned>(std::bit_width(table_.size() - 1));
    values_.clear();
    frames_.clear();
    bool is_root = true;
    while (true) {
      uint64_t ones = 0;
      if (!bits_.take_ones(ones) || bits_.bits_left() < width) return end_of_input("trees");
      const uint64_t index = bits_.take(width);
      if (index >= table_.size()) {
        return Error{"JELLY_BAD_OFFSET", "seed: reference " + std::to_string(index) +
                                             ", but the table has " +
                                             std::to_string(table_.size()) + " entries"};
      }
      if (is_root) ones++;
      is_root = false;
      // Every argument takes a bit, so a spine that cannot be finished is found at once.
      if (ones > bits_.bits_left()) return end_of_input("trees");
      if (ones > 0) frames_.push_back({values_.size(), ones});
      values_.push_back(table_[index]);
      while (values_.size() == frames_.back().base + 1 + frames_.back().args) {
        const uint64_t base = frames_.back().base;
        const std::span<const Value> args = std::span(values_).subspan(base + 1);
        PLAN_TRY(const Value built, build_application(heap_, values_[base], args));
        frames_.pop_back();
        values_.resize(base);
        if (frames_.empty()) return built;
        values_.push_back(built);
      }
    }
  }

  Heap& heap_;
  const Sections& sections_;
  BitReader bits_;
  std::vector<Value> table_;
  std::vector<Value> values_;
  std::vector<Frame> frames_;
};

}  // namespace

Result<Value> load_germ(Heap& heap, std::span<const Value> holes, std::span<const uint8_t> bytes) {
  PLAN_TRY(const Sections sections, split(bytes, holes.size()));
  return Loader(heap, sections).run(holes);
}

Result<Value> load_seed(Heap& heap, std::span<const uint8_t> bytes) {
  return load_germ(heap, {}, bytes);
}

Result<std::vector<Hash256>> load_head(std::span<const uint8_t> bytes) {
  if (bytes.size() < head_bytes(0)) {
    return Error{"HEAD_TOO_SMALL_NO_LENGTH",
                 "pin head: " + std::to_string(bytes.size()) + " bytes have no length"};
  }
  const uint64_t count = word_at(bytes, 0);
  if (count > (bytes.size() - head_bytes(0)) / sizeof(Hash256)) {
    return Error{"HEAD_TOO_SMALL", "pin head: " + std::to_string(bytes.size()) +
                                       " bytes are too few for " + std::to_string(count) +
                                       " hashes"};
  }
  std::vector<Hash256> hashes(count);
  if (count != 0) std::memcpy(hashes.data(), bytes.data() + head_bytes(0), count * 32);
  return hashes;
}

}  // namespace plan::gc
