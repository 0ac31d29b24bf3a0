// value/value.h: the value word, 64 bits that are either a natural number or a tagged pointer.
//
//   low bits  meaning                                                   (design, section 3)
//   0         immediate nat, n << 1 with n < 2^63
//   001       pointer to a thunk, or to what a thunk became (indirection, crash, blackhole)
//   011       pointer to data in WHNF: row, tab, set, bar, cow
//   101       pointer to a function in WHNF: law, pin, closure
//   111       pointer to a big nat (>= 2^63, no zero top limb)
//
// Invariants : "is it evaluated" needs no memory access. A nat below 2^63 is always immediate.
//              Info addresses, code addresses and raw words on the stack are even, so every odd
//              word in a frame or a payload is a pointer.
#pragma once

#include <bit>
#include <cstdint>

namespace plan {

using Word = uint64_t;

struct Object;

inline constexpr Word kTagMask = 7;
inline constexpr Word kTagThunk = 1;
inline constexpr Word kTagData = 3;
inline constexpr Word kTagFunction = 5;
inline constexpr Word kTagBig = 7;
inline constexpr uint64_t kSmallNatMax = (uint64_t{1} << 63) - 1;

/// One value word. Trivially copyable; does not keep anything alive by itself.
struct Value {
  Word word = 0;

  constexpr bool is_small() const { return (word & 1) == 0; }
  constexpr bool is_big() const { return (word & kTagMask) == kTagBig; }
  /// Evaluated natural number of any size.
  constexpr bool is_nat() const { return is_small() || is_big(); }
  constexpr bool is_thunk() const { return (word & kTagMask) == kTagThunk; }
  constexpr bool is_whnf() const { return !is_thunk(); }
  constexpr bool is_data() const { return (word & kTagMask) == kTagData; }
  constexpr bool is_function() const { return (word & kTagMask) == kTagFunction; }
  constexpr bool is_pointer() const { return (word & 1) != 0; }
  /// The number; only for is_small().
  constexpr uint64_t small() const { return word >> 1; }
  Object* object() const { return std::bit_cast<Object*>(word & ~kTagMask); }
  constexpr bool operator==(const Value&) const = default;  ///< same word, not PLAN equality
};
static_assert(sizeof(Value) == 8);

/// An immediate; `n` <= kSmallNatMax.
constexpr Value small_nat(uint64_t n) { return Value{n << 1}; }
inline Value tagged(const Object* object, Word tag) {
  return Value{std::bit_cast<Word>(object) | tag};
}

}  // namespace plan
