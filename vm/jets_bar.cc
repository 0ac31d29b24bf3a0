// vm/jets_bar.cc: jets on byte strings.
#include "base/hash.h"
#include "vm/jets_leaf.h"
#include "vm/jets_tree.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace plan::vm {
namespace {

Value bar_slice(gc::Heap& heap, Value bar, uint64_t from, uint64_t to) {
  const auto bytes = bar_bytes(bar);
  if (from == 0 && to == bytes.size()) return bar;
  return gc::make_bar(heap, bytes.subspan(from, to - from));
}

/// Concatenates.
JetResult cat_bars(JetCall& c, const std::vector<Value>& bars) {
  uint64_t size = 0;
  for (const Value bar : bars) size += bar_bytes(bar).size();
  if (size >> 47 != 0 || !c.heap.fits(size)) return out_of_memory();
  const Value result = gc::make_bar_uninitialised(c.heap, size);
  uint64_t at = 0;
  for (size_t i = 0; i < bars.size(); ++i) {
    if (i % kPollElements == 0) PLAN_POLL(c);
    const auto bytes = bar_bytes(bars[i]);
    if (bytes.empty()) continue;
    std::memcpy(gc::bar_data(result) + at, bytes.data(), bytes.size());
    at += bytes.size();
  }
  return done(result);
}

}  // namespace

JetResult jet_is_bar(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done_bit(is_bar(c.args[0]));
}

JetResult jet_bar(JetCall& c) {
  if (c.state == 0) {
    c.state = 1;
    return need_normal(c.args[0]);
  }
  return done(gc::make_law(c.heap, small_nat(1), small_nat(1), c.needed));
}

JetResult jet_nat_bar(JetCall& c) {
  PLAN_NEED(c.args[0]);
  uint64_t scratch = 0;
  const auto limbs = nat_limbs(nat_of(c.args[0]), scratch);
  const uint64_t size = (nat_met(c.args[0]).small() + 7) / 8;
  return done(gc::make_bar(c.heap, {reinterpret_cast<const uint8_t*>(limbs.data()), size}));
}

JetResult jet_bar_nat(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (!is_bar(c.args[0])) return decline();
  return done(gc::make_nat_bytes(c.heap, bar_bytes(c.args[0])));
}

JetResult jet_bar_len(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (!is_bar(c.args[0])) return decline();
  return done(small_nat(bar_bytes(c.args[0]).size()));
}

JetResult jet_bar_is_empty(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (is_bar(c.args[0])) return done_bit(bar_bytes(c.args[0]).empty());
  return done_bit(is_law(c.args[0]) && law_body(c.args[0]) == small_nat(1));
}

// 256^size + n: a bar only if n fits.
JetResult jet_nat_to_sized_bar(JetCall& c) {
  PLAN_NEED(c.args[1]);
  PLAN_NEED(c.args[0]);
  const uint64_t size = small_or(c.args[0], kSmallNatMax);
  if (size >> 47 != 0 || !c.heap.fits(2 * size)) return out_of_memory();
  if (nat_met(c.args[1]).small() <= 8 * size) {
    uint64_t scratch = 0;
    const auto limbs = nat_limbs(nat_of(c.args[1]), scratch);
    const Value bar = gc::make_bar_uninitialised(c.heap, size);
    const uint64_t used = std::min<uint64_t>(size, 8 * limbs.size());
    if (size != 0) std::memset(gc::bar_data(bar), 0, size);
    if (used != 0) std::memcpy(gc::bar_data(bar), limbs.data(), used);
    return done(bar);
  }
  const JetResult top = nat_bex(c.heap, small_nat(8 * size));
  if (top.status != JetStatus::kDone) return top;
  const Value body = nat_add(c.heap, top.value, c.args[1]);
  return done(gc::make_law(c.heap, small_nat(1), small_nat(1), body));
}

JetResult jet_bar_idx(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  if (!is_bar(c.args[1])) return decline();
  const auto bytes = bar_bytes(c.args[1]);
  const uint64_t index = clamp_count(c.args[0], bytes.size());
  return done(small_nat(index < bytes.size() ? bytes[index] : 0));
}

JetResult jet_bar_weld(JetCall& c) {
  PLAN_NEED(c.args[1]);
  PLAN_NEED(c.args[0]);
  if (!is_bar(c.args[0]) || !is_bar(c.args[1])) return decline();
  if (bar_bytes(c.args[0]).empty()) return done(c.args[1]);
  if (bar_bytes(c.args[1]).empty()) return done(c.args[0]);
  return cat_bars(c, {c.args[0], c.args[1]});
}

