// sire/read_expr.cc: Rex to expressions.
#include "sire/read_expr.h"

#include "gc/make.h"
#include "sire/show.h"

namespace plan::sire {

bool try_read_key(Context& context, Value rex, Symbol& key) {
  const KeyReading reading = read_key_leaf(context.heap, view_rex(rex));
  if (!reading.is_key) return false;
  key = context.symbols.intern(reading.nat);
  return true;
}

bool read_key(Context& context, Value rex, Symbol& key) {
  return try_read_key(context, rex, key) ||
         context.fail(rex, "Bad key: expected something like: 234, foo, 'foo'");
}

bool ExpressionReader::read_key(Value rex, Symbol& key) {
  return sire::read_key(context_, rex, key);
}

const Ast* ExpressionReader::read(Node node) {
  locals_.clear();
  nesting_ = 0;
  return read_within(node);
}

const Ast* ExpressionReader::read_body(Node node, Symbol self,
                                       const std::vector<Symbol>& parameters, bool& recursive) {
  locals_.clear();
  nesting_ = 0;
  locals_.push_back({self, false});
  for (const Symbol name : parameters) locals_.push_back({name, false});
  const Ast* body = read_within(node);
  recursive = locals_[0].mentioned;
  return body;
}

const Ast* ExpressionReader::read_within(Node node) {
  if (++nesting_ > kAstHeightMax) return fail(node, "the expression nests too deeply");
  const Ast* result = nullptr;
  for (;;) {
    const RexView view = context_.view(node);
    if (view.form == RexForm::kEvil) {
      result = fail(node, "malformed rex");
    } else if (view.form == RexForm::kEmbed) {
      result = constant(view.text);
    } else if (view.form == RexForm::kLine) {
      result = read_lines(node);
    } else if (view.is_leaf()) {
      result = read_leaf(node, view);
    } else {
      const Symbol rune = context_.symbols.intern(view.text);
      const Binding* macro = nullptr;
      const Found found = context_.state.lookup(rune, macro);
      if (found == Found::kFailed) return nullptr;
      if (found == Found::kYes) {
        if (!expand(context_, macro, node)) return nullptr;
        continue;
      }
      result = read_plain_node(node, rune);
    }
    break;
  }
  nesting_--;
  return result;
}

/// Reads a part of `node`, at a position of its own.
const Ast* ExpressionReader::read_kid(Node node, uint64_t i) {
  NodeScope scope(context_);
  return read_within(context_.push(context_.view(node).kid(i)));
}

/// Gives the parts of `node` positions of their own, in order; their number.
uint64_t ExpressionReader::push_kids(Node node) {
  const RexView view = context_.view(node);
  const uint64_t count = view.kid_count();
  for (uint64_t i = 0; i < count; ++i) context_.push(view.kid(i));
  return count;
}

const Ast* ExpressionReader::read_plain_node(Node node, Symbol rune) {
  switch (rune) {
    case kRuneApply:
    case kRuneApplyTwin:
    case kRuneDash:
    case kRuneDashTwin:
      return read_apply(node);
    case kRuneMark:
    case kRuneMarkTwin:
      return read_mark(node);
    case kRuneLet:
    case kRuneLetTwin:
      return read_let(node);
    case kRuneLetrec:
    case kRuneLetrecTwin:
      return read_letrec(node);
    case kRuneKet:
    case kRuneKetTwin:
      return read_ket(node);
    case kRuneLambda:
    case kRuneLambdaTwin:
      return read_anonymous(node);
    case kRuneNamed:
    case kRuneNamedTwin:
      return read_named(node, false);
    case kRunePinned:
    case kRunePinnedTwin:
      return read_named(node, true);
    case kRuneRefer:
    case kRuneReferTwin:
      return read_reference(node);
    default:
      return fail(node, "Undefined rune: " + nat_text(context_.symbols.nat(rune)));
  }
}

// --- Leaves.

const Ast* ExpressionReader::read_leaf(Node node, const RexView& view) {
  if (view.has_heir()) return read_through_hash(node, "leaf-juxtaposition, but no # macro");
  const KeyReading key = read_key_leaf(context_.heap, view);
  if (!key.is_key) return read_through_hash(node, "don't know how to parse this leaf");
  return key.is_word ? resolve(node, key.nat) : constant(key.nat);
}

/// A leaf that is no literal, or has an heir, is read as what the macro `#` makes of it.
const Ast* ExpressionReader::read_through_hash(Node node, const char* complaint) {
  const Binding* macro = nullptr;
  const Found found = context_.state.lookup(kRuneHash, macro);
  if (found == Found::kFailed) return nullptr;
  if (found == Found::kNo) return fail(node, complaint);
  const RexView view = context_.view(node);
  const Value hash = context_.symbols.nat(kRuneHash);
  Value input;
  if (view.has_heir()) {
    const Value leaf = context_.rex.leaf(view.form, view.text);
    input = context_.rex.node(RexForm::kInfix, hash, std::array{leaf, view.heir});
  } else {
    input = context_.rex.node(RexForm::kPrefix, hash, std::array{context_.node(node)});
  }
  NodeScope scope(context_);
  const Node expansion = context_.push(input);
  return expand(context_, macro, expansion) ? read_within(expansion) : nullptr;
}

/// A column of line strings is one constant.
const Ast* ExpressionReader::read_lines(Node node) {
  std::string text;
  RexView view = context_.view(node);
  for (;;) {
    text += nat_text(view.text);
    if (!view.has_heir()) break;
    text += '\n';
    const Value heir = view.heir;
    view = view_rex(heir);
    if (view.form != RexForm::kLine) return fail(heir, "Mis-matched node in text block");
  }
  return constant(gc::make_cord(context_.heap, text));
}

const Ast* ExpressionReader::resolve(Node node, Value name) {
  const Symbol symbol = context_.symbols.intern(name);
  for (size_t level = locals_.size(); level-- > 0;) {
    if (locals_[level].name != symbol) continue;
    locals_[level].mentioned = true;
    return context_.arena.variable(static_cast<uint32_t>(level));
  }
  const Binding* binding = nullptr;
  switch (context_.state.lookup(symbol, binding)) {
    case Found::kYes:
      return context_.arena.global(binding);
    case Found::kFailed:
      return nullptr;
    case Found::kNo:
      break;
  }
  return fail(node, "Unresolved symbol: " + print_key(context_.symbols.nat(symbol)));
}

const Ast* ExpressionReader::resolve_in_module(Node node, Value module, Value name) {
  const std::string wanted = print_key(module) + "." + print_key(name);
  const Binding* binding = nullptr;
  switch (context_.state.lookup_in_module(module, name, binding)) {
    case Found::kYes:
      return context_.arena.global(binding);
    case Found::kFailed:
      return nullptr;
    case Found::kNo:
      break;
  }
  return fail(node, "Unresolved symbol: " + wanted);
}

// --- Nodes with a meaning of their own.

const Ast* ExpressionReader::read_apply(Node node) {
  NodeScope scope(context_);
  const Node first = context_.nodes.values.size();
  const uint64_t count = push_kids(node);
  if (count == 0) return fail(node, "empty application");
  const std::span<const Ast*> parts = context_.arena.list<const Ast*>(count);
  for (uint64_t i = 0; i < count; ++i) {
    parts[i] = read_within(first + i);
    if (parts[i] == nullptr) return nullptr;
  }
  return context_.arena.apply(parts[0], parts.subspan(1));
}

const Ast* ExpressionReader::read_mark(Node node) {
  if (context_.view(node).kid_count() != 1) {
    return fail(node, "This needs to have only one parameter");
  }
  const Ast* operand = read_kid(node, 0);
  return operand == nullptr ? nullptr : context_.arena.mark(operand);
}

const Ast* ExpressionReader::read_let(Node node) {
  const RexView view = context_.view(node);
  if (view.kid_count() != 3) return fail(node, "Three paramaters are required");
  Symbol name = kNoSymbol;
  if (!read_key(view.kid(0), name)) return nullptr;
  const Ast* value = read_kid(node, 1);
  if (value == nullptr) return nullptr;
  locals_.push_back({name, false});
  const Ast* body = read_kid(node, 2);
  locals_.pop_back();
  return body == nullptr ? nullptr : context_.arena.let(value, body);
}

/// The chain of `=` nodes under `@@`. The nodes of the values are pushed one after the other.
bool ExpressionReader::read_bind_sequence(Node node, std::vector<Symbol>& names,
                                          Node& first_value) {
  first_value = context_.nodes.values.size();
  Value link = context_.view(node).kid(0);
  for (;;) {
    const RexView view = view_rex(link);
    const bool is_bind =
        view.is_node() && view.text == context_.symbols.nat(kRuneDefine) && view.son_count() == 2;
    if (!is_bind) return context_.fail(node, "Invalid (=) bind-seq");
    Symbol name = kNoSymbol;
    if (!read_key(view.kid(0), name)) return false;
    names.push_back(name);
    context_.push(view.kid(1));
    if (!view.has_heir()) return true;
    link = view.heir;
  }
}

const Ast* ExpressionReader::read_letrec(Node node) {
  if (context_.view(node).kid_count() != 2) return fail(node, "Two paramaters are required");
  NodeScope scope(context_);
  std::vector<Symbol> names;
  Node first_value = 0;
  if (!read_bind_sequence(node, names, first_value)) return nullptr;
  const size_t outside = locals_.size();
  // The first binding is the innermost.
  for (size_t i = names.size(); i-- > 0;) locals_.push_back({names[i], false});
  std::vector<const Ast*> values;
  for (size_t i = 0; i < names.size(); ++i) {
    const Ast* value = read_within(first_value + i);
    if (value == nullptr) return nullptr;
    values.push_back(value);
  }
  const Ast* body = read_kid(node, 1);
  locals_.resize(outside);
  return body == nullptr ? nullptr : context_.arena.letrec(values, body);
}

const Ast* ExpressionReader::read_ket(Node node) {
  const uint64_t count = context_.view(node).kid_count();
  if (count < 2) return fail(node, "Needs at least two paramaters");
  const Ast* value = read_kid(node, count - 1);
  if (value == nullptr) return nullptr;
  locals_.push_back({kWildcard, false});
  std::vector<const Ast*> parts;
  for (uint64_t i = 0; i + 1 < count; ++i) {
    const Ast* part = read_kid(node, i);
    if (part == nullptr) return nullptr;
    parts.push_back(part);
  }
  locals_.pop_back();
  const Ast* body = context_.arena.apply(parts[0], std::span<const Ast* const>(parts).subspan(1));
  return context_.arena.let(value, body);
}

bool ExpressionReader::read_anonymous_signature(Value rex, std::vector<Symbol>& parameters) {
  const RexView view = view_rex(rex);
  if (view.is_node() && view.text == context_.symbols.nat(kRuneApply)) {
    for (uint64_t i = 0; i < view.kid_count(); ++i) {
      parameters.push_back(kNoSymbol);
      if (!read_key(view.kid(i), parameters.back())) return false;
    }
    return true;
  }
  if (!view.is_leaf()) return context_.fail(rex, "Expected something like: (x y z)");
  parameters.push_back(kNoSymbol);
  return read_key(rex, parameters.back());
}

/// Reads kid `kid` of `node` as the body of a function, and makes the function.
const Ast* ExpressionReader::read_function_body(Node node, uint64_t kid,
                                                const std::vector<Symbol>& parameters,
                                                Lambda lambda, Symbol self) {
  const size_t outside = locals_.size();
  locals_.push_back({self, false});
  for (const Symbol name : parameters) locals_.push_back({name, false});
  lambda.body = read_kid(node, kid);
  if (lambda.body == nullptr) return nullptr;
  lambda.recursive = locals_[outside].mentioned;
  lambda.parameters = static_cast<uint32_t>(parameters.size());
  locals_.resize(outside);
  return context_.arena.lambda(lambda);
}

const Ast* ExpressionReader::read_anonymous(Node node) {
  const RexView view = context_.view(node);
  const uint64_t count = view.kid_count();
  if (count != 2 && count != 3) return fail(node, "Expected two or three parameters");
  Lambda lambda;
  lambda.tag = context_.symbols.intern(small_nat(0));
  if (count == 3 && !read_key(view.kid(0), lambda.tag)) return nullptr;
  std::vector<Symbol> parameters;
  if (!read_anonymous_signature(view.kid(count - 2), parameters)) return nullptr;
  return read_function_body(node, count - 1, parameters, lambda, kNoSymbol);
}

bool ExpressionReader::read_signature_head(Value rex, Signature& signature) {
  const RexView view = view_rex(rex);
  if (!view.is_node() || view.text != context_.symbols.nat(kRuneMark)) {
    return read_key(rex, signature.name);
  }
  signature.marked = true;
  if (view.kid_count() != 1) return context_.fail(rex, "Expected something like **x");
  return read_key(view.kid(0), signature.name);
}

bool ExpressionReader::read_named_signature(Value rex, Signature& signature) {
  const RexView view = view_rex(rex);
  if (view.is_leaf()) return read_key(rex, signature.name);
  if (!view.is_node() || view.text != context_.symbols.nat(kRuneApply)) {
    return context_.fail(rex, "Expecting something like: (f x y)");
  }
  if (view.kid_count() == 0) return context_.fail(rex, "Expected at least one parameter");
  if (!read_signature_head(view.kid(0), signature)) return false;
  for (uint64_t i = 1; i < view.kid_count(); ++i) {
    signature.parameters.push_back(kNoSymbol);
    if (!read_key(view.kid(i), signature.parameters.back())) return false;
  }
  return true;
}

const Ast* ExpressionReader::read_named(Node node, bool pin) {
  const RexView view = context_.view(node);
  const uint64_t count = view.kid_count();
  if (count != 2 && count != 3) return fail(node, "Expected two or three parameters");
  Lambda lambda;
  lambda.pin = pin;
  if (count == 3 && !read_key(view.kid(0), lambda.tag)) return nullptr;
  Signature signature;
  if (!read_named_signature(view.kid(count - 2), signature)) return nullptr;
  lambda.mark = signature.marked;
  if (count == 2) lambda.tag = signature.name;
  return read_function_body(node, count - 1, signature.parameters, lambda, signature.name);
}

const Ast* ExpressionReader::read_reference(Node node) {
  const RexView view = context_.view(node);
  const uint64_t count = view.kid_count();
  if (count != 1 && count != 2) return fail(node, "Needs one or two parameters");
  Symbol first = kNoSymbol;
  if (!read_key(view.kid(0), first)) return nullptr;
  if (count == 1) return resolve(node, context_.symbols.nat(first));
  Symbol second = kNoSymbol;
  if (!read_key(view.kid(1), second)) return nullptr;
  return resolve_in_module(node, context_.symbols.nat(first), context_.symbols.nat(second));
}

}  // namespace plan::sire
