// sire/loot_pins.cc: finding and naming pins.
#include "sire/loot_pins.h"

#include "gc/hash.h"
#include "sire/loot_parts.h"
#include "sire/rex_print.h"

#include <string>
#include <unordered_map>

namespace plan::loot {

PinList::PinList(LeafMaker& leaves, Value top, Depth depth) : leaves_(leaves) {
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

uint32_t PinList::append(Value pin, bool is_defined) {
  const auto index = static_cast<uint32_t>(entries_.size());
  entries_.push_back({pin, 0, is_defined});
  if (by_object_.find(pin.word) == nullptr) by_object_.insert(pin.word, index);
  if (auto hash = gc::pin_hash(pin)) by_hash_.insert_or_assign(**hash, index);
  return index;
}

uint32_t PinList::find(Value pin) {
  if (const uint64_t* known = by_object_.find(pin.word)) return static_cast<uint32_t>(*known);
  auto hash = gc::pin_hash(pin);
  if (!hash) return kNone;
  const auto known = by_hash_.find(**hash);
  if (known == by_hash_.end()) return kNone;
  by_object_.insert(pin.word, known->second);
  return known->second;
}

struct PinList::Frame {
  Value value;
  Parts parts;
  uint64_t next = 0;
};

void PinList::walk(Value top, Depth depth) {
  gc::WordMap seen;
  std::vector<Frame> frames;
  Value v = top;
  while (true) {
    if (v.is_pointer() && v.is_whnf() && !v.is_big() && seen.add(v.word)) {
      if (!is_pin(v)) {
        const Parts parts = parts_of(v);
        if (parts.count != 0) frames.push_back({v, parts});
      } else if (find(v) == kNone) {
        if (depth == Depth::kShallow) {
          append(v, false);
        } else {
          frames.push_back({v, parts_of_pin(v)});
        }
      }
    }
    while (!frames.empty() && frames.back().next == frames.back().parts.count) {
      if (is_pin(frames.back().value)) append(frames.back().value, true);
      frames.pop_back();
    }
    if (frames.empty()) return;
    Frame& f = frames.back();
    v = part_at(f.parts, f.next++);
  }
}

NameId PinList::name_of(Value pin) {
  const uint32_t index = find(pin);
  return index == kNone ? law_name_in(pin) : entries_[index].name;
}

NameId PinList::law_name_in(Value pin) {
  std::vector<Value> path;
  Value v = pin;
  const uint64_t* known = nullptr;
  while (is_pin(v) && known == nullptr) {
    known = law_names_.find(v.word);
    path.push_back(v);
    v = deref(pin_item(v));
  }
  NameId name = 0;
  if (known != nullptr) {
    name = static_cast<NameId>(*known);
    path.pop_back();
  } else {
    name = is_law(v) ? leaves_.intern(law_name(v)) : leaves_.intern("");
  }
  for (const Value p : path) law_names_.insert(p.word, name);
  return name;
}

void PinList::assign_names() {
  std::unordered_map<NameId, uint64_t> users;
  for (PinEntry& e : entries_) {
    e.name = law_name_in(e.pin);
    users[e.name]++;
  }
  // By name: the suffix to try next.
  std::unordered_map<NameId, uint64_t> suffixes;
  for (PinEntry& e : entries_) {
    if (users[e.name] > 1) {
      const std::string stem = rex::print_wide(leaves_.key_rex(e.name)) + "_";
      uint64_t suffix = std::max<uint64_t>(suffixes[e.name], 1);
      NameId candidate = 0;
      do {
        candidate = leaves_.intern(stem + std::to_string(suffix++));
      } while (users.contains(candidate) || suffixes.contains(candidate));
      suffixes[e.name] = suffix;
      suffixes[candidate] = 1;
      e.name = candidate;
    }
    names_[e.name]++;
  }
}

}  // namespace plan::loot
