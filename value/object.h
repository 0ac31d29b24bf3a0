// value/object.h: headers and layouts of heap objects.
//
// An object is one header word and a payload of at least one word, 8-byte aligned.
//
//   header  bits 0..7   kind (always odd: an even first word is a forwarding address)
//           bits 8..15  flags
//           bits 16..63 by kind:
//             row, bar, big nat   length: elements, bytes, limbs            (48 bits)
//             closure             argument count (24 bits), arity left (24 bits, saturating)
//             thunk, selector     payload words (16 bits), info index (32 bits)
//             law, pin            reserved (16 bits), info index (32 bits)
//
//   kind        payload                                               means (spec plan.md)
//   pin         item, Region* (even)                                  <item>
//   law         name, args, body, Region* (even)                      {name args body}
//   closure     head (never a closure), arg1 .. argk                  (head arg1 .. argk)
//   big nat     limbs, least significant first, top limb not zero     nat >= 2^63
//   row         element 0 .. n-1 (one padding word if n = 0)          Cn e(n-1) .. e0; {0 1 0}
//   tab         set, row                                              (set row)
//   set         row of keys, strictly ascending, normal forms         {1 2 row}
//   bar         bytes, zero padded to a whole word (at least one)     {1 1 n}
//   cow         n (a nat >= 1)                                        {0 n+1 0}
//   thunk       captured values                                       a delayed computation
//   selector    thunk of a row-like value, index (immediate)          a delayed (idx i x)
//   indirection value, then what the thunk left behind (not scanned)
//   blackhole   nothing live (payload size kept)                      thunk under evaluation
//   crash       row [op value]                                        thunk that crashed
//   spent       nothing live (payload size kept)                      entered, never updated
//
// Invariants : canonicity, plan.md section 4: no closure of a cow has n args or more, no closure of
//              a set has a matching row as its argument, no law matches the data-jet table.
//              Laws and pins live in pin space and never move; what they hold is in normal form.
//              kFlagNormal is set only when no thunk is reachable but through indirections.
#pragma once

#include <cstddef>
#include <span>

#include "base/check.h"
#include "value/value.h"

namespace plan {

enum class Kind : uint8_t {
  kPin = 1,
  kLaw = 3,
  kClosure = 5,
  kBig = 7,
  kRow = 9,
  kTab = 11,
  kSet = 13,
  kBar = 15,
  kCow = 17,
  kThunk = 19,
  kSelector = 21,
  kIndirection = 23,
  kBlackhole = 25,
  kCrash = 27,
  kSpent = 29,  ///< see Note [Single-entry thunks] in vm/apply.cc
};

inline constexpr Word kFlagNormal = 1 << 8;  ///< no thunk below (indirections aside)
inline constexpr Word kFlagYoung = 1 << 9;   ///< large object born since the last collection
inline constexpr Word kFlagMark = 1 << 10;   ///< large object reached by this collection
inline constexpr Word kFlagRemembered = 1 << 11;  ///< old object already in the remembered set

inline constexpr Word kFlagVisiting = 1 << 12;    ///< on the path of a walk that looks for cycles

inline constexpr uint64_t kClosureArgsMax = (uint64_t{1} << 24) - 2;
/// Arity-left value that stands for "this many or more"; such a closure never saturates.
inline constexpr uint64_t kArityHuge = (uint64_t{1} << 24) - 1;

struct Object {
  Word header;
  Word payload[1];

  Kind kind() const { return static_cast<Kind>(header & 0xff); }
  uint64_t length() const { return header >> 16; }  // row, bar, big nat
  uint64_t closure_args() const { return (header >> 16) & 0xffffff; }
  uint64_t closure_arity() const { return header >> 40; }
  uint32_t thunk_words() const { return static_cast<uint32_t>((header >> 16) & 0xffff); }
  uint32_t info_index() const { return static_cast<uint32_t>(header >> 32); }
  void set_info_index(uint32_t i) { header = (header & 0xffffffff) | (uint64_t{i} << 32); }
  bool is_normal() const { return (header & kFlagNormal) != 0; }
  Value field(size_t i) const { return Value{payload[i]}; }
  void init(size_t i, Value v) { payload[i] = v.word; }
  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(payload); }
  const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(payload); }
};

constexpr Word make_header(Kind kind, uint64_t length) {
  return static_cast<Word>(kind) | (length << 16);
}
constexpr Word closure_header(uint64_t args, uint64_t arity) {
  return static_cast<Word>(Kind::kClosure) | (args << 16) | (arity << 40);
}
constexpr Word thunk_header(Kind kind, uint64_t words, uint64_t info) {
  return static_cast<Word>(kind) | (words << 16) | (info << 32);
}
inline uint64_t words_of_bytes(uint64_t bytes) { return bytes / 8 + (bytes % 8 != 0); }

