// vm/jets_pad.cc: jets on bit strings, which are nats whose top set bit only marks the end.
//
// What is not a nat, and 0, count as the empty bit string, 1.
#include "value/nat.h"
#include "vm/jets_leaf.h"
#include "vm/jets_tree.h"

#include <bit>
#include <vector>

namespace plan::vm {
namespace {

Value pad_of(Value v) {
  return is_true(v) ? v : small_nat(1);
}

/// Concatenates.
JetResult cat_pads(JetCall& c, const std::vector<Value>& pads) {
  uint64_t bits = 0;
  for (const Value pad : pads) bits += nat_met(pad_of(pad)).small() - 1;
  if (!c.heap.fits(bits / 8 + 16)) return out_of_memory();
  std::vector<uint64_t> limbs(bits / 64 + 2, 0);
  uint64_t at = 0;  // bits done
  for (size_t i = 0; i < pads.size(); ++i) {
    if (i % kPollElements == 0) PLAN_POLL(c);
    uint64_t scratch = 0;
    const nat::Limbs pad = nat_limbs(pad_of(pads[i]), scratch);
    const uint64_t shift = at % 64;
    for (size_t k = 0; k < pad.size(); ++k) {
      limbs[at / 64 + k] |= pad[k] << shift;
      if (shift != 0) limbs[at / 64 + k + 1] |= pad[k] >> (64 - shift);
    }
    at += nat::bit_length(pad) - 1;
    limbs[at / 64] &= ~(uint64_t{1} << (at % 64));  // the next one's first bit goes here
  }
  limbs[at / 64] |= uint64_t{1} << (at % 64);
  return done(gc::make_nat(c.heap, limbs));
}

}  // namespace

JetResult jet_pad_weld(JetCall& c) {
  PLAN_NEED(c.args[1]);
  PLAN_NEED(c.args[0]);
  const Value x = pad_of(c.args[0]);
  const Value y = pad_of(c.args[1]);
  const Value width = nat_dec(c.heap, nat_met(x));
  const JetResult high = nat_lsh(c.heap, y, width);
  if (high.status != JetStatus::kDone) return high;
  return done(nat_dis(c.heap, nat_trunc(c.heap, x, width), high.value));
}

JetResult jet_pad_cat(JetCall& c) {
  const Value row = c.args[0];
  PLAN_NEED(row);
  if (!is_row(row)) return decline();
  std::vector<Value> pads;
  for (uint64_t i = 0; i < row_size(row); ++i) {
    if (i >= c.state) {
      PLAN_NEED(row_at(row, i));
      c.state = i + 1;
    }
  }
  for (uint64_t i = 0; i < row_size(row); ++i) pads.push_back(row_at(row, i));
  return cat_pads(c, pads);
}

JetResult jet_pad_flat(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (c.args[0].is_nat()) return done(c.args[0]);  // D-12
  const JetResult forced = force_tree(c, c.args[0]);
  if (forced.status != JetStatus::kDone) return forced;
  std::vector<Value> pads;
  if (!collect_leaves(
          c, c.args[0], [](Value v) { return v.is_nat(); }, pads)) {
    return aborted_by_interrupt();
  }
  return cat_pads(c, pads);
}

}  // namespace plan::vm
