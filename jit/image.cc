// jit/image.cc: images as bytes, and images put in their place.
#include "jit/image.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "value/object.h"
#include "vm/results.h"

namespace plan::jit {

namespace {

/// Little-endian words of 32 bits; what is cut short reads as zero and is remembered.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  uint32_t word() {
    uint32_t n = 0;
    const std::span<const uint8_t> from = take(sizeof n);
    if (!from.empty()) std::memcpy(&n, from.data(), sizeof n);
    return n;
  }
  /// A count of things that take at least `bytes` each.
  uint32_t count(size_t bytes) {
    const uint32_t n = word();
    if (n > rest_.size() / bytes) ok_ = false;
    return ok_ ? n : 0;
  }
  std::span<const uint8_t> take(size_t n) {
    if (n > rest_.size()) ok_ = false;
    if (!ok_) return {};
    const std::span<const uint8_t> from = rest_.first(n);
    rest_ = rest_.subspan(n);
    return from;
  }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  std::span<const uint8_t> rest_;
  bool ok_ = true;
};

void write(std::vector<uint8_t>& to, uint32_t n) {
  const auto* from = reinterpret_cast<const uint8_t*>(&n);
  to.insert(to.end(), from, from + sizeof n);
}

bool is_good(const Slot& slot, const References& references) {
  switch (slot.kind) {
    case SlotKind::kConstant: return slot.number < references.constants.size();
    case SlotKind::kRecord: return slot.number < references.records.size();
    case SlotKind::kThunkHeader:
      return slot.number < references.records.size() && slot.words <= vm::kTierObjectWordsMax;
    case SlotKind::kRuntime: return slot.number < kRuntimeAddresses;
  }
  return false;
}

bool is_good(const Image& image, const References& references, size_t entries) {
  const size_t size = image.bytes.size();
  if (image.slots_offset % sizeof(Word) != 0 || image.slots_offset > size) return false;
  if (image.slots.size() > (size - image.slots_offset) / sizeof(Word)) return false;
  if (image.entries.size() != entries) return false;
  for (const Slot& slot : image.slots) {
    if (!is_good(slot, references)) return false;
  }
  const auto in_bytes = [&](uint32_t offset) { return offset < size || offset == kNoEntry; };
  if (!std::all_of(image.entries.begin(), image.entries.end(), in_bytes)) return false;
  return std::all_of(image.functions.begin(), image.functions.end(),
                     [&](const ImageFunction& f) { return f.offset < size; });
}

Word word_of(const Slot& slot, const References& references, const vm::TierRuntime& runtime) {
  switch (slot.kind) {
    case SlotKind::kConstant: return references.constants[slot.number].word;
    case SlotKind::kRecord: return reinterpret_cast<Word>(references.records[slot.number]);
    case SlotKind::kThunkHeader:
      return thunk_header(Kind::kThunk, slot.words, references.records[slot.number]->index);
    case SlotKind::kRuntime: return runtime_address(runtime, slot.number);
  }
  PLAN_UNREACHABLE();
}

}  // namespace

std::vector<uint8_t> encode_image(const Image& image) {
  std::vector<uint8_t> to;
  write(to, static_cast<uint32_t>(image.bytes.size()));
  to.insert(to.end(), image.bytes.begin(), image.bytes.end());
  write(to, image.slots_offset);
  write(to, static_cast<uint32_t>(image.slots.size()));
  for (const Slot& slot : image.slots) {
    write(to, static_cast<uint32_t>(slot.kind));
    write(to, slot.number);
    write(to, slot.words);
  }
  write(to, static_cast<uint32_t>(image.entries.size()));
  for (const uint32_t entry : image.entries) write(to, entry);
  write(to, static_cast<uint32_t>(image.functions.size()));
  for (const ImageFunction& f : image.functions) {
    write(to, f.offset);
    write(to, static_cast<uint32_t>(f.name.size()));
    to.insert(to.end(), f.name.begin(), f.name.end());
  }
  return to;
}

std::optional<Image> decode_image(std::span<const uint8_t> bytes, const References& references,
                                  size_t entries) {
  Reader in(bytes);
  Image image;
  const std::span<const uint8_t> code = in.take(in.count(1));
  image.bytes.assign(code.begin(), code.end());
  image.slots_offset = in.word();
  image.slots.resize(in.count(3 * sizeof(uint32_t)));
  for (Slot& slot : image.slots) {
    const uint32_t kind = in.word();
    if (kind > static_cast<uint32_t>(SlotKind::kRuntime)) return std::nullopt;
    slot = {static_cast<SlotKind>(kind), in.word(), in.word()};
  }
  image.entries.resize(in.count(sizeof(uint32_t)));
  for (uint32_t& entry : image.entries) entry = in.word();
  image.functions.resize(in.count(2 * sizeof(uint32_t)));
  for (ImageFunction& f : image.functions) {
    f.offset = in.word();
    const std::span<const uint8_t> name = in.take(in.word());
    f.name.assign(name.begin(), name.end());
  }
  if (!in.at_end() || !is_good(image, references, entries)) return std::nullopt;
  return image;
}

size_t entries_of(const vm::TierRequest& request) {
  size_t count = 0;
  for (const vm::TierBlock& block : request.blocks) {
    count += 2;
    for (size_t n = 0; n < block.resumes.size(); ++n) {
      if (block.resumes[n] == nullptr) continue;
      count += vm::elements_wanted(block.low.instructions[n]) != 0 ? 2 : 1;
    }
  }
  return count;
}

void place_image(const Image& image, const References& references, const vm::TierRuntime& runtime,
                 char* writable, const char* executable, vm::TierRequest& request) {
  PLAN_ASSERT(image.entries.size() == entries_of(request));
  std::memcpy(writable, image.bytes.data(), image.bytes.size());
  char* slot_at = writable + image.slots_offset;
  for (const Slot& slot : image.slots) {
    const Word word = word_of(slot, references, runtime);
    std::memcpy(slot_at, &word, sizeof word);
    slot_at += sizeof word;
  }
  const uint32_t* offset = image.entries.data();
  const auto next = [&]() -> void* {
    const uint32_t at = *offset++;
    // What is only called from here on, never written.
    return at == kNoEntry ? nullptr : const_cast<char*>(executable) + at;
  };
  for (vm::TierBlock& block : request.blocks) {
    block.entry = next();
    block.worker = next();
    block.resume_entries.assign(block.resumes.size(), nullptr);
    block.elements_entries.assign(block.resumes.size(), nullptr);
    for (size_t n = 0; n < block.resumes.size(); ++n) {
      if (block.resumes[n] == nullptr) continue;
      block.resume_entries[n] = next();
      if (vm::elements_wanted(block.low.instructions[n]) != 0) block.elements_entries[n] = next();
    }
  }
  request.code_bytes = image.bytes.size();
}

}  // namespace plan::jit