/// Payload size in words, for every kind.
inline uint64_t payload_words(const Object* o) {
  switch (o->kind()) {
    case Kind::kPin: return 2;
    case Kind::kLaw: return 4;
    case Kind::kClosure: return 1 + o->closure_args();
    case Kind::kBig: return o->length();
    case Kind::kRow: return o->length() == 0 ? 1 : o->length();
    case Kind::kTab: return 2;
    case Kind::kSet: return 1;
    case Kind::kBar: return o->length() == 0 ? 1 : words_of_bytes(o->length());
    case Kind::kCow: return 1;
    case Kind::kThunk:
    case Kind::kSelector:
    case Kind::kIndirection:
    case Kind::kBlackhole:
    case Kind::kCrash:
    case Kind::kSpent: return o->thunk_words();
  }
  PLAN_UNREACHABLE();
}

/// The tag that goes with a kind in WHNF (or kTagThunk).
constexpr Word tag_of(Kind kind) {
  switch (kind) {
    case Kind::kPin:
    case Kind::kLaw:
    case Kind::kClosure: return kTagFunction;
    case Kind::kBig: return kTagBig;
    case Kind::kRow:
    case Kind::kTab:
    case Kind::kSet:
    case Kind::kBar:
    case Kind::kCow: return kTagData;
    default: return kTagThunk;
  }
}

/// Follows indirections. The result is WHNF, or a thunk that has no value yet.
inline Value deref(Value v) {
  while (v.is_thunk() && v.object()->kind() == Kind::kIndirection) v = v.object()->field(0);
  return v;
}

// --- Reading. All arguments are WHNF; a thunk answers "no".
inline bool is_kind(Value v, Kind k) {
  return v.is_pointer() && v.is_whnf() && v.object()->kind() == k;
}
inline bool is_row(Value v) { return v.is_data() && v.object()->kind() == Kind::kRow; }
inline bool is_bar(Value v) { return v.is_data() && v.object()->kind() == Kind::kBar; }
inline bool is_set(Value v) { return v.is_data() && v.object()->kind() == Kind::kSet; }
inline bool is_tab(Value v) { return v.is_data() && v.object()->kind() == Kind::kTab; }
inline bool is_cow(Value v) { return v.is_data() && v.object()->kind() == Kind::kCow; }
inline bool is_pin(Value v) { return v.is_function() && v.object()->kind() == Kind::kPin; }
inline bool is_law(Value v) { return v.is_function() && v.object()->kind() == Kind::kLaw; }
inline bool is_closure(Value v) { return v.is_function() && v.object()->kind() == Kind::kClosure; }

inline uint64_t row_size(Value row) { return row.object()->length(); }
/// Element `i` of a row, indirections removed; may be a thunk.
inline Value row_at(Value row, uint64_t i) { return deref(row.object()->field(i)); }
inline Value pin_item(Value pin) { return pin.object()->field(0); }
inline Value law_name(Value law) { return law.object()->field(0); }
inline Value law_args(Value law) { return law.object()->field(1); }
inline Value law_body(Value law) { return law.object()->field(2); }
inline Value closure_head(Value c) { return c.object()->field(0); }
inline uint64_t closure_size(Value c) { return c.object()->closure_args(); }
/// Argument `i` (0 = applied first) of a closure, indirections removed; may be a thunk.
inline Value closure_arg(Value c, uint64_t i) { return deref(c.object()->field(1 + i)); }
inline Value set_keys(Value set) { return set.object()->field(0); }
inline Value tab_set(Value tab) { return tab.object()->field(0); }
inline Value tab_keys(Value tab) { return set_keys(tab_set(tab)); }
inline Value tab_values(Value tab) { return tab.object()->field(1); }
inline Value cow_size(Value cow) { return cow.object()->field(0); }
inline std::span<const uint8_t> bar_bytes(Value bar) {
  return {bar.object()->bytes(), bar.object()->length()};
}

/// The limbs of a nat, least significant first, none for 0. `scratch` backs an immediate.
inline std::span<const uint64_t> nat_limbs(Value nat, uint64_t& scratch) {
  if (nat.is_big()) return {nat.object()->payload, nat.object()->length()};
  scratch = nat.small();
  return {&scratch, scratch == 0 ? size_t{0} : size_t{1}};
}

}  // namespace plan
