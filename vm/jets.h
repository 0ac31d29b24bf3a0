// vm/jets.h: the laws known by hash, by name and by number.
//
// A pin whose content is directly a law matches a jet if name and hash are those of the table
// (spec/jets.md section 1). How the code of a jet is written: vm/jet_abi.h.
#pragma once

#include "gc/region.h"
#include "vm/jet_abi.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace plan::vm {

/// Position in jet_table(). The values are those of vm/jets.def, in its order; then those of
/// vm/ir_leaves.def, which no law matches.
enum class JetId : int16_t {
#define PLAN_JET(id, name, arity, leaf, hash_hex) id,
#define PLAN_IR_JET(id, name, arity, hash_hex) id,
#define PLAN_LAW_JET(id, name, arity, hash_hex) id,
#define PLAN_IR_LEAF(id, name, arity, leaf) id,
#include "vm/jets.def"
#include "vm/ir_leaves.def"
#undef PLAN_JET
#undef PLAN_IR_JET
#undef PLAN_LAW_JET
#undef PLAN_IR_LEAF
  kCount
};

inline constexpr uint32_t kJetCount =
#define PLAN_JET(id, name, arity, leaf, hash_hex) 1 +
#define PLAN_IR_JET(id, name, arity, hash_hex) 1 +
#define PLAN_LAW_JET(id, name, arity, hash_hex) 1 +
#include "vm/jets.def"
#undef PLAN_JET
#undef PLAN_IR_JET
#undef PLAN_LAW_JET
    0;

/// The jet of that name, whatever the hash. O(log jets).
std::optional<JetId> find_jet_name(std::string_view name);
/// The jet of that name and hash. O(log jets).
std::optional<JetId> find_jet(std::string_view name, const gc::Hash& hash);

/// The jet's row of the table, or what stands for one of an IR leaf.
const JetRow& jet_row(JetId id);

}  // namespace plan::vm
