// jit/image.h: the native code of one request, position independent.
//
// An image holds no address of anything outside itself. What its code refers to stands in a table
// of *slots*, words behind the code that are read relative to the program counter; for each slot
// the image says what it stands for. So the same bytes run wherever they are put, in this process
// or in a later one (jit/code_cache.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "jit/request.h"

namespace plan::jit {

enum class SlotKind : uint8_t {
  kConstant,     ///< constant `number` of the request's References
  kRecord,       ///< the address of record `number`
  kThunkHeader,  ///< header of a thunk with record `number` and `words` payload words
  kRuntime,      ///< address `number` of TierRuntime
};

struct Slot {
  SlotKind kind = SlotKind::kConstant;
  uint32_t number = 0;
  uint32_t words = 0;
  auto operator<=>(const Slot&) const = default;
};

/// For perf and gdb: where a function begins.
struct ImageFunction {
  uint32_t offset = 0;
  std::string name;  ///< block, and instruction it comes back to, such as "0.12"
};

inline constexpr uint32_t kNoEntry = ~uint32_t{0};
inline constexpr uint64_t kImageBytesMax = uint64_t{64} << 20;

struct Image {
  std::vector<uint8_t> bytes;  ///< code, its data and slots (zero)
  uint32_t slots_offset = 0;   ///< of the slot table in `bytes`; a multiple of 8
  std::vector<Slot> slots;
  /// Offsets in `bytes`: for each block its entry and its worker, then one for each record in
  /// `resumes`, and a second one if that takes elements; kNoEntry where there is none.
  std::vector<uint32_t> entries;
  std::vector<ImageFunction> functions;  ///< by offset

  /// Where function k ends. The slots may come before the code.
  uint32_t end_of(size_t k) const {
    if (k + 1 < functions.size()) return functions[k + 1].offset;
    const bool slots_follow = slots_offset >= functions[k].offset;
    return slots_follow ? slots_offset : static_cast<uint32_t>(bytes.size());
  }
};

/// The image as bytes, and back. Nothing is taken on trust: nullopt if it is no image for a
/// request with these references and as many entries.
std::vector<uint8_t> encode_image(const Image& image);
std::optional<Image> decode_image(std::span<const uint8_t> bytes, const References& references,
                                  size_t entries);

/// How many entries an image of this request has.
size_t entries_of(const vm::TierRequest& request);

/// Puts the code into memory that is written at `writable` and runs at `executable`, and fills in
/// the request's addresses. `writable` has room for image.bytes; 64-byte aligned.
void place_image(const Image& image, const References& references, const vm::TierRuntime& runtime,
                 char* writable, const char* executable, vm::TierRequest& request);

}  // namespace plan::jit
