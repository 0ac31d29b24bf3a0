// sire/execute.cc: the commands of Sire.
#include "sire/execute.h"

#include "gc/make.h"
#include "sire/console.h"
#include "sire/evaluate.h"
#include "sire/read_expr.h"
#include "sire/show.h"
#include "sire/tab.h"
#include "value/nat.h"
#include "value/order.h"

#include <algorithm>
#include <array>

namespace plan::sire {

namespace {

Value successor(gc::Heap& heap, Value nat) {
  if (nat.is_small()) return gc::make_nat(heap, nat.small() + 1);
  uint64_t scratch = 0;
  const nat::Limbs limbs = nat_limbs(nat, scratch);
  const uint64_t one = 1;
  std::vector<uint64_t> sum(limbs.size() + 1);
  sum.resize(nat::add(sum.data(), limbs, {&one, 1}));
  return gc::make_nat(heap, sum);
}

/// The texts as upstream shows a list of them: ["a","b"].
std::string haskell_list(const std::vector<std::string>& texts) {
  std::string result = "[";
  for (const std::string& text : texts) {
    if (result.size() > 1) result += ',';
    result += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') result += '\\';
      result += c;
    }
    result += '"';
  }
  return result + "]";
}

class Executor {
 public:
  explicit Executor(Context& context) : context_(context), reader_(context) {}

  bool execute_from(Node first);

 private:
  struct Binder {
    bool is_function = false;
    bool marked = false;
    Symbol name = kNoSymbol;
    std::vector<Symbol> parameters;
  };

  bool fail(Node node, std::string_view reason) { return context_.fail(node, reason); }
  Symbol rune_of(const RexView& view) { return context_.symbols.intern(view.text); }
  /// The heir of `node` if that is a node with the same rune: the next link of a chain.
  bool next_in_chain(Node node, Value& heir) const;
  std::string rune_text(Node node) const { return nat_text(context_.view(node).text); }

  bool execute_plain(Node node, Symbol rune);
  bool execute_expression(Node node);
  bool define_chain(Node node);
  bool define(Node node, uint64_t operand_count);
  bool read_binder(Value rex, Binder& binder);
  bool read_law_binder(Value rex, Binder& binder);
  const Ast* read_bound(Node node, uint64_t kid, const Binder& binder);
  bool bind(Node node, const gc::Root& key, const Ast* properties, Symbol name, const Ast* code);
  bool assert_chain(Node node);
  bool assert_equal(Node node);
  bool filter_chain(Node node);
  void sort_names(std::vector<Symbol>& names) const;
  bool filter_scope(std::vector<Symbol>& names);
  bool import_chain(Node node);
  bool enter_module(Node node);

