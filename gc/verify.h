// gc/verify.h: walks everything reachable and checks the invariants of value/object.h.
#pragma once

#include "gc/collector.h"

namespace plan::gc {

/// Aborts with a message if a value reachable from roots, stack or remembered set is malformed: a
/// pointer outside the spaces, a tag that does not fit the kind, a closure in head position, a
/// region that refers to a mutable object, an old object with young parts that is not remembered.
/// `extra` is one more root. Linear in the heap; for Config::verify and tests.
void verify_heap(Heap& heap, InfoTable& infos, Value extra);

}  // namespace plan::gc
