// gc/seed_save.cc: writing seeds, germs and pin heads.
//
// Note [Fragments]
//
// The format wants the tree cut into fragments, each a cell that later ones refer to by number. The
// reference encoder counts for each cell how often it occurs in the tree written out in full, and
// makes it a fragment if that is more than for the parent it was first met under. Occurrences are
// the sum of those of all parents, one per edge, and never zero; so they exceed the first parent's
// exactly if there is a second edge. Thus: a cell is a fragment if and only if two edges of the
// shared graph lead to it, or it is the top. This needs no counts that overflow, and linear time.
#include "gc/hash.h"
#include "gc/refs.h"
#include "gc/region.h"
#include "gc/seed.h"
#include "gc/seed_tree.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <string>

namespace plan::gc {

namespace {

using Kind = SeedTree::Kind;

constexpr uint64_t kByteAtoms = 256;

/// Canonical order of atoms (spec/seed.md section 2): by limb count and top limb descending; ties,
/// by the number the lower limbs make, *ascending*.
bool comes_first(std::span<const uint64_t> a, std::span<const uint64_t> b) {
  if (a.size() != b.size()) return a.size() > b.size();
  if (a.back() != b.back()) return a.back() > b.back();
  for (size_t i = a.size() - 1; i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i];
  }
  return false;
}

class BitWriter {
 public:
  explicit BitWriter(Bytes& out) : out_(out) {}
  /// The low `count` <= 32 bits of `bits`, least significant first.
  void put(uint64_t bits, unsigned count) {
    pending_ |= bits << used_;
    used_ += count;
    while (used_ >= 8) {
      out_.push_back(static_cast<uint8_t>(pending_));
      pending_ >>= 8;
      used_ -= 8;
    }
  }
  void finish() {
    if (used_ > 0) out_.push_back(static_cast<uint8_t>(pending_));
  }