  Context& context_;
  ExpressionReader reader_;
};

bool Executor::next_in_chain(Node node, Value& heir) const {
  const RexView view = context_.view(node);
  if (!view.has_heir()) return false;
  const RexView next = view_rex(view.heir);
  heir = view.heir;
  return next.is_node() && compare_keys(next.text, view.text) == 0;
}

// --- Which command.

/// Executes what stands on the stack from `first` on, last first. A node `*` is replaced by its
/// kids, so that neither nesting nor a chain of heirs recurses.
bool Executor::execute_from(Node first) {
  while (context_.nodes.values.size() > first) {
    const Node node = context_.nodes.values.size() - 1;
    const bool is_node = context_.view(node).is_node();
    const Symbol rune = is_node ? rune_of(context_.view(node)) : kNoSymbol;
    if (is_node) {
      const Binding* macro = nullptr;
      const Found found = context_.state.lookup(rune, macro);
      if (found == Found::kFailed) return false;
      if (found == Found::kYes) {
        if (!expand(context_, macro, node)) return false;
        continue;
      }
    }
    if (rune == kRuneMulti || rune == kRuneMultiTwin) {
      const RexView view = context_.view(node);
      context_.nodes.values.pop_back();
      for (uint64_t i = view.kid_count(); i-- > 0;) context_.push(view.kid(i));
      continue;
    }
    if (!(is_node ? execute_plain(node, rune) : execute_expression(node))) return false;
    context_.nodes.values.resize(node);
  }
  return true;
}

bool Executor::execute_plain(Node node, Symbol rune) {
  switch (rune) {
    case kRuneDefine:
    case kRuneDefineTwin:
      return define_chain(node);
    case kRuneModule:
      return enter_module(node);
    case kRuneFilter:
    case kRuneFilterTwin:
      return filter_chain(node);
    case kRuneAssert:
    case kRuneAssertTwin:
      return assert_chain(node);
    case kRuneImport:
    case kRuneImportTwin:
      return import_chain(node);
    case kRuneApply:
    case kRuneApplyTwin:
    case kRuneDash:
    case kRuneDashTwin:
    case kRuneMark:
    case kRuneMarkTwin:
    case kRuneLet:
    case kRuneLetTwin:
    case kRuneLetrec:
    case kRuneLetrecTwin:
    case kRuneKet:
    case kRuneKetTwin:
    case kRuneLambda:
    case kRuneLambdaTwin:
    case kRuneNamed:
    case kRuneNamedTwin:
    case kRunePinned:
    case kRunePinnedTwin:
    case kRuneRefer:
    case kRuneReferTwin:
      return execute_expression(node);
    default:
      return fail(node, "Unbound rune: " + rune_text(node));
  }
}

bool Executor::execute_expression(Node node) {
  const Ast* e = reader_.read(node);
  if (e == nullptr) return false;
  gc::Root value(context_.heap);
  Value suspended;
  if (!suspend_expression(context_, e, suspended)) return false;
  value.set(suspended);
  if (!evaluate_normal(context_, value)) return false;
  context_.console.print_value(value.get());
  return true;
}

// --- `=`

bool Executor::define_chain(Node node) {
  for (;;) {
    Value heir;
    const bool more = next_in_chain(node, heir);
    const RexView view = context_.view(node);
    if (!define(node, more ? view.son_count() : view.kid_count())) return false;
    if (!more) return true;
    context_.nodes.values[node] = context_.view(node).heir;
  }
}

bool Executor::define(Node node, uint64_t operand_count) {
  if (operand_count < 2 || operand_count > 4) {
    return fail(node, "Define cmd needs two or three parameters");
  }
  const uint64_t binder_at = operand_count - 2;
  gc::Root key(context_.heap, small_nat(0));
  if (operand_count > 2) {
    Symbol symbol = kNoSymbol;
    if (!read_key(context_, context_.view(node).kid(0), symbol)) return false;
    key.set(context_.symbols.nat(symbol));
  }
  const Ast* properties = nullptr;
  if (operand_count == 4) {
    NodeScope scope(context_);
    properties = reader_.read(context_.push(context_.view(node).kid(1)));
    if (properties == nullptr) return false;
  }
  Binder binder;
  if (!read_binder(context_.view(node).kid(binder_at), binder)) return false;
  const Ast* code = read_bound(node, binder_at + 1, binder);
  return code != nullptr && bind(node, key, properties, binder.name, code);
}

bool Executor::read_binder(Value rex, Binder& binder) {
  if (try_read_key(context_, rex, binder.name)) return true;
  if (read_law_binder(rex, binder)) return true;
  return context_.fail(rex, "Bad binder: expected foo (foo bar), (**foo bar), etc");
}

bool Executor::read_law_binder(Value rex, Binder& binder) {
  const RexView view = view_rex(rex);
  if (!view.is_node() || view.text != context_.symbols.nat(kRuneApply)) return false;
  if (view.kid_count() == 0) return false;
  binder.is_function = true;
  Value head = view.kid(0);
  const RexView mark = view_rex(head);
  if (mark.is_node() && mark.text == context_.symbols.nat(kRuneMark) && mark.son_count() == 1 &&
      !mark.has_heir()) {
    binder.marked = true;
    head = mark.kid(0);
  }
  if (!try_read_key(context_, head, binder.name)) return false;
  for (uint64_t i = 1; i < view.kid_count(); ++i) {
    binder.parameters.push_back(kNoSymbol);
    if (!try_read_key(context_, view.kid(i), binder.parameters.back())) return false;
  }
  return true;
}

/// What a binder is bound to: an expression, or the function whose body the expression is.
const Ast* Executor::read_bound(Node node, uint64_t kid, const Binder& binder) {
  NodeScope scope(context_);
  const Node body = context_.push(context_.view(node).kid(kid));
  if (!binder.is_function) return reader_.read(body);
  Lambda lambda;
  lambda.pin = true;
  lambda.mark = binder.marked;
  lambda.tag = binder.name;
  lambda.parameters = static_cast<uint32_t>(binder.parameters.size());
  lambda.body = reader_.read_body(body, binder.name, binder.parameters, lambda.recursive);
  return lambda.body == nullptr ? nullptr : context_.arena.lambda(lambda);
}

/// Evaluates and binds. The key 0 asks for the next free one.
bool Executor::bind(Node node, const gc::Root& key, const Ast* properties, Symbol name,
                    const Ast* code) {
  gc::Root value(context_.heap);
  gc::Root props(context_.heap, small_nat(0));
  Value suspended;
  if (!suspend_expression(context_, code, suspended)) return false;
  value.set(suspended);
  if (!evaluate_normal(context_, value)) return false;
  if (properties != nullptr) {
    if (!suspend_expression(context_, properties, suspended)) return false;
    props.set(suspended);
    if (!evaluate_normal(context_, props)) return false;
  }
  Value location;
  Value scope;
  Value next_key;
  bool is_nat = false;
  if (!context_.state.get_context(location)) return false;
  const gc::Root where(context_.heap, location);
  if (!context_.state.get_next_key(next_key, is_nat)) return false;
  if (!is_nat) return fail(node, "next-key slot in state is not a nat");
  if (!context_.state.get_scope(scope)) return false;

  // From here on nothing evaluates.
  if (!context_.state.get_next_key(next_key, is_nat)) return false;
  Value own_key = key.get();
  if (own_key == small_nat(0)) {
    own_key = next_key;
    context_.state.set_next_key(successor(context_.heap, next_key));
  }
  const Value noun = ast_noun(context_.heap, context_.symbols, context_.constants, code);
  const Value row = gc::make_row(
      context_.heap,
      std::array{own_key, value.get(), noun, where.get(), context_.symbols.nat(name), props.get()});
  context_.state.bind(name, gc::make_pin(context_.heap, row));
  context_.console.print_binding(context_.symbols.nat(name), value.get());
  return true;
}

// --- `=?=`

bool Executor::assert_chain(Node node) {
  for (;;) {
    Value heir;
    const bool more = next_in_chain(node, heir);
    if (!more) return assert_equal(node);
    {
      // The link alone, without its heir, is what is shown and blamed.
      NodeScope scope(context_);
      const RexView view = context_.view(node);
      std::vector<Value> sons;
      for (uint64_t i = 0; i < view.son_count(); ++i) sons.push_back(view.kid(i));
      if (!assert_equal(context_.push(context_.rex.node(view.form, view.text, sons)))) return false;
    }
    context_.nodes.values[node] = context_.view(node).heir;
  }
}

bool Executor::assert_equal(Node node) {
  context_.console.print_value(context_.node(node));
  if (context_.view(node).kid_count() != 2) {
    return fail(node, rune_text(node) + " expects two parameters");
  }
  const Ast* sides[2] = {nullptr, nullptr};
  for (uint64_t i = 0; i < 2; ++i) {
    NodeScope scope(context_);
    sides[i] = reader_.read(context_.push(context_.view(node).kid(i)));
    if (sides[i] == nullptr) return false;
  }
  gc::Root left(context_.heap);
  gc::Root right(context_.heap);
  Value suspended;
  if (!suspend_expression(context_, sides[0], suspended)) return false;
  left.set(suspended);
  if (!evaluate_head(context_, left)) return false;
  if (!suspend_expression(context_, sides[1], suspended)) return false;
  right.set(suspended);
  if (!evaluate_head(context_, right)) return false;
  if (!evaluate_normal(context_, left) || !evaluate_normal(context_, right)) return false;
  if (equal_normal(left.get(), right.get())) return true;
  const Value star = context_.symbols.nat(kRuneMulti);
  const auto side = [&](const gc::Root& value, Value next) {
    return context_.rex.node(RexForm::kOpen, star,
                             std::array{value_as_rex(context_.rex, value.get())}, next);
  };
  const Value both = side(left, side(right, small_nat(0)));
  const Value problem =
      context_.rex.node(RexForm::kOpen, context_.symbols.nat(kRuneAssert), {}, both);
  return context_.fail(problem, "ASSERTION FAILURE");
}

// --- Scope and modules.

/// `^-^`: all names first, then the filter.
bool Executor::filter_chain(Node node) {
  std::vector<Symbol> names;
  for (;;) {
    const RexView view = context_.view(node);
    for (uint64_t i = 0; i < view.son_count(); ++i) {
      names.push_back(kNoSymbol);
      if (!read_key(context_, view.kid(i), names.back())) return false;
    }
    if (!view.has_heir()) return filter_scope(names);
    Value heir;
    const bool same = next_in_chain(node, heir);
    context_.nodes.values[node] = view.heir;
    if (!same) return fail(node, "Bad export-filter syntax");
  }
}

/// Sorts names as nats and drops repetitions.
void Executor::sort_names(std::vector<Symbol>& names) const {
  std::sort(names.begin(), names.end(), [&](Symbol a, Symbol b) {
    return compare_keys(context_.symbols.nat(a), context_.symbols.nat(b)) < 0;
  });
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

bool Executor::filter_scope(std::vector<Symbol>& names) {
  sort_names(names);
  Value scope;
  if (!context_.state.get_scope(scope)) return false;
  std::vector<uint64_t> positions;
  std::string missing;
  for (const Symbol name : names) {
    const std::optional<uint64_t> position = tab_find(scope, context_.symbols.nat(name));
    if (position) {
      positions.push_back(*position);
    } else {
      if (!missing.empty()) missing += ", ";
      missing += print_key(context_.symbols.nat(name));
    }
  }
  if (!missing.empty()) {
    return context_.fail(context_.rex.word("logic error"),
                         "filter for non-existing keys: " + missing);
  }
  context_.state.set_scope(tab_select(context_.heap, scope, positions));
  return true;
}

bool Executor::import_chain(Node node) {
  const Symbol rune = rune_of(context_.view(node));
  NodeScope scope(context_);
  const Node link = context_.push(context_.node(node));
  for (;;) {
    const RexView view = context_.view(link);
    if (!view.is_node() || rune_of(view) != rune || view.son_count() < 1 || view.son_count() > 2) {
      return fail(link, "Bad import syntax");
    }
    std::vector<Symbol> names;
    const RexView list = view.son_count() == 2 ? view_rex(view.kid(1)) : RexView{};
    if (view.son_count() == 2 &&
        (!list.is_node() || list.has_heir() || list.text != context_.symbols.nat(kRuneComma))) {
      return fail(link, "Bad import syntax");
    }
    Symbol module = kNoSymbol;
    if (!read_key(context_, view.kid(0), module)) return false;
    if (view.son_count() == 2) {
      for (uint64_t i = 0; i < list.son_count(); ++i) {
        names.push_back(kNoSymbol);
        if (!read_key(context_, list.kid(i), names.back())) return false;
      }
      sort_names(names);
    }
    if (!import_module(context_, node, module, view.son_count() == 2 ? &names : nullptr)) {
      return false;
    }
    const Value heir = context_.view(link).heir;
    if (heir == small_nat(0)) return true;
    context_.nodes.values[link] = heir;
  }
}

bool Executor::enter_module(Node node) {
  const RexView view = context_.view(node);
  const uint64_t count = view.kid_count();
  const RexView from = count == 2 ? view_rex(view.kid(1)) : RexView{};
  const bool has_from = count == 2 && from.is_node() &&
                        from.text == context_.symbols.nat(kRuneFrom) && from.son_count() == 1 &&
                        !from.has_heir();
  if (count != 1 && !has_from) {
    return fail(node, "Expected something like (#### foo) or (#### foo <- bar)");
  }
  Symbol target = kNoSymbol;
  Symbol expected = context_.symbols.intern(small_nat(0));
  if (!read_key(context_, view.kid(0), target)) return false;
  if (has_from && !read_key(context_, from.kid(0), expected)) return false;
  Value current;
  if (!context_.state.get_context(current)) return false;
  const bool is_expected = compare_keys(current, context_.symbols.nat(expected)) == 0;
  if (has_from && !is_expected) return fail(node, "That's not where we were");
  if (!has_from) {
    Value scope;
    if (!context_.state.get_scope(scope)) return false;
    if (!is_expected || tab_size(scope) != 0) {
      return fail(node, "#### without predecessor, but not in initial state");
    }
  }
  return context_.state.switch_to(target);
}

}  // namespace

bool import_module(Context& context, Node blamed, Symbol module, const std::vector<Symbol>* only) {
  Value scope;
  bool is_loaded = false;
  bool is_pinned_tab = false;
  if (!context.state.get_module(context.symbols.nat(module), scope, is_loaded, is_pinned_tab)) {
    return false;
  }
  if (!is_loaded) {
    return context.fail(blamed, "Module not loaded: " + print_key(context.symbols.nat(module)));
  }
  if (!is_pinned_tab) return context.fail(blamed, "module is not a pin");
  // The module's scope is in pin space and does not move.
  if (only != nullptr) {
    std::vector<uint64_t> positions;
    std::vector<std::string> missing;
    for (const Symbol name : *only) {
      const std::optional<uint64_t> position = tab_find(scope, context.symbols.nat(name));
      if (position) {
        positions.push_back(*position);
      } else {
        missing.push_back(print_key(context.symbols.nat(name)));
      }
    }
    if (!missing.empty()) {
      return context.fail(blamed, "imported symbols do not exist: " + haskell_list(missing));
    }
    scope = tab_select(context.heap, scope, positions);
  }
  const gc::Root imported(context.heap, scope);
  Value current;
  if (!context.state.get_scope(current)) return false;
  context.state.set_scope(tab_union(context.heap, imported.get(), current));
  return true;
}

/// A crash that escapes from a block, whoever made it, is reported as a failure of the block.
bool wrap_failure(Context& context) {
  if (!context.failure.is_crash()) return false;
  if (context.first_reason.empty()) {
    context.first_reason = "crash: " + value_text(context.failure.op());
  }
  const Value row =
      gc::make_row(context.heap, std::array{context.failure.op(), context.failure.value()});
  return context.fail(Node{0}, value_text(row));
}

bool execute_block(Context& context, Value block, std::string_view file, uint64_t line) {
  begin_block(context, block, file, line);
  context.push(block);
  if (!Executor(context).execute_from(1)) return wrap_failure(context);
  context.nodes.values.clear();
  return true;
}

}  // namespace plan::sire
