// vm/jets_ir.h: jets written in our own IR: those that are given a function.
//
// Such a jet is a law that we wrote ourselves, in the text of vm/ir_text.h, and that runs in the
// place of the law in its pin. The interpreter, the native tier and the passes of the optimiser see
// a law like any other; so a jet that is called with a known function becomes a loop with that
// function in it. See Note [Jets in IR] in vm/jets_ir.cc. The texts are the files vm/jets_*.ir.
#pragma once

#include "base/result.h"
#include "gc/heap.h"
#include "vm/jets.h"

#include <map>
#include <string>
#include <string_view>

namespace plan::vm {

struct Machine;

/// The laws made of the texts, for one machine. What they consist of never moves.
class IrJets {
 public:
  explicit IrJets(gc::Heap& heap) : heap_(heap), kept_(heap) {}

  /// The law of a jet written in IR; `pin` is one that matched it. A bad text is a fatal error.
  /// Direct code. Uses the heap for the time being, so heap.hp must be current; leaves nothing
  /// there.
  Value law_of(JetId jet, Value pin);

 private:
  Value make(std::string_view name, Value pin);
  Value resolve(std::string_view name, Value pin);
  Value leaf(JetId id);
  Value keep(Value value);
  Value law_behind(Value pin, JetId leaf);

  gc::Heap& heap_;
  gc::RootList kept_;
  std::map<JetId, Value> jets_;                       ///< in IR
  std::map<JetId, Value> leaves_;                     ///< pins that stand for jets and IR leaves
  std::map<std::string, Value, std::less<>> shared_;  ///< laws that any jet may use
};

/// The law whose body runs when `function`, a law or a pin around one, is called with all its
/// arguments: for a jet written in IR, that. 0 for other jets, and for what is no law. As law_of().
Value running_law(Machine& vm, Value function);
/// Whether `function` is a jet written in IR.
bool is_ir_jet(Value function);

/// The names of all laws in the texts, in their order. For tests.
std::vector<std::string_view> names_in_ir_texts();

}  // namespace plan::vm
