// sire/read_expr.h: Rex to expressions (spec/sire.md section 7).
//
// Macros are expanded on the way, so reading evaluates, and may change the state. A node is read
// where it stands on the stack of nodes; what it expands to takes its place.
#pragma once

#include "sire/context.h"

#include <vector>

namespace plan::sire {

class ExpressionReader {
 public:
  explicit ExpressionReader(Context& context) : context_(context) {}

  /// The expression at `node`, with nothing in scope but globals; null after recording a failure.
  const Ast* read(Node node);
  /// The body of a function that knows itself by `self` and its parameters by name. `recursive`
  /// says whether the body mentions the function.
  const Ast* read_body(Node node, Symbol self, const std::vector<Symbol>& parameters,
                       bool& recursive);

 private:
  struct Local {
    Symbol name;  ///< kNoSymbol cannot be mentioned
    bool mentioned;
  };
  struct Signature {
    bool marked = false;
    Symbol name = kNoSymbol;
    std::vector<Symbol> parameters;
  };

  const Ast* fail(Node node, std::string_view reason) {
    context_.fail(node, reason);
    return nullptr;
  }
  const Ast* fail(Value node, std::string_view reason) {
    context_.fail(node, reason);
    return nullptr;
  }

  const Ast* read_within(Node node);
  const Ast* read_kid(Node node, uint64_t i);
  uint64_t push_kids(Node node);
  const Ast* read_plain_node(Node node, Symbol rune);
  const Ast* read_leaf(Node node, const RexView& view);
  const Ast* read_lines(Node node);
  const Ast* read_through_hash(Node node, const char* complaint);
  const Ast* read_apply(Node node);
  const Ast* read_mark(Node node);
  const Ast* read_let(Node node);
  const Ast* read_letrec(Node node);
  const Ast* read_ket(Node node);
  const Ast* read_anonymous(Node node);
  const Ast* read_named(Node node, bool pin);
  const Ast* read_reference(Node node);
  const Ast* resolve(Node node, Value name);
  const Ast* resolve_in_module(Node node, Value module, Value name);
  const Ast* read_function_body(Node node, uint64_t kid, const std::vector<Symbol>& parameters,
                                Lambda lambda, Symbol self);

  bool read_key(Value rex, Symbol& key);
  bool read_anonymous_signature(Value rex, std::vector<Symbol>& parameters);
  bool read_named_signature(Value rex, Signature& signature);
  bool read_signature_head(Value rex, Signature& signature);
  bool read_bind_sequence(Node node, std::vector<Symbol>& names, Node& first_value);

  const Ast* constant(Value v) { return context_.arena.constant(context_.constants.add(v)); }
  uint32_t depth() const { return static_cast<uint32_t>(locals_.size()); }

  Context& context_;
  std::vector<Local> locals_;  // by level
  uint32_t nesting_ = 0;
};

/// The symbol of a key leaf; false if `rex` is none.
bool try_read_key(Context& context, Value rex, Symbol& key);
/// The same, recording a failure.
bool read_key(Context& context, Value rex, Symbol& key);

}  // namespace plan::sire
