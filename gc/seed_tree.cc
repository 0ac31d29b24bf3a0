// gc/seed_tree.cc: spelling values out as shared binary trees.
#include "gc/seed_tree.h"

#include "gc/hash.h"
#include "gc/seed.h"
#include "value/object.h"

#include <cstring>
#include <string>

namespace plan::gc {

namespace {

/// How many subtrees hang on the spine of `v` besides initial(v).
uint64_t child_count(Value v) {
  const Object* const o = v.object();
  switch (o->kind()) {
    case Kind::kPin:
    case Kind::kLaw:
    case Kind::kSet:
      return 1;
    case Kind::kTab:
      return 2;
    case Kind::kClosure:
      return 1 + o->closure_args();
    case Kind::kRow:
      return o->length();
    default:
      PLAN_UNREACHABLE();
  }
}

/// Child `i` on the spine, from the inside out: a row's last element is its first argument.
Value child_at(Value v, uint64_t i) {
  const Object* const o = v.object();
  switch (o->kind()) {
    case Kind::kLaw:
      return deref(o->field(2));
    case Kind::kRow:
      return deref(o->field(o->length() - 1 - i));
    default:
      return deref(o->field(i));
  }
}

}  // namespace

Result<SeedTree> SeedTree::build(Value v, std::span<const Value> holes) {
  SeedTree tree;
  PLAN_TRY_STATUS(tree.intern_holes(holes));
  PLAN_TRY(tree.top_, tree.walk(v));
  return tree;
}

Status SeedTree::intern_holes(std::span<const Value> holes) {
  hole_count_ = holes.size();
  for (const Value pin : holes) {
    PLAN_TRY(const Hash256* hash, pin_hash(pin));
    holes_.emplace(*hash, add({.a = nodes_.size(), .b = 0, .kind = Kind::kHole}));
  }
  return Unit{};
}

Result<NodeId> SeedTree::walk(Value top) {
  struct Frame {
    Value value;
    uint64_t next = 0;
    std::optional<NodeId> spine;
  };
  std::vector<Frame> frames;
  Value v = top;
  while (true) {
    PLAN_CHECK(v.is_whnf());
    PLAN_TRY(std::optional<NodeId> node, find_or_make_leaf(v));
    if (!node.has_value()) frames.push_back({v, 0, initial(v)});
    if (nodes_.size() >= kSeedNodesMax) {
      return Error{"TOO_LARGE", "seed: the value has more than " + std::to_string(kSeedNodesMax) +
                                    " distinct parts"};
    }
    // Hang the finished node on the spine above it, which may finish that one, and so on.
    while (true) {
      if (node.has_value()) {
        if (frames.empty()) return *node;
        Frame& f = frames.back();
        f.spine = f.spine.has_value() ? cell(*f.spine, *node) : *node;
        node.reset();
      }
      Frame& f = frames.back();
      if (f.next < child_count(f.value)) {
        v = child_at(f.value, f.next++);
        break;
      }
      node = f.spine;
      objects_.insert(f.value.word, *node);
      frames.pop_back();
    }
  }
}

Result<std::optional<NodeId>> SeedTree::find_or_make_leaf(Value v) {
  using Found = std::optional<NodeId>;
  if (v.is_small()) return Found{small_atom(v.small())};
  if (const uint64_t* known = objects_.find(v.word)) return Found{static_cast<NodeId>(*known)};
  Found made;
  if (v.is_big()) {
    made = nat(v);
  } else if (is_bar(v)) {
    made = bar(v);
  } else if (is_cow(v)) {
    made = cow(cow_size(v));
  } else if (is_pin(v) && hole_count_ != 0) {
    PLAN_TRY(const Hash256* hash, pin_hash(v));
    const auto hole = holes_.find(*hash);
    if (hole == holes_.end()) return Found{};
    made = hole->second;
  } else {
    return Found{};
  }
  objects_.insert(v.word, *made);
  return made;
}

/// The start of the spine that the children of `v` hang on; nothing if the first child is it.
std::optional<NodeId> SeedTree::initial(Value v) {
  switch (v.object()->kind()) {
    case plan::Kind::kPin:
      return small_atom(4);
    case plan::Kind::kLaw: {
      const NodeId zero = small_atom(0);
      const NodeId named = cell(zero, nat(law_name(v)));
      return cell(named, nat(law_args(v)));
    }
    case plan::Kind::kRow:
      return cow_of(row_size(v));
    case plan::Kind::kSet: {
      const NodeId zero = small_atom(0);
      const NodeId named = cell(zero, small_atom(1));
      return cell(named, small_atom(2));
    }
    default:
      return std::nullopt;
  }
}

NodeId SeedTree::add(Node node) {
  nodes_.push_back(node);
  return static_cast<NodeId>(nodes_.size() - 1);
}

NodeId SeedTree::small_atom(uint64_t n) {
  if (n == UINT64_MAX) return big_atom({n});
  if (const uint64_t* known = small_atoms_.find(n + 1)) return static_cast<NodeId>(*known);
  const NodeId made = add({.a = n, .b = 1, .kind = Kind::kAtom});
  small_atoms_.insert(n + 1, made);
  return made;
}

NodeId SeedTree::big_atom(std::vector<uint64_t> limbs) {
  const auto [place, is_new] = big_atoms_.try_emplace(std::move(limbs), NodeId{0});
  const std::vector<uint64_t>& key = place->first;
  if (is_new) {
    const uint64_t a = key.size() == 1 ? key[0] : std::bit_cast<uint64_t>(key.data());
    place->second = add({.a = a, .b = key.size(), .kind = Kind::kAtom});
  }
  return place->second;
}

NodeId SeedTree::nat(Value n) {
  uint64_t scratch = 0;
  const std::span<const uint64_t> limbs = nat_limbs(n, scratch);
  if (limbs.empty()) return small_atom(0);
  if (limbs.size() == 1) return small_atom(limbs[0]);
  return big_atom({limbs.begin(), limbs.end()});
}

/// The law {0 n+1 0}.
NodeId SeedTree::cow(Value n) {
  if (n.is_small()) return cow_of(n.small());
  uint64_t scratch = 0;
  const std::span<const uint64_t> limbs = nat_limbs(n, scratch);
  std::vector<uint64_t> successor(limbs.begin(), limbs.end());
  size_t i = 0;
  while (i < successor.size() && ++successor[i] == 0) i++;
  if (i == successor.size()) successor.push_back(1);
  const NodeId zero = small_atom(0);
  const NodeId arity = successor.size() == 1 ? small_atom(successor[0]) : big_atom(successor);
  return cell(cell(cell(zero, zero), arity), zero);
}

NodeId SeedTree::cow_of(uint64_t n) {
  const NodeId zero = small_atom(0);
  const NodeId named = cell(zero, zero);
  return cell(cell(named, small_atom(n + 1)), zero);
}

/// The law {1 1 n}, n being the bytes followed by a 1.
NodeId SeedTree::bar(Value v) {
  const std::span<const uint8_t> bytes = bar_bytes(v);
  std::vector<uint64_t> limbs(bytes.size() / 8 + 1);
  if (!bytes.empty()) std::memcpy(limbs.data(), bytes.data(), bytes.size());
  limbs.back() |= uint64_t{1} << (bytes.size() % 8 * 8);
  const NodeId one = small_atom(1);
  const NodeId law = cell(cell(small_atom(0), one), one);
  return cell(law, limbs.size() == 1 ? small_atom(limbs[0]) : big_atom(std::move(limbs)));
}

NodeId SeedTree::cell(NodeId head, NodeId tail) {
  // Never zero: node 0 is a leaf and there are fewer than 2^32 nodes.
  const uint64_t key = (uint64_t{head} << 32 | tail) + 1;
  if (const uint64_t* known = cells_.find(key)) return static_cast<NodeId>(*known);
  const NodeId made = add({.a = head, .b = tail, .kind = Kind::kCell});
  cells_.insert(key, made);
  return made;
}

}  // namespace plan::gc
