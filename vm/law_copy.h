// vm/law_copy.h: laws made by the optimiser, for calls in the code of one region.
//
// Such a law is like any other, but no value refers to it: it stands at heads of saturated calls
// only. So no program can see it, compare it or hash it, and all that is done for laws is done for
// it. It lives as long as the law that calls it (Code::copies).
#pragma once

#include "vm/code.h"

namespace plan::vm {

struct Machine;

/// Copies made for copies made for copies ..: no further than this.
inline constexpr uint32_t kCopyGenerations = 4;
inline constexpr uint32_t kCopiesMax = 64;  ///< for the code of one region

/// The code that keeps the copies made for all code of a region: its first. `function` is a law or
/// the pin around one.
Code& keeper_of_copies(Machine& vm, Value function);
/// The copy kept under this key, or 0.
Value find_copy(const Code& keeper, const std::vector<Word>& key);
/// The law of that name with the IR of `law`, whose lets and body need no more than its slots.
Value law_value(gc::Heap& heap, const Law& law, Value name);
/// Makes a law of `copy`, whose lets and body need no more than its slots, and keeps it. Uses the
/// heap for the time being, so heap.hp must be current; leaves nothing there.
Value keep_copy(Machine& vm, Code& keeper, const std::vector<Word>& key, const Law& copy,
                Value name);

/// Keeps a copy that another region made, too.
void share_copy(Machine& vm, Code& keeper, const std::vector<Word>& key, Value copy);

struct Leaves {
  uint32_t count = 0;
  bool mention_law = false;  ///< one of them is the law itself
};
/// The leaves of a law's body. Stops when there are more than `max`.
Leaves leaves_of_body(Value body, uint32_t max);
/// Whether the body of a law has more than `max` leaves. Looks no further.
inline bool has_more_leaves(Value body, uint32_t max) {
  return leaves_of_body(body, max).count > max;
}

}  // namespace plan::vm
