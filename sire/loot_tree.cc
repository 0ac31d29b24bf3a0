// sire/loot_tree.cc: nodes of a value, and what they look like.
//
// Note [Names of variables]
//
// The variables of a law are called a, b, .. z, aa, ab, ..., in this order, but for names that
// would mean something else there: those of pins in the law, of the law itself and of laws around
// it, and as many from the start of the sequence as each law around it has variables (the numbers
// of those laws do not add up: the longest start counts).
//
// Laws around a law are on the path from the root, so nodes are made depth first, and leaving a law
// is a piece of work of its own (kLeave). Whether a pin is in a law is asked only for names that
// are both of a listed pin and next in the sequence: seldom, so it may cost a walk.
#include "sire/loot_tree.h"

#include "gc/parts.h"
#include "sire/rex_print.h"

#include <algorithm>

namespace plan::loot {

namespace {

using rex::Rex;
using rex::Style;

/// Flags a scope in the list of work: it ends here.
constexpr uint32_t kLeave = uint32_t{1} << 31;
static_assert(sire::kPartsMax < kLeave);

constexpr uint64_t kHugeArity = uint64_t{1} << 62;

uint64_t saturated(Value nat) {
  return nat.is_small() ? std::min(nat.small(), kHugeArity) : kHugeArity;
}

/// Is `v` the application of exactly these?
bool is_code(Value v, uint64_t opcode, uint64_t size) {
  return is_closure(v) && closure_head(v) == small_nat(opcode) && closure_size(v) == size;
}
bool is_apply_code(Value v) {
  return is_code(v, 0, 2);
}
bool is_let_code(Value v) {
  return is_code(v, 1, 2);
}
bool is_constant_code(Value v) {
  return is_code(v, 2, 1);
}

bool is_application(Value v) {
  return is_closure(v) && !sire::is_rex_value(v);
}

}  // namespace

const Rex* TreeMaker::value(Value v) {
  scopes_.assign(1, Scope{});
  selves_in_scope_.clear();
  run(v, Role::kValue, 0);
  return made_[0].rex;
}

TreeMaker::Definition TreeMaker::law(Value law, NameId name) {
  scopes_.assign(1, Scope{});
  selves_in_scope_.clear();
  bool is_anonymous = false;
  const uint32_t index = open_scope(law, name, 0, is_anonymous);
  const Scope scope = scopes_[index];
  selves_in_scope_.assign(leaves_.name_count(), 0);
  selves_in_scope_[name] = 1;
  run(law_body(law), Role::kBody, index);

  std::vector<const Rex*> head;
  const NameId tag = leaves_.intern(law_name(law));
  if (is_anonymous || tag == name) {
    head.push_back(leaves_.key_rex(tag));
  } else {
    const Rex* const both[] = {leaves_.key_rex(name), leaves_.key_rex(tag)};
    head.push_back(boxes_.arena().node(Style::kShut, "@", both));
  }
  const uint64_t shown = std::min<uint64_t>(scope.args, scope.names.size() - 1);
  for (uint64_t i = 1; i <= shown; i++) head.push_back(leaves_.symbol_rex(scope.names[i]));
  if (shown < scope.args) head.push_back(leaves_.ellipsis().rex);
  return {boxes_.arena().node(Style::kNest, "|", head), made_[0].rex};
}

void TreeMaker::run(Value v, Role role, uint32_t scope) {
  nodes_.assign(1, Node{.value = v, .scope = scope, .role = role});
  made_.assign(1, Box{});
  if (!finish_leaf(0)) work_.push_back(0);
  while (!work_.empty()) {
    const uint32_t index = work_.back();
    work_.pop_back();
    if ((index & kLeave) != 0) {
      selves_in_scope_[scopes_[index & ~kLeave].self]--;
    } else {
      expand(index);
    }
  }
  for (uint32_t i = static_cast<uint32_t>(nodes_.size()); i-- > 0;) {
    if (nodes_[i].form == Form::kDone) continue;
    made_[i] = options_.is_interrupted() ? leaves_.ellipsis() : make_box(i);
  }
}

// --- From the outside in.

void TreeMaker::expand(uint32_t index) {
  switch (nodes_[index].role) {
    case Role::kValue:
    case Role::kKey:
      return expand_value(index);
    case Role::kBody:
      return expand_body(index);
    case Role::kRex:
      return expand_rex(index);
  }
}

void TreeMaker::finish(uint32_t index, const Box& box) {
  nodes_[index].form = Form::kDone;
  made_[index] = box;
}

bool TreeMaker::finish_leaf(uint32_t index) {
  const Node& node = nodes_[index];
  const Value v = node.value;
  if (v.is_thunk()) {  // values that are printed have none; show that something is wrong
    finish(index, leaves_.ellipsis());
    return true;
  }
  if (node.role == Role::kBody || node.role == Role::kRex) return false;
  if (v.is_nat()) {
    finish(index, node.role == Role::kKey ? leaves_.key(leaves_.intern(v)) : leaves_.nat(v));
  } else if (is_pin(v)) {
    finish(index, leaves_.symbol(pins_.name_of(v)));
  } else if (is_bar(v)) {
    finish(index, leaves_.bar(bar_bytes(v)));
  } else if (is_cow(v)) {
    finish(index, leaves_.cow(cow_size(v)));
  } else {
    return false;
  }
  return true;
}

void TreeMaker::set_parts(uint32_t index, Form form) {
  const uint64_t room = options_.parts_max - std::min(options_.parts_max, nodes_.size());
  if (parts_.size() > room || options_.is_interrupted()) {
    parts_.clear();
    return finish(index, leaves_.ellipsis());
  }
  const auto first = static_cast<uint32_t>(nodes_.size());
  Node& node = nodes_[index];
  node.form = form;
  node.first = first;
  node.count = static_cast<uint32_t>(parts_.size());
  const uint32_t scope = node.scope;
  for (const Part& part : parts_) {
    nodes_.push_back({.value = part.value, .scope = scope, .lets = part.lets, .role = part.role});
  }
  made_.resize(nodes_.size());
  for (uint32_t i = first; i < nodes_.size(); i++) {
    if (!finish_leaf(i)) work_.push_back(i);
  }
  parts_.clear();
}

void TreeMaker::add_spine(Value closure) {
  parts_.push_back({closure_head(closure), Role::kValue, 0});
  for (uint64_t i = 0; i < closure_size(closure); i++) {
    parts_.push_back({closure_arg(closure, i), Role::kValue, 0});
  }
}

void TreeMaker::expand_value(uint32_t index) {
  const Value v = nodes_[index].value;
  if (is_law(v)) return expand_law(index);
  if (is_closure(v)) {
    if (is_application(v)) {
      add_spine(v);
      return set_parts(index, Form::kApplication);
    }
    parts_.push_back({v, Role::kRex, 0});
    return set_parts(index, Form::kQuoted);
  }
  const Parts all = parts_of(v);
  for (uint64_t i = 0; i < all.count; i++) {
    const bool is_key = is_set(v) || (is_tab(v) && i % 2 == 0);
    parts_.push_back({part_at(all, i), is_key ? Role::kKey : Role::kValue, 0});
  }
  set_parts(index, is_row(v) ? Form::kRow : is_set(v) ? Form::kSet : Form::kTab);
}

void TreeMaker::expand_rex(uint32_t index) {
  const Value v = nodes_[index].value;
  if (!sire::is_rex_value(v)) {
    parts_.push_back({v, Role::kValue, 0});
    return set_parts(index, Form::kRexEvil);
  }
  const sire::RexView view = sire::view_rex(v);
  if (view.form == sire::RexForm::kEmbed) {
    parts_.push_back({view.text, Role::kValue, 0});
    return set_parts(index, Form::kRexEmbed);
  }
  if (view.is_node()) {
    for (uint64_t i = 0; i < view.son_count(); i++) {
      parts_.push_back({row_at(view.sons, i), Role::kRex, 0});
    }
  }
  if (view.has_heir()) parts_.push_back({view.heir, Role::kRex, 0});
  set_parts(index, Form::kRexNode);
}

void TreeMaker::expand_law(uint32_t index) {
  const Value law = nodes_[index].value;
  bool is_anonymous = false;
  const uint32_t scope =
      open_scope(law, leaves_.intern(law_name(law)), nodes_[index].scope, is_anonymous);
  work_.push_back(scope | kLeave);
  selves_in_scope_.resize(std::max<size_t>(selves_in_scope_.size(), leaves_.name_count()));
  selves_in_scope_[scopes_[scope].self]++;
  nodes_[index].scope = scope;
  parts_.push_back({law_body(law), Role::kBody, 0});
  set_parts(index, is_anonymous ? Form::kLambda : Form::kLaw);
}

bool TreeMaker::is_variable(const Node& node, Value v) const {
  const uint64_t last = scopes_[node.scope].args + node.lets;
  // No number beyond a huge arity has a name to be shown by.
  return v.is_nat() && (v.is_small() ? v.small() <= last : last >= kHugeArity);
}

void TreeMaker::expand_body(uint32_t index) {
  const Value v = nodes_[index].value;
  const uint32_t lets = nodes_[index].lets;
  if (v.is_nat()) return expand_body_number(index);
  if (is_constant_code(v)) return expand_constant(index, closure_arg(v, 0));
  if (is_apply_code(v)) {
    Value spine = v;
    for (; is_apply_code(spine); spine = closure_arg(spine, 0)) {
      parts_.push_back({closure_arg(spine, 1), Role::kBody, lets});
    }
    parts_.push_back({spine, Role::kBody, lets});
    std::reverse(parts_.begin(), parts_.end());
    return set_parts(index, Form::kBodyApplication);
  }
  if (is_let_code(v)) {
    parts_.push_back({closure_arg(v, 0), Role::kBody, lets + 1});
    parts_.push_back({closure_arg(v, 1), Role::kBody, lets + 1});
    return set_parts(index, Form::kLet);
  }
  if (is_application(v)) {
    add_spine(v);
    return set_parts(index, Form::kRawSpine);
  }
  nodes_[index].role = Role::kValue;
  nodes_[index].is_simple = is_cow(v);
  if (!finish_leaf(index)) expand_value(index);
}

void TreeMaker::expand_body_number(uint32_t index) {
  Node& node = nodes_[index];
  node.is_simple = true;
  if (!is_variable(node, node.value)) return finish(index, leaves_.nat(node.value));
  const std::vector<NameId>& names = scopes_[node.scope].names;
  const uint64_t variable = saturated(node.value);
  finish(index, variable < names.size() ? leaves_.symbol(names[variable]) : leaves_.ellipsis());
}

/// What stands as `(2 constant)` in the body of a law.
void TreeMaker::expand_constant(uint32_t index, Value constant) {
  if (is_application(constant)) {
    add_spine(constant);
    return set_parts(index, Form::kConstantSpine);
  }
  if (is_variable(nodes_[index], constant)) {
    nodes_[index].is_simple = true;
    return finish(index, leaves_.nat(constant));
  }
  parts_.push_back({constant, Role::kValue, 0});
  set_parts(index, Form::kConstant);
}

// --- Names.

TreeMaker::BodyFacts TreeMaker::body_facts(Value law) {
  struct Place {
    Value v;
    uint64_t lets;
  };
  BodyFacts facts;
  std::vector<Place> work{{law_body(law), 0}};
  while (!work.empty() && steps_left_ > 0) {
    const Place place = work.back();
    work.pop_back();
    steps_left_--;
    facts.lets = std::max(facts.lets, place.lets);
    if (place.v == small_nat(0)) facts.uses_self = true;
    const bool is_let = is_let_code(place.v);
    if (!is_let && !is_apply_code(place.v)) continue;
    const uint64_t lets = place.lets + (is_let ? 1 : 0);
    work.push_back({closure_arg(place.v, 0), lets});
    work.push_back({closure_arg(place.v, 1), lets});
  }
  return facts;
}

/// See Note [Names of variables].
uint32_t TreeMaker::open_scope(Value law, NameId self, uint32_t outer, bool& is_anonymous) {
  const BodyFacts facts = body_facts(law);
  is_anonymous = law_name(law) == small_nat(0) && !facts.uses_self;
  Scope scope;
  scope.args = saturated(law_args(law));
  scope.self = self;
  const uint64_t variables = scope.args + facts.lets;
  scope.variables_used = std::max(scopes_[outer].variables_used, variables);
  scope.names.push_back(self);
  const uint64_t shown = std::min(variables, kArgumentsMax);
  for (uint64_t i = scopes_[outer].variables_used; scope.names.size() <= shown; i++) {
    if (i > 2 * kArgumentsMax) break;
    const NameId name = leaves_.variable(i);
    if (!is_taken(name, self, law)) scope.names.push_back(name);
  }
  scopes_.push_back(std::move(scope));
  return static_cast<uint32_t>(scopes_.size() - 1);
}

bool TreeMaker::is_taken(NameId name, NameId self, Value law) {
  if (name == self) return true;
  if (name < selves_in_scope_.size() && selves_in_scope_[name] > 0) return true;
  return pins_.is_name(name) && occurs_free(name, law);
}

/// Is a pin of this name in the law?
bool TreeMaker::occurs_free(NameId name, Value law) {
  gc::WordMap seen;
  std::vector<Value> work{law_body(law)};
  while (!work.empty()) {
    if (steps_left_ == 0) return true;
    steps_left_--;
    const Value v = work.back();
    work.pop_back();
    if (is_pin(v) && pins_.name_of(v) == name) return true;
    if (v.is_thunk() || !gc::has_parts(v) || !seen.add(v.word)) continue;
    const Parts all = parts_of(v);
    for (uint64_t i = 0; i < all.count; i++) {
      const Value part = part_at(all, i);
      if (part.is_pointer() && !part.is_big()) work.push_back(part);
    }
  }
  return false;
}

// --- From the inside out.

Box TreeMaker::make_box(uint32_t index) {
  const Node& node = nodes_[index];
  switch (node.form) {
    case Form::kDone:
      return made_[index];
    case Form::kApplication:
      return boxes_.application(parts(node));
    case Form::kRow:
      return make_row(node);
    case Form::kSet:
      return boxes_.set(parts(node));
    case Form::kTab:
      return make_tab(node);
    case Form::kLaw:
    case Form::kLambda:
      return make_law(node);
    case Form::kQuoted:
      return boxes_.quoted(parts(node)[0].rex);
    case Form::kRexNode:
    case Form::kRexEmbed:
    case Form::kRexEvil:
      return make_rex(node);
    case Form::kBodyApplication:
      return boxes_.body_application(parts(node));
    case Form::kLet: {
      const Scope& scope = scopes_[node.scope];
      const uint64_t variable = scope.args + node.lets + 1;
      const Box name = variable < scope.names.size() ? leaves_.symbol(scope.names[variable])
                                                     : leaves_.ellipsis();
      return boxes_.let(name, parts(node)[0], parts(node)[1]);
    }
    case Form::kConstant:
      return boxes_.prefix("!", parts(node)[0]);
    case Form::kConstantSpine:
      return boxes_.spine("!", parts(node));
    case Form::kRawSpine:
      return boxes_.spine(":", parts(node));
  }
  PLAN_UNREACHABLE();
}

/// An application alone on its line goes without brackets.
Boxes TreeMaker::spread(uint32_t index) const {
  const Node& node = nodes_[index];
  return node.form == Form::kApplication ? parts(node) : Boxes(made_).subspan(index, 1);
}

Box TreeMaker::make_row(const Node& node) {
  std::vector<Boxes> lines;
  lines.reserve(node.count);
  for (uint32_t i = 0; i < node.count; i++) lines.push_back(spread(node.first + i));
  return boxes_.row(parts(node), lines);
}

Box TreeMaker::make_tab(const Node& node) {
  std::vector<BoxMaker::Entry> entries;
  entries.reserve(node.count / 2);
  for (uint32_t i = node.first; i < node.first + node.count; i += 2) {
    const Value key = nodes_[i].value;
    const Value v = nodes_[i + 1].value;
    const bool is_short = key.is_nat() && is_pin(v) && leaves_.intern(key) == pins_.name_of(v);
    entries.push_back({made_[i], made_[i + 1], is_short, spread(i + 1)});
  }
  return boxes_.tab(entries);
}

Box TreeMaker::signature(const Scope& scope, bool with_self) {
  std::vector<Box> names;
  if (with_self) names.push_back(leaves_.symbol(scope.self));
  const uint64_t shown = std::min<uint64_t>(scope.args, scope.names.size() - 1);
  for (uint64_t i = 1; i <= shown; i++) names.push_back(leaves_.symbol(scope.names[i]));
  if (shown < scope.args) names.push_back(leaves_.ellipsis());
  return names.size() == 1 ? names[0] : boxes_.signature(names);
}

Box TreeMaker::make_law(const Node& node) {
  const Scope& scope = scopes_[node.scope];
  const Box& body = made_[node.first];
  if (node.form == Form::kLaw) return boxes_.law("?", signature(scope, true), body, false);
  const bool is_tight = scope.args == 1 && nodes_[node.first].is_simple;
  return boxes_.law("&", signature(scope, false), body, is_tight);
}

Box TreeMaker::make_rex(const Node& node) {
  rex::Arena& arena = boxes_.arena();
  if (node.form != Form::kRexNode) {
    const Value v = nodes_[node.first].value;
    const bool is_plain = v.is_nat() || is_bar(v) || is_cow(v) || is_pin(v);
    const Rex* const part = made_[node.first].rex;
    const std::string_view rune = node.form == Form::kRexEmbed ? rex::kEmbedRune : rex::kEvilRune;
    return {arena.node(is_plain ? Style::kPref : Style::kOpen, rune, {&part, 1})};
  }
  std::vector<const Rex*> kids;
  for (const Box& box : parts(node)) kids.push_back(box.rex);
  return {sire::rex_layer(sire::view_rex(node.value), kids, arena)};
}

}  // namespace plan::loot
