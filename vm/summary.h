// vm/summary.h: what is found out about a law for the sake of its callers.
//
// Passes ask about the laws that are called: what they demand (vm/demand.h), whether they are small
// enough to be inlined (vm/inline.h), whether they are loops (vm/specialise.h), which arguments are
// nothing to them (vm/absence.h), which ones they enter once (vm/usage.h). Each answer takes a walk
// through the law, mostly after decoding it, so it is kept as long as the law. Of a law in a pin it
// depends on the content of the pin and on whether jets are on, and on nothing else: so it is
// stored under the hash of these (Tier::find_summary), and the next process need not look.
//
// Only pins whose hash is known are stored: to know it takes longer than to look into the law. What
// was found under a limit on the work, or by something that was, is provisional and not stored; nor
// does what is stored count for such limits until it is asked for. So code comes out the same with
// stored summaries and without, but for laws that meet these limits.
//
// Format     : encode_summary(). Read by decode_summary(), which takes nothing on trust; the bytes
//              are checked once more by whoever stores them.
// To extend  : a field of Summary, in both of these and in add_missing(); the format needs no
//              version, for stored summaries are of this very build (jit/code_cache.h).
// Limits     : kSummaryDemandsMax demands of a law.
#pragma once

#include "base/hash.h"
#include "value/value.h"
#include "vm/demand.h"
#include "vm/usage.h"

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace plan::gc {
struct Region;
}

namespace plan::vm {

/// Sets of arguments taken for nats, per function.
inline constexpr size_t kSummaryDemandsMax = 6;
/// Summary::inline_leaves of laws that are too large to be inlined, or recursive.
inline constexpr uint8_t kNeverInlined = 0xff;
inline constexpr size_t kSummaryBytesMax = 320;

struct Summary {
  FunctionDemands demands;
  std::optional<bool> is_loop;           ///< of use to vm/specialise.h
  std::optional<uint8_t> inline_leaves;  ///< the size of a law that vm/inline.h may take, or never
  std::optional<uint64_t> absent;        ///< parameters: absent_parameters()
  bool is_absent_provisional = false;    ///< as in KindsDemand
  std::optional<Usage> usage;            ///< what callers are told: it never changes
  bool is_usage_provisional = false;

  const KindsDemand* demand(uint64_t nats) const;
  /// What is not provisional.
  std::optional<uint64_t> stored_absent() const {
    return is_absent_provisional ? std::nullopt : absent;
  }
  const Usage* lasting_usage() const {
    return usage && !is_usage_provisional ? &*usage : nullptr;
  }
};

/// The summary as bytes, without what is provisional; empty if nothing is left.
std::vector<uint8_t> encode_summary(const Summary& summary);
/// And back: nullopt if that is no summary of a law with `arity` parameters.
std::optional<Summary> decode_summary(std::span<const uint8_t> bytes, uint64_t arity);

/// The summaries of the functions of one machine.
class Summaries {
 public:
  explicit Summaries(Machine& vm) : vm_(vm) {}

  /// What is known of a law or pin so far. The reference is good until the function is freed. What
  /// is added to it has to be noted.
  const Summary& of(Value function) { return kept(function).known; }
  bool knows(Value function) const { return kept_.contains(function.word); }
  /// The demand if it is known, here or in what is stored.
  const KindsDemand* find_demand(Value function, uint64_t nats);
  void add_demand(Value function, const KindsDemand& demand);
  void set_loop(Value function, bool is_loop);
  void set_inline_leaves(Value function, uint8_t leaves);
  void set_absent(Value function, uint64_t parameters, bool is_provisional);
  void set_usage(Value function, const Usage& usage, bool is_provisional);
  /// What is stored of a usage that is not known: true where that holds which it relies on. Null
  /// if there is nothing.
  const Usage* stored_usage(Value function);
  /// Now it is known.
  void take_stored_usage(Value function);

  /// Gives the tier what is new.
  void store();
  /// The functions of the region are about to be freed.
  void forget(Value function);

  uint64_t laws_walked = 0;  ///< for the sake of callers
  uint64_t found = 0;        ///< summaries that were stored

 private:
  struct Kept {
    Summary known;
    FunctionDemands stored;  ///< asked for or not
    std::optional<Usage> stored_usage;
    bool is_new = false;
  };

  Kept& kept(Value function);
  std::optional<Hash256> key_of(Value function) const;
  void store(Value function, Kept& kept);

  Machine& vm_;
  std::unordered_map<Word, Kept> kept_;  ///< of functions that have Code
};

}  // namespace plan::vm
