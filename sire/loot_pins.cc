// sire/loot_pins.cc: finding and naming pins.
#include "sire/loot_pins.h"

#include "gc/parts.h"
#include "sire/rex_print.h"

#include <algorithm>
#include <bit>
#include <string>

namespace plan::loot {

namespace {

constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15;  // Fibonacci hashing, Knuth 6.4
constexpr uint64_t kPartsLookedAt = 8;

uint64_t mixed(uint64_t look, uint64_t word) {
  return std::rotl((look ^ word) * kMultiplier, 29);
}

/// Equal values look the same; different ones mostly do not.
uint64_t look_of_part(Value v) {
  if (v.is_small()) return v.word;
  uint64_t scratch = 0;
  if (v.is_nat()) return nat_limbs(v, scratch).front();
  return static_cast<uint64_t>(v.object()->kind());
}

/// The same, of the item of a pin; never 0.
uint64_t look_of_item(Value v) {
  uint64_t look = look_of_part(v);
  if (is_law(v)) look = mixed(mixed(look, look_of_part(law_name(v))), look_of_part(law_args(v)));
  if (gc::has_parts(v)) {
    const gc::Parts parts = gc::parts_of(v);
    const uint64_t count = parts.count();
    look = mixed(look, count);
    for (uint64_t i = 0; i < std::min(count, kPartsLookedAt); i++) {
      look = mixed(look, look_of_part(parts.at(i)));
    }
  }
  return look | 1;
}

}  // namespace

void PinList::clear() {
  entries_.clear();
  by_object_.clear();
  by_look_.clear();
  lookalikes_.clear();
  by_hash_.clear();
  law_names_.clear();
  users_.clear();
  next_suffix_.clear();
  is_name_.clear();
}

void PinList::list(Value top, Depth depth) {
  clear();
  if (depth == Depth::kShallow) {
    list_shallow(top);
  } else {
    walk(top, depth);
  }
  assign_names();
}

/// A pin at the top is defined, after what is in it; and so are pins directly in it.
void PinList::list_shallow(Value top) {
  std::vector<Value> defined;
  for (; is_pin(top); top = deref(pin_item(top))) defined.push_back(top);
  walk(top, Depth::kShallow);
  while (!defined.empty()) {
    append(defined.back(), true);
    defined.pop_back();
  }
}

void PinList::append(Value pin, bool is_defined) {
  const auto index = static_cast<uint32_t>(entries_.size());
  entries_.push_back({pin, 0, is_defined});
  if (by_object_.find(pin.word) == nullptr) by_object_.insert(pin.word, index);
  enter_look(index);
}

void PinList::enter_look(uint32_t entry) {
  const uint64_t look = look_of_item(deref(pin_item(entries_[entry].pin)));
  const uint64_t* const known = by_look_.find(look);
  if (known == nullptr) {
    by_look_.insert(look, lookalikes_.size());
    lookalikes_.push_back({1, entry});
    return;
  }
  Lookalikes& same = lookalikes_[*known];
  if (++same.count == 2) enter_hash(same.first);
  enter_hash(entry);
}

void PinList::enter_hash(uint32_t entry) {
  auto hash = gc::pin_hash(entries_[entry].pin, nullptr, hashes_);
  if (hash) by_hash_.insert_or_assign(**hash, entry);
}

uint32_t PinList::find(Value pin) {
  if (const uint64_t* known = by_object_.find(pin.word)) return static_cast<uint32_t>(*known);
  const uint32_t index = find_equal(pin);
  if (index != kNone) by_object_.insert(pin.word, index);
  return index;
}

uint32_t PinList::find_equal(Value pin) {
  const uint64_t* const look = by_look_.find(look_of_item(deref(pin_item(pin))));
  if (look == nullptr) return kNone;
  const Lookalikes& same = lookalikes_[*look];
  auto hash = gc::pin_hash(pin, nullptr, hashes_);
  if (!hash) return kNone;
  if (same.count == 1) {
    auto other = gc::pin_hash(entries_[same.first].pin, nullptr, hashes_);
    return other && **other == **hash ? same.first : kNone;
  }
  const auto known = by_hash_.find(**hash);
  return known == by_hash_.end() ? kNone : known->second;
}

void PinList::walk(Value top, Depth depth) {
  seen_.clear();
  Value v = top;
  while (true) {
    if (v.is_pointer() && v.is_whnf() && !v.is_big()) {
      if (!is_pin(v)) {
        const Parts parts = seen_.add(v.word) ? parts_of(v) : Parts{};
        if (parts.count != 0) frames_.push_back({v, parts});
      } else if (find(v) == kNone) {
        if (depth == Depth::kShallow) {
          append(v, false);
        } else {
          frames_.push_back({v, parts_of_pin(v)});
        }
      }
    }
    while (!frames_.empty() && frames_.back().next == frames_.back().parts.count) {
      if (is_pin(frames_.back().value)) append(frames_.back().value, true);
      frames_.pop_back();
    }
    if (frames_.empty()) return;
    Frame& f = frames_.back();
    v = part_at(f.parts, f.next++);
  }
}

NameId PinList::name_of(Value pin) {
  const uint32_t index = find(pin);
  return index == kNone ? law_name_in(pin) : entries_[index].name;
}

NameId PinList::law_name_in(Value pin) {
  const auto name_in = [&](Value v) {
    return is_law(v) ? leaves_.intern(law_name(v)) : leaves_.intern("");
  };
  const Value item = deref(pin_item(pin));
  if (!is_pin(item)) return name_in(item);
  std::vector<Value> path;
  Value v = pin;
  const uint64_t* known = nullptr;
  while (is_pin(v) && known == nullptr) {
    known = law_names_.find(v.word);
    path.push_back(v);
    v = deref(pin_item(v));
  }
  if (known != nullptr) path.pop_back();
  const NameId name = known != nullptr ? static_cast<NameId>(*known) : name_in(v);
  for (const Value p : path) law_names_.insert(p.word, name);
  return name;
}

/// The name of a law that several pins share, with a number.
NameId PinList::unused_name(NameId name) {
  const auto is_used = [&](NameId n) {
    return (n < users_.size() && users_[n] != 0) || next_suffix_.contains(n);
  };
  const std::string stem = rex::print_wide(leaves_.key_rex(name)) + "_";
  uint64_t suffix = std::max<uint64_t>(next_suffix_[name], 1);
  NameId candidate = 0;
  do {
    candidate = leaves_.intern(stem + std::to_string(suffix++));
  } while (is_used(candidate));
  next_suffix_[name] = suffix;
  next_suffix_[candidate] = 1;
  return candidate;
}

void PinList::assign_names() {
  for (PinEntry& e : entries_) e.name = law_name_in(e.pin);
  users_.resize(leaves_.name_count());
  for (const PinEntry& e : entries_) users_[e.name]++;
  for (PinEntry& e : entries_) {
    if (users_[e.name] > 1) e.name = unused_name(e.name);
  }
  is_name_.resize(leaves_.name_count());
  for (const PinEntry& e : entries_) is_name_[e.name] = 1;
}

}  // namespace plan::loot
