// sire/context.h: what the passes of the front end share while a block is executed.
//
// Rex values that are still needed stand on a stack of roots and are known by their position
// (Node), because expanding a macro moves everything. See NodeScope.
#pragma once

#include "sire/ast.h"
#include "sire/binding.h"
#include "sire/failure.h"
#include "sire/inline.h"
#include "sire/rex_view.h"
#include "sire/state.h"
#include "sire/symbol.h"
#include "vm/eval.h"

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

namespace plan::sire {

class Console;

/// Of the Rex a failure is about, this many words are remembered to find it in the source.
inline constexpr size_t kBlamedWordsMax = 8;

/// Position of a Rex value on the stack of nodes.
using Node = size_t;

struct Context {
  Context(vm::Evaluator& evaluator, Console& console);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  vm::Evaluator& evaluator;
  gc::Heap& heap;
  Console& console;
  Failure failure;
  SymbolTable symbols;
  BindingTable bindings;
  AstArena permanent;  ///< what is known of bindings
  State state;
  RexValueMaker rex;
  gc::Root macro_error;    ///< the `err` that macros are given
  gc::Root macro_success;  ///< and `ok`
  InlineEnvironment inlining;
  std::atomic<bool>* interrupt = nullptr;  ///< raised to stop the front end; may be null

  // --- The block under way.
  std::string file;    ///< `foo.sire` or `REPL`
  uint64_t line = 0;   ///< of its first line
  gc::RootList nodes;  ///< the stack; the block itself is at the bottom
  AstArena arena;
  ConstantPool constants;

  Value node(Node n) const { return nodes.values[n]; }
  RexView view(Node n) const { return view_rex(nodes.values[n]); }
  Node push(Value rex_value) {
    nodes.values.push_back(rex_value);
    return nodes.values.size() - 1;
  }

  /// Records `reason` about `problem`; returns false. `problem` may be any Rex value.
  bool fail(Value problem, std::string_view reason);
  bool fail(Node problem, std::string_view reason) { return fail(node(problem), reason); }
  /// Records that a macro refused `input`, with its message, a nat.
  bool fail_macro(Value input, Value message);

  // --- The first failure of the block, for people.
  std::string first_reason;
  std::vector<std::string> blamed_words;  ///< of the Rex it was about, a few

 private:
  bool fail_about(std::string_view op, std::string_view what, Value problem,
                  std::string_view reason);
};

/// Pops what was pushed since it was made.
class NodeScope {
 public:
  explicit NodeScope(Context& context) : context_(context), size_(context.nodes.values.size()) {}
  ~NodeScope() { context_.nodes.values.resize(size_); }
  NodeScope(const NodeScope&) = delete;
  NodeScope& operator=(const NodeScope&) = delete;

 private:
  Context& context_;
  size_t size_;
};

/// Forgets the block before and begins one: `rex` is Node 0.
void begin_block(Context& context, Value rex, std::string_view file, uint64_t line);

/// The name a key leaf stands for, as a nat; nothing if `v` is no key (spec/sire.md 3.1). Digits
/// make a number, so this allocates.
struct KeyReading {
  bool is_key = false;
  bool is_number = false;  ///< a word of digits
  bool is_word = false;    ///< any other word
  Value nat;
};
KeyReading read_key_leaf(gc::Heap& heap, const RexView& view);

/// Expands the node by a macro: `node` becomes what the macro returned, in normal form.
bool expand(Context& context, const Binding* macro, Node node);

}  // namespace plan::sire
