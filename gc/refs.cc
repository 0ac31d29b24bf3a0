// gc/refs.cc: collecting the direct pins of a value.
#include "gc/refs.h"

#include "gc/hash.h"
#include "gc/parts.h"
#include "gc/word_map.h"

#include <cstring>
#include <set>

namespace plan::gc {

Result<std::vector<Value>> pin_refs(Value item) {
  struct Frame {
    Parts parts;
    uint64_t next = 0;
  };
  std::vector<Value> refs;
  std::set<Hash256> hashes;
  WordMap seen;  // a shared part, met again, adds nothing
  std::vector<Frame> frames;
  Value v = item;
  while (true) {
    PLAN_CHECK(v.is_whnf());
    if (v.is_pointer() && !v.is_big() && seen.add(v.word)) {
      if (is_pin(v)) {
        PLAN_TRY(const Hash256* hash, pin_hash(v));
        if (hashes.insert(*hash).second) refs.push_back(v);
      } else if (has_parts(v)) {
        const Parts parts = parts_of(v);
        if (parts.count() != 0) frames.push_back({parts});
      }
    }
    if (frames.empty()) return refs;
    Frame& f = frames.back();
    v = f.parts.at(f.next++);
    if (f.next == f.parts.count()) frames.pop_back();
  }
}

}  // namespace plan::gc
