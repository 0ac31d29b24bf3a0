// vm/summary.cc: summaries as bytes, in memory, and on their way to what is stored.
#include "vm/summary.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "gc/make.h"
#include "gc/region.h"
#include "vm/machine.h"

namespace plan::vm {

namespace {

constexpr uint8_t kTotal = 1;
constexpr uint8_t kGivesNat = 2;
constexpr uint8_t kNotKnown = 0xfe;  ///< in place of an answer

class Writer {
 public:
  template <typename T>
  void add(T value) {
    const auto* from = reinterpret_cast<const uint8_t*>(&value);
    bytes_.insert(bytes_.end(), from, from + sizeof value);
  }
  std::vector<uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  /// Zero once there are too few.
  template <typename T>
  T take() {
    T value = 0;
    if (bytes_.size() < sizeof value) {
      is_good_ = false;
      bytes_ = {};
      return value;
    }
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_ = bytes_.subspan(sizeof value);
    return value;
  }
  bool is_good() const { return is_good_; }
  bool is_at_end() const { return is_good_ && bytes_.empty(); }

 private:
  std::span<const uint8_t> bytes_;
  bool is_good_ = true;
};

void write_demand(Writer& to, const KindsDemand& d) {
  to.add(d.nats);
  to.add(d.demand.kinds_asked);
  const int flags = (d.demand.total ? kTotal : 0) | (d.demand.gives_nat ? kGivesNat : 0);
  to.add(static_cast<uint8_t>(flags));
  to.add(static_cast<uint8_t>(d.demand.order().size()));
  for (const uint8_t argument : d.demand.order()) to.add(argument);
}

/// A set of arguments of a law with so many parameters.
bool is_set_of(uint64_t bits, uint64_t arity) { return arity >= 64 || bits >> arity == 0; }

void write_usage(Writer& to, const Usage& usage) {
  PLAN_ASSERT(usage.relies_on.size() <= kReliancesMax);
  to.add(static_cast<uint8_t>(usage.relies_on.size()));
  to.add(usage.once);
  for (const Reliance& r : usage.relies_on) {
    to.add(r.constant);
    to.add(r.parameters);
  }
}

std::optional<Usage> read_usage(Reader& from, uint8_t count, uint64_t arity) {
  if (count > kReliancesMax) return std::nullopt;
  Usage usage;
  usage.once = from.take<uint64_t>();
  if (!is_set_of(usage.once, arity)) return std::nullopt;
  for (uint32_t i = 0; i < count; ++i) {
    Reliance r;
    r.constant = from.take<uint16_t>();
    r.parameters = from.take<uint64_t>();
    usage.relies_on.push_back(r);
  }
  return usage;
}

std::optional<KindsDemand> read_demand(Reader& from, uint64_t arity) {
  KindsDemand d;
  d.nats = from.take<uint64_t>();
  d.demand.kinds_asked = from.take<uint64_t>();
  if (!is_set_of(d.nats, arity) || !is_set_of(d.demand.kinds_asked, arity)) return std::nullopt;
  const auto flags = from.take<uint8_t>();
  d.demand.total = (flags & kTotal) != 0;
  d.demand.gives_nat = (flags & kGivesNat) != 0;
  if ((flags & ~(kTotal | kGivesNat)) != 0) return std::nullopt;
  if (d.demand.gives_nat && !d.demand.total) return std::nullopt;
  const auto count = from.take<uint8_t>();
  for (uint32_t i = 0; i < count; ++i) {
    const auto argument = from.take<uint8_t>();
    const auto before = d.demand.order();
    const bool is_twice = std::find(before.begin(), before.end(), argument) != before.end();
    if (!from.is_good() || is_twice || argument >= arity) return std::nullopt;
    if (!d.demand.add(argument)) return std::nullopt;
  }
  return d;
}

const KindsDemand* find(const FunctionDemands& demands, uint64_t nats) {
  for (const KindsDemand& d : demands) {
    if (d.nats == nats) return &d;
  }
  return nullptr;
}

/// Whether there was anything to be added.
bool add_missing(Summary& to, const Summary& from) {
  bool is_more = false;
  for (const KindsDemand& d : from.demands) {
    const bool has_room = to.demands.size() < kSummaryDemandsMax;
    if (d.is_provisional || to.demand(d.nats) != nullptr || !has_room) continue;
    to.demands.push_back(d);
    is_more = true;
  }
  if (from.is_loop && !to.is_loop) {
    to.is_loop = from.is_loop;
    is_more = true;
  }
  if (from.inline_leaves && !to.inline_leaves) {
    to.inline_leaves = from.inline_leaves;
    is_more = true;
  }
  if (from.stored_absent() && !to.absent) {
    to.absent = from.absent;
    is_more = true;
  }
  if (from.lasting_usage() != nullptr && !to.usage) {
    to.usage = from.usage;
    is_more = true;
  }
  return is_more;
}

}  // namespace

const KindsDemand* Summary::demand(uint64_t nats) const { return find(demands, nats); }

std::vector<uint8_t> encode_summary(const Summary& summary) {
  Writer to;
  to.add(summary.is_loop ? static_cast<uint8_t>(*summary.is_loop) : kNotKnown);
  to.add(summary.inline_leaves.value_or(kNotKnown));
  const std::optional<uint64_t> absent = summary.stored_absent();
  to.add(absent ? uint8_t{1} : kNotKnown);
  to.add(absent.value_or(0));
  const Usage* usage = summary.lasting_usage();
  if (usage != nullptr) {
    write_usage(to, *usage);
  } else {
    to.add(kNotKnown);
  }
  uint8_t count = 0;
  Writer demands;
  for (const KindsDemand& d : summary.demands) {
    if (d.is_provisional) continue;
    write_demand(demands, d);
    ++count;
  }
  const bool is_empty = count == 0 && !summary.is_loop && !summary.inline_leaves && !absent;
  if (is_empty && usage == nullptr) return {};
  to.add(count);
  std::vector<uint8_t> bytes = to.take();
  const std::vector<uint8_t> more = demands.take();
  bytes.insert(bytes.end(), more.begin(), more.end());
  PLAN_ASSERT(bytes.size() <= kSummaryBytesMax);
  return bytes;
}

std::optional<Summary> decode_summary(std::span<const uint8_t> bytes, uint64_t arity) {
  Reader from(bytes);
  Summary summary;
  const auto is_loop = from.take<uint8_t>();
  if (is_loop > 1 && is_loop != kNotKnown) return std::nullopt;
  if (is_loop != kNotKnown) summary.is_loop = is_loop == 1;
  const auto leaves = from.take<uint8_t>();
  if (leaves != kNotKnown) summary.inline_leaves = leaves;
  const auto has_absent = from.take<uint8_t>();
  const auto absent = from.take<uint64_t>();
  if (has_absent != 1 && (has_absent != kNotKnown || absent != 0)) return std::nullopt;
  if (!is_set_of(absent, arity)) return std::nullopt;
  if (has_absent == 1) summary.absent = absent;
  if (const auto reliances = from.take<uint8_t>(); reliances != kNotKnown) {
    summary.usage = read_usage(from, reliances, arity);
    if (!summary.usage) return std::nullopt;
  }
  const auto count = from.take<uint8_t>();
  if (count > kSummaryDemandsMax) return std::nullopt;
  for (uint32_t i = 0; i < count; ++i) {
    const std::optional<KindsDemand> d = read_demand(from, arity);
    if (!d || summary.demand(d->nats) != nullptr) return std::nullopt;
    summary.demands.push_back(*d);
  }
  const bool is_empty = count == 0 && !summary.is_loop && !summary.inline_leaves &&
                        !summary.absent && !summary.usage;
  if (!from.is_at_end() || is_empty) return std::nullopt;
  return summary;
}

/// Under what the function's summary is stored, if it is.
std::optional<Hash256> Summaries::key_of(Value function) const {
  if (vm_.tier == nullptr || !is_pin(function)) return std::nullopt;
  const gc::Region& region = *gc::pin_region(function);
  if (!region.has_hash) return std::nullopt;
  Blake3 hash;
  const uint8_t jets = vm_.options.jets ? 1 : 0;
  hash.update({&jets, 1});
  hash.update(region.hash);
  return hash.finish();
}

Summaries::Kept& Summaries::kept(Value function) {
  const auto [place, is_new] = kept_.try_emplace(function.word);
  Kept& kept = place->second;
  if (!is_new) return kept;
  function_info(vm_, function);  // its region tells when this has to go
  const std::optional<Hash256> key = key_of(function);
  if (!key) return kept;
  std::optional<Summary> stored =
      decode_summary(vm_.tier->find_summary(*key), gc::eval_arity(function));
  if (!stored) return kept;
  ++found;
  kept.stored = std::move(stored->demands);
  kept.known.is_loop = stored->is_loop;
  kept.known.inline_leaves = stored->inline_leaves;
  kept.known.absent = stored->absent;
  kept.stored_usage = std::move(stored->usage);
  return kept;
}

const KindsDemand* Summaries::find_demand(Value function, uint64_t nats) {
  Kept& k = kept(function);
  if (const KindsDemand* known = k.known.demand(nats)) return known;
  const KindsDemand* stored = find(k.stored, nats);
  if (stored == nullptr || k.known.demands.size() >= kSummaryDemandsMax) return nullptr;
  k.known.demands.push_back(*stored);
  return &k.known.demands.back();
}

void Summaries::add_demand(Value function, const KindsDemand& demand) {
  Kept& k = kept(function);
  k.known.demands.push_back(demand);
  k.is_new = k.is_new || !demand.is_provisional;
}

void Summaries::set_loop(Value function, bool is_loop) {
  Kept& k = kept(function);
  k.known.is_loop = is_loop;
  k.is_new = true;
}

void Summaries::set_inline_leaves(Value function, uint8_t leaves) {
  PLAN_ASSERT(leaves != kNotKnown);
  Kept& k = kept(function);
  k.known.inline_leaves = leaves;
  k.is_new = true;
}

void Summaries::set_absent(Value function, uint64_t parameters, bool is_provisional) {
  Kept& k = kept(function);
  k.known.absent = parameters;
  k.known.is_absent_provisional = is_provisional;
  k.is_new = k.is_new || !is_provisional;
}

void Summaries::set_usage(Value function, const Usage& usage, bool is_provisional) {
  Kept& k = kept(function);
  PLAN_ASSERT(!k.known.usage);
  k.known.usage = usage;
  k.known.is_usage_provisional = is_provisional;
  k.is_new = k.is_new || !is_provisional;
}

const Usage* Summaries::stored_usage(Value function) {
  const std::optional<Usage>& stored = kept(function).stored_usage;
  return stored ? &*stored : nullptr;
}

void Summaries::take_stored_usage(Value function) {
  Kept& k = kept(function);
  PLAN_ASSERT(!k.known.usage && k.stored_usage);
  k.known.usage = k.stored_usage;
}

void Summaries::store(Value function, Kept& kept) {
  if (!kept.is_new) return;
  kept.is_new = false;
  const std::optional<Hash256> key = key_of(function);
  if (!key) return;
  // Others may have added some since it was looked for, or its hash was not known then.
  Summary all = decode_summary(vm_.tier->find_summary(*key), gc::eval_arity(function))
                    .value_or(Summary{});
  if (add_missing(all, kept.known)) vm_.tier->add_summary(*key, encode_summary(all));
}

void Summaries::store() {
  for (auto& [function, kept] : kept_) store(Value{function}, kept);
}

void Summaries::forget(Value function) {
  const auto at = kept_.find(function.word);
  if (at == kept_.end()) return;
  store(function, at->second);
  kept_.erase(at);
}

}  // namespace plan::vm
