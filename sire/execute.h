// sire/execute.h: one block of Sire: definitions, assertions, imports (spec/sire.md 4 and 5).
#pragma once

#include "sire/context.h"

namespace plan::sire {

/// Executes the Rex value `block`, which began at `line` of `file`. False after recording the
/// failure, which is wrapped as the failure of this block; the state is then what it was when the
/// failure happened: the caller restores it if it goes on.
bool execute_block(Context& context, Value block, std::string_view file, uint64_t line);

/// Turns a crash that escapes from a block into the failure of the block; returns false.
bool wrap_failure(Context& context);

/// Brings everything in a finished module into scope. Part of execute_block, and of starting a
/// prompt. False after recording a failure.
bool import_module(Context& context, Node blamed, Symbol module,
                   const std::vector<Symbol>* only = nullptr);

}  // namespace plan::sire
