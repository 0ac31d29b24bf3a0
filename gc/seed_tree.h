// gc/seed_tree.h: a value as a binary tree with atoms and holes as leaves, equal subtrees shared.
//
// This is the form that seeds encode (spec/seed.md section 3): `(f x y)` is ((f x) y), and laws,
// bars, rows, sets and tabs are spelled out as the applications they stand for.
//
// Lifecycle    : holes are interned first, so hole i is node i; then the value is walked.
// Invariants   : a cell comes after both of its parts; no two nodes are equal.
// Limits       : kSeedNodesMax nodes.
#pragma once

#include "base/hash.h"
#include "base/result.h"
#include "gc/word_map.h"
#include "value/value.h"

#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace plan::gc {

using NodeId = uint32_t;

class SeedTree {
 public:
  enum class Kind : uint8_t { kHole, kAtom, kCell };

  /// Interns `holes`, pins, and then `v`. Pins are told apart by hash. Fails if a hash is refused
  /// or there are too many nodes.
  static Result<SeedTree> build(Value v, std::span<const Value> holes);

  NodeId top() const { return top_; }
  uint64_t size() const { return nodes_.size(); }
  Kind kind(NodeId n) const { return nodes_[n].kind; }
  NodeId head(NodeId n) const { return static_cast<NodeId>(nodes_[n].a); }
  NodeId tail(NodeId n) const { return static_cast<NodeId>(nodes_[n].b); }
  /// Limbs of an atom, least significant first, one for 0. Valid as long as the tree.
  std::span<const uint64_t> atom(NodeId n) const {
    const Node& node = nodes_[n];
    return {node.b == 1 ? &node.a : std::bit_cast<const uint64_t*>(node.a), node.b};
  }
  uint64_t hole_count() const { return hole_count_; }

 private:
  /// Hole: a = number. Atom: b = limbs; a = the limb if there is one, else the address of the key
  /// in big_atoms_. Cell: a = head, b = tail.
  struct Node {
    uint64_t a = 0;
    uint64_t b = 0;
    Kind kind = Kind::kHole;
  };

  Status intern_holes(std::span<const Value> holes);
  Result<NodeId> walk(Value top);
  /// The node of a value without parts, or that was walked before.
  Result<std::optional<NodeId>> find_or_make_leaf(Value v);
  NodeId small_atom(uint64_t n);
  NodeId big_atom(std::vector<uint64_t> limbs);
  NodeId nat(Value n);
  NodeId cow(Value n);
  NodeId cow_of(uint64_t n);
  NodeId bar(Value v);
  NodeId cell(NodeId head, NodeId tail);
  NodeId add(Node node);
  std::optional<NodeId> initial(Value v);

  std::vector<Node> nodes_;
  WordMap cells_;                                      // cell_key -> cell
  WordMap small_atoms_;                                // n + 1 -> atom, n < 2^64 - 1
  WordMap objects_;                                    // value word -> its node
  std::map<std::vector<uint64_t>, NodeId> big_atoms_;  // also 2^64 - 1
  std::map<Hash256, NodeId> holes_;
  uint64_t hole_count_ = 0;
  NodeId top_ = 0;
};

}  // namespace plan::gc
