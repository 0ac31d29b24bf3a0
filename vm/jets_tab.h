// vm/jets_tab.h: building tabs from parts of tabs. Private to the vm/jets*.cc files.
#pragma once

#include "vm/jets_leaf.h"

namespace plan::vm {

/// Keys strictly ascending, normal forms; as many values.
Value make_tab_of(gc::Heap& heap, Value key_row, Value value_row);
/// The entries [from, to).
Value tab_slice(gc::Heap& heap, Value tab, uint64_t from, uint64_t to);

Value tab_insert(gc::Heap& heap, Value tab, uint64_t index, Value key, Value v);
Value tab_replace(gc::Heap& heap, Value tab, uint64_t index, Value v);
Value tab_remove(gc::Heap& heap, Value tab, uint64_t index);

}  // namespace plan::vm
