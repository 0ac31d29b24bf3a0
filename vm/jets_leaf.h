// vm/jets_leaf.h: declares the code of the jets. Private to the vm/jets*.cc files.
//
// What each computes is said in spec/jets.tsv and, family by family, in the vm/jets_*.cc files.
#pragma once

#include "vm/jet_abi.h"

namespace plan::vm {

#define PLAN_JET(id, name, arity, leaf, hash_hex) JetResult leaf(JetCall& call);
#define PLAN_LAW_JET(id, name, arity, hash_hex)
#include "vm/jets.def"
#undef PLAN_JET
#undef PLAN_LAW_JET

}  // namespace plan::vm