JetResult jet_bar_cat(JetCall& c) {
  if (const auto unfinished = need_row_of(c, is_bar)) return *unfinished;
  const Value row = c.args[0];
  const uint64_t size = row_size(row);
  std::vector<Value> bars;
  for (uint64_t i = 0; i < size; ++i) bars.push_back(row_at(row, i));
  return cat_bars(c, bars);
}

JetResult jet_bar_take(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  if (!is_bar(c.args[1])) return decline();
  const uint64_t size = bar_bytes(c.args[1]).size();
  return done(bar_slice(c.heap, c.args[1], 0, clamp_generic(c.args[0], size)));  // D-08
}

JetResult jet_bar_drop(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  if (!is_bar(c.args[1])) return decline();
  const uint64_t size = bar_bytes(c.args[1]).size();
  return done(bar_slice(c.heap, c.args[1], clamp_count(c.args[0], size), size));
}

JetResult jet_bar_slice_to_nat(JetCall& c) {
  PLAN_NEED(c.args[1]);
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[2]);
  if (!is_bar(c.args[2])) return run_law();
  const auto bytes = bar_bytes(c.args[2]);
  const uint64_t from = clamp_count(c.args[0], bytes.size());
  const uint64_t count = clamp_generic(c.args[1], bytes.size() - from);
  return done(gc::make_nat_bytes(c.heap, bytes.subspan(from, count)));
}

JetResult jet_bar_elem_index_end(JetCall& c) {
  PLAN_NEED(c.args[1]);
  if (!is_bar(c.args[1])) return decline();
  const auto bytes = bar_bytes(c.args[1]);
  if (bytes.empty()) return done(small_nat(0));
  PLAN_NEED(c.args[0]);
  if (!c.args[0].is_small() || c.args[0].small() > 255) return done(small_nat(0));
  const void* at = memrchr(bytes.data(), static_cast<int>(c.args[0].small()), bytes.size());
  if (at == nullptr) return done(small_nat(0));
  const auto index = static_cast<uint64_t>(static_cast<const uint8_t*>(at) - bytes.data());
  return done(make_some(c.heap, small_nat(index)));
}

JetResult jet_bar_elem_index_off(JetCall& c) {
  PLAN_NEED(c.args[1]);
  PLAN_NEED(c.args[2]);
  if (!is_bar(c.args[2])) return decline();
  const auto bytes = bar_bytes(c.args[2]);
  const uint64_t from = clamp_generic(c.args[1], bytes.size());
  const Value none = small_nat(bytes.size());
  if (from == bytes.size()) return done(none);
  PLAN_NEED(c.args[0]);
  if (!c.args[0].is_small() || c.args[0].small() > 255) return done(none);
  const void* at =
      std::memchr(bytes.data() + from, static_cast<int>(c.args[0].small()), bytes.size() - from);
  if (at == nullptr) return done(none);
  return done(small_nat(static_cast<uint64_t>(static_cast<const uint8_t*>(at) - bytes.data())));
}

JetResult jet_bar_flat(JetCall& c) {
  const JetResult forced = force_tree(c, c.args[0]);
  if (forced.status != JetStatus::kDone) return forced;
  if (is_bar(c.args[0])) return done(c.args[0]);
  std::vector<Value> bars;
  if (!collect_leaves(c, c.args[0], is_bar, bars)) return aborted_by_interrupt();
  return cat_bars(c, bars);
}

JetResult jet_blake3(JetCall& c) {
  const JetResult forced = force_tree(c, c.args[0]);
  if (forced.status != JetStatus::kDone) return forced;
  std::vector<Value> bars;
  if (!collect_leaves(c, c.args[0], is_bar, bars)) return aborted_by_interrupt();
  constexpr size_t kPollBytes = size_t{1} << 20;
  Blake3 hasher;
  size_t unpolled = 0;
  for (const Value bar : bars) {
    auto bytes = bar_bytes(bar);
    while (!bytes.empty()) {
      const size_t piece = std::min(bytes.size(), kPollBytes - unpolled);
      hasher.update(bytes.first(piece));
      bytes = bytes.subspan(piece);
      unpolled += piece;
      if (unpolled < kPollBytes) continue;
      unpolled = 0;
      PLAN_POLL(c);
    }
  }
  return done(gc::make_bar(c.heap, hasher.finish()));
}

}  // namespace plan::vm
