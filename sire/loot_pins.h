// sire/loot_pins.h: the pins of a printed value, and their names.
//
// A listing shows a pin by a name: that of the law in it, made unique among the pins of the listing
// (spec/loot.md section 1). Pins with equal hashes are the same pin.
#pragma once

#include "base/hash.h"
#include "gc/word_map.h"
#include "sire/loot_leaf.h"

#include <map>
#include <vector>

namespace plan::loot {

enum class Depth : uint8_t {
  kShallow,  ///< what pins hold is not listed, but for a pin that is the value itself
  kFull,     ///< everything is
};

struct PinEntry {
  Value pin;
  NameId name = 0;
  bool is_defined = false;  ///< is what it holds listed?
};

class PinList {
 public:
  /// Lists the pins of the normal form `top`, in order of discovery; a defined pin comes after
  /// those in it. Any depth; linear in the size of the shared graph.
  PinList(LeafMaker& leaves, Value top, Depth depth);

  const std::vector<PinEntry>& entries() const { return entries_; }
  /// Of any pin in the value.
  NameId name_of(Value pin);
  /// Is this the name of some listed pin?
  bool is_name(NameId name) const { return names_.contains(name); }

 private:
  struct Frame;

  void list_shallow(Value top);
  void walk(Value top, Depth depth);
  uint32_t append(Value pin, bool is_defined);
  /// Position among the entries; kNone if it is not there.
  uint32_t find(Value pin);
  NameId law_name_in(Value pin);
  void assign_names();

  static constexpr uint32_t kNone = UINT32_MAX;

  LeafMaker& leaves_;
  std::vector<PinEntry> entries_;
  gc::WordMap by_object_;
  std::map<Hash256, uint32_t> by_hash_;
  gc::WordMap law_names_;  // pin -> name of the law in it
  std::map<NameId, uint64_t> names_;
};

}  // namespace plan::loot