 private:
  Bytes& out_;
  uint64_t pending_ = 0;
  unsigned used_ = 0;
};

void put_word(Bytes& out, uint64_t word) {
  const auto bytes = std::bit_cast<std::array<uint8_t, 8>>(word);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

class Encoder {
 public:
  explicit Encoder(const SeedTree& tree) : tree_(tree) {}

  Bytes run() {
    number_leaves();
    choose_fragments();
    write_leaves();
    BitWriter bits(out_);
    for (uint64_t i = 0; i < fragments_.size(); i++) write_fragment(bits, i);
    bits.finish();
    out_.resize((out_.size() + 7) / 8 * 8);
    return std::move(out_);
  }

 private:
  static constexpr uint32_t kNoNumber = UINT32_MAX;

  void number_leaves() {
    number_.assign(tree_.size(), kNoNumber);
    for (NodeId n = 0; n < tree_.size(); n++) {
      if (tree_.kind(n) == Kind::kHole) number_[n] = n;
      if (tree_.kind(n) == Kind::kAtom) atoms_.push_back(n);
    }
    std::sort(atoms_.begin(), atoms_.end(),
              [&](NodeId a, NodeId b) { return comes_first(tree_.atom(a), tree_.atom(b)); });
    uint64_t next = tree_.hole_count();
    for (const NodeId n : atoms_) number_[n] = static_cast<uint32_t>(next++);
    first_fragment_ = next;
  }

  /// Fills `fragments_` in post-order, head before tail. See Note [Fragments].
  void choose_fragments() {
    std::vector<bool> met(tree_.size());
    std::vector<bool> met_twice(tree_.size());
    const auto meet = [&](NodeId n) {
      if (met[n]) met_twice[n] = true;
      met[n] = true;
    };
    for (NodeId n = 0; n < tree_.size(); n++) {
      if (tree_.kind(n) != Kind::kCell) continue;
      meet(tree_.head(n));
      meet(tree_.tail(n));
    }
    met_twice[tree_.top()] = true;

    enum class Stage : uint8_t { kHead, kTail, kDone };
    struct Frame {
      NodeId node;
      Stage stage;
    };
    std::vector<Frame> frames{{tree_.top(), Stage::kHead}};
    while (!frames.empty()) {
      Frame& f = frames.back();
      const NodeId n = f.node;
      if (tree_.kind(n) != Kind::kCell || number_[n] != kNoNumber) {
        frames.pop_back();
        continue;
      }
      switch (f.stage) {
        case Stage::kHead:
          f.stage = Stage::kTail;
          frames.push_back({tree_.head(n), Stage::kHead});
          break;
        case Stage::kTail:
          f.stage = Stage::kDone;
          frames.push_back({tree_.tail(n), Stage::kHead});
          break;
        case Stage::kDone:
          if (met_twice[n]) {
            number_[n] = static_cast<uint32_t>(first_fragment_ + fragments_.size());
            fragments_.push_back(n);
          }
          frames.pop_back();
          break;
      }
    }
  }

  void write_leaves() {
    uint64_t bigs = 0;
    uint64_t words = 0;
    while (bigs < atoms_.size() && tree_.atom(atoms_[bigs]).size() > 1) bigs++;
    while (bigs + words < atoms_.size() && tree_.atom(atoms_[bigs + words])[0] >= kByteAtoms) {
      words++;
    }
    put_word(out_, tree_.hole_count());
    put_word(out_, bigs);
    put_word(out_, words);
    put_word(out_, atoms_.size() - bigs - words);
    put_word(out_, fragments_.size());
    for (uint64_t i = 0; i < bigs; i++) put_word(out_, tree_.atom(atoms_[i]).size());
    for (uint64_t i = 0; i < atoms_.size(); i++) {
      const std::span<const uint64_t> limbs = tree_.atom(atoms_[i]);
      if (i >= bigs + words) {
        out_.push_back(static_cast<uint8_t>(limbs[0]));
      } else {
        const auto* bytes = reinterpret_cast<const uint8_t*>(limbs.data());
        out_.insert(out_.end(), bytes, bytes + limbs.size_bytes());
      }
    }
  }

  void write_fragment(BitWriter& bits, uint64_t index) {
    const auto width = static_cast<unsigned>(std::bit_width(first_fragment_ + index - 1));
    const NodeId root = fragments_[index];
    work_.assign({tree_.tail(root), tree_.head(root)});
    while (!work_.empty()) {
      const NodeId n = work_.back();
      work_.pop_back();
      if (number_[n] != kNoNumber) {
        bits.put(0, 1);
        bits.put(number_[n], width);
      } else {
        bits.put(1, 1);
        work_.push_back(tree_.tail(n));
        work_.push_back(tree_.head(n));
      }
    }
  }

  const SeedTree& tree_;
  Bytes out_;
  std::vector<NodeId> atoms_;
  std::vector<NodeId> fragments_;
  std::vector<uint32_t> number_;  // place in the table, of leaves and fragments
  uint64_t first_fragment_ = 0;
  std::vector<NodeId> work_;
};

}  // namespace

Result<Bytes> save_seed_with_holes(Value v, std::span<const Value> holes) {
  PLAN_TRY(const SeedTree tree, SeedTree::build(v, holes));
  return Encoder(tree).run();
}

Result<Bytes> save_seed(Value v) {
  return save_seed_with_holes(v, {});
}

Result<Germ> save_germ(Value pin) {
  const Value item = pin_item(pin);
  PLAN_TRY(std::vector<Value> refs, pin_refs(item));
  PLAN_TRY(Bytes bytes, save_seed_with_holes(item, refs));
  return Germ{std::move(refs), std::move(bytes)};
}

Result<Bytes> save_head(std::span<const Value> refs) {
  Bytes out;
  out.reserve(head_bytes(refs.size()));
  put_word(out, refs.size());
  for (const Value pin : refs) {
    PLAN_TRY(const Hash256* hash, pin_hash(pin));
    out.insert(out.end(), hash->begin(), hash->end());
  }
  return out;
}

}  // namespace plan::gc
