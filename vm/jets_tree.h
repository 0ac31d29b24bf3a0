// vm/jets_tree.h: the leaves of a tree of applications, for barFlat, padFlat and _Blake3.
// Private to the vm/jets*.cc files.
#pragma once

#include "vm/jets_leaf.h"

#include <vector>

namespace plan::vm {

/// Evaluates `root` and, in the order of _Idx, everything that applications in it hold. kDone when
/// there is nothing left to evaluate. Uses call.state and call.scratch[0].
JetResult force_tree(JetCall& call, Value root);

/// The leaves of an evaluated tree that `keep` wants, in order. False if interrupted.
bool collect_leaves(const JetCall& call, Value root, bool (*keep)(Value),
                    std::vector<Value>& leaves);

}  // namespace plan::vm
