// gc/info.h: info records, the never-moving descriptions of frames, thunks and function entries.
//
// A return frame starts with the address of its info record; a thunk, a law and a pin carry a
// 32-bit index into the one table that holds all of them. Code is reached through a record, never
// directly, so that replacing `entry` speeds up everything that was built before.
//
// Frame      : [Info*, word 1 .. word n-1]; bit i of the live mask says that word 1+i holds a live
//              value. `frame_words` == 0 means a counted frame: word 1 is (total words << 1) and
//              every later word is live.
// Invariants : records never move and are 8-byte aligned, so their addresses are even.
// Threads    : one table per evaluator.
#pragma once

#include <cstdint>
#include <string>

#include "value/value.h"

namespace plan::gc {

struct Region;

/// What a record describes; the collector and the unwinder care, evaluating code does not.
enum class InfoKind : uint8_t {
  kResume,  ///< interpreter or helper frame: ordinary continuation
  kUpdate,  ///< update frame: word 1 is the thunk under evaluation
  kTry,     ///< handler frame of _Try
  kStop,    ///< bottom of an evaluation started by direct code
  kMarker,  ///< stack watermark standing in for the record it hides
  kThunk,   ///< code of a thunk
  kEntry,   ///< entry of a law or pin
};

inline constexpr uint8_t kNoElements = 0xff;

struct Info {
  void* entry = nullptr;          ///< evaluating code; see vm/dispatch.h for the convention
  void* code = nullptr;           ///< entries: the vm::Block; or helper-specific data
  union {
    struct {
      uint32_t pc;           ///< helper-specific number
      uint32_t frame_words;  ///< whole frame with the info word; 0 = counted frame
    };
    Word* stream = nullptr;  ///< entries of the interpreter: the first instruction
  };
  union {
    uint64_t live = 0;  ///< frames: live mask of words 1..64
    void* worker;       ///< entries of laws and pins: code that takes arguments in registers
  };
  union {
    const uint64_t* more_live = nullptr;  ///< frames: masks of words 65.., if frame_words > 65
    Word function;                        ///< entries of laws and pins: the function itself
    void* elements_entry;                 ///< frames of at most 65 words: see `elements`
  };
  Region* owner = nullptr;        ///< region whose constants the code uses; kept alive
  uint32_t index = 0;             ///< position in the table
  uint32_t arity = 0;             ///< entries: arity, saturating at 2^24-1
  InfoKind kind = InfoKind::kResume;
  /// Frames that take a row apart: instead of a row with at least so many elements, `entry` may be
  /// passed over for `elements_entry`, with the elements in r1 and on.
  uint8_t elements = kNoElements;
};

/// True when word `i` (>= 1) of a frame with this record holds a live value.
inline bool frame_word_live(const Info& info, uint32_t i) {
  const uint32_t bit = i - 1;
  if (bit < 64) return ((info.live >> bit) & 1) != 0;
  return ((info.more_live[bit / 64 - 1] >> (bit % 64)) & 1) != 0;
}

/// Total words of the frame at `frame`.
inline uint64_t frame_size_words(const Info& info, const Word* frame) {
  return info.frame_words != 0 ? info.frame_words : frame[1] >> 1;
}

}  // namespace plan::gc
