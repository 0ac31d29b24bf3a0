// sire/loot_pins.h: the pins of a printed value, and their names.
//
// A listing shows a pin by a name: that of the law in it, made unique among the pins of the listing
// (spec/loot.md section 1). Pins with equal hashes are the same pin.
#pragma once

#include "base/hash.h"
#include "gc/hash.h"
#include "gc/word_map.h"
#include "sire/loot_leaf.h"
#include "sire/loot_parts.h"

#include <map>
#include <unordered_map>
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
  PinList(LeafMaker& leaves, gc::FoundHashes* hashes) : leaves_(leaves), hashes_(hashes) {}

  /// Lists the pins of the normal form `top`, in order of discovery, and forgets those of before; a
  /// defined pin comes after those in it. Any depth; linear in the size of the shared graph.
  void list(Value top, Depth depth);

  const std::vector<PinEntry>& entries() const { return entries_; }
  /// Of any pin in the value.
  NameId name_of(Value pin);
  /// Is this the name of some listed pin?
  bool is_name(NameId name) const { return name < is_name_.size() && is_name_[name] != 0; }

 private:
  struct Frame {
    Value value;
    Parts parts;
    uint64_t next = 0;
  };
  /// The listed pins that may be equal at first glance. Hashes are expensive: a pin that looks like
  /// no other needs none.
  struct Lookalikes {
    uint32_t count = 0;
    uint32_t first = 0;  ///< entry; not in by_hash_ as long as it is the only one
  };

  void clear();
  void list_shallow(Value top);
  void walk(Value top, Depth depth);
  void append(Value pin, bool is_defined);
  /// Position among the entries; kNone if it is not there.
  uint32_t find(Value pin);
  uint32_t find_equal(Value pin);
  void enter_look(uint32_t entry);
  void enter_hash(uint32_t entry);
  NameId law_name_in(Value pin);
  void assign_names();
  NameId unused_name(NameId name);

  static constexpr uint32_t kNone = UINT32_MAX;

  LeafMaker& leaves_;
  gc::FoundHashes* const hashes_;  // see ShowOptions
  std::vector<PinEntry> entries_;
  gc::WordMap by_object_;
  gc::WordMap by_look_;  // -> position in lookalikes_
  std::vector<Lookalikes> lookalikes_;
  std::map<Hash256, uint32_t> by_hash_;
  gc::WordMap law_names_;        // pin of a pin -> name of the law in it
  std::vector<uint32_t> users_;  // by name: pins whose law has it
  std::unordered_map<NameId, uint64_t> next_suffix_;  // of names that need one
  std::vector<uint8_t> is_name_;
  gc::WordMap seen_;  // on the walk, and what is still to be walked
  std::vector<Frame> frames_;
};

}  // namespace plan::loot
