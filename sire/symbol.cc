// sire/symbol.cc: an open-addressing table from the contents of nats to symbols.
#include "sire/symbol.h"

#include "gc/make.h"
#include "value/object.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace plan::sire {

namespace {

constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15;  // Fibonacci hashing, Knuth 6.4
constexpr size_t kInitialSlots = 1024;

uint64_t hash_limb(uint64_t hash, uint64_t limb) {
  return std::rotl((hash ^ limb) * kMultiplier, 29);
}

uint64_t hash_nat(Value nat) {
  uint64_t hash = 0;
  if (nat.is_small()) {
    hash = hash_limb(0, nat.small());
  } else {
    uint64_t scratch = 0;
    for (const uint64_t limb : nat_limbs(nat, scratch)) hash = hash_limb(hash, limb);
  }
  return (hash ^ (hash >> 32)) * kMultiplier;
}

bool same_nat(Value a, Value b) {
  if (a == b) return true;
  if (!a.is_big() || !b.is_big()) return false;
  uint64_t scratch = 0;
  const auto x = nat_limbs(a, scratch);
  const auto y = nat_limbs(b, scratch);
  return std::equal(x.begin(), x.end(), y.begin(), y.end());
}

}  // namespace

std::string_view nat_text(Value nat, uint64_t& scratch) {
  static_assert(std::endian::native == std::endian::little);
  const std::span<const uint64_t> limbs = nat_limbs(nat, scratch);
  if (limbs.empty()) return {};
  const auto top_bits = static_cast<size_t>(std::bit_width(limbs.back()));
  const size_t bytes = (limbs.size() - 1) * 8 + (top_bits + 7) / 8;
  return {reinterpret_cast<const char*>(limbs.data()), bytes};
}

std::string nat_text(Value nat) {
  uint64_t scratch = 0;
  return std::string(nat_text(nat, scratch));
}

SymbolTable::SymbolTable(gc::Heap& heap) : heap_(heap), names_(heap), slots_(kInitialSlots) {
  names_.values.push_back(small_nat(0));
  constexpr std::string_view kTexts[] = {
#define PLAN_SIRE_KNOWN(name, text) text,
      PLAN_SIRE_KNOWN_SYMBOLS(PLAN_SIRE_KNOWN)
#undef PLAN_SIRE_KNOWN
  };
  for (const std::string_view text : kTexts) intern(text);
  PLAN_CHECK(count() == kKnownSymbolsEnd);
}

size_t SymbolTable::slot_of(Value nat, uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  for (size_t i = hash & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.symbol == kNoSymbol) return i;
    if (slot.hash == hash && same_nat(names_.values[slot.symbol], nat)) return i;
  }
}

Symbol SymbolTable::add(size_t slot, uint64_t hash, Value nat) {
  const auto symbol = static_cast<Symbol>(names_.values.size());
  names_.values.push_back(nat);
  slots_[slot] = {hash, symbol};
  if (names_.values.size() * 2 > slots_.size()) grow();
  return symbol;
}

void SymbolTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  const size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.symbol == kNoSymbol) continue;
    size_t i = slot.hash & mask;
    while (slots_[i].symbol != kNoSymbol) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

Symbol SymbolTable::intern(Value nat) {
  const uint64_t hash = hash_nat(nat);
  Recent& recent = recent_[hash >> kRecentShift];
  if (recent.nat == nat && recent.symbol != kNoSymbol) return recent.symbol;
  const size_t slot = slot_of(nat, hash);
  const Symbol known = slots_[slot].symbol;
  const Symbol symbol = known != kNoSymbol ? known : add(slot, hash, nat);
  if (nat.is_small()) recent = {nat, symbol};
  return symbol;
}

Symbol SymbolTable::intern(std::string_view text) {
  return intern(gc::make_cord(heap_, text));
}

}  // namespace plan::sire
