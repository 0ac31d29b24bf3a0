// sire/loot_tree.h: a value as Loot, the notation for values.
//
// Every part of the value becomes a node; nodes are made from the outside in and their boxes from
// the inside out, with lists instead of recursion. Laws are turned back into the form a person
// would write: their bodies into applications and lets, their variables into names.
//
// Invariants   : the parts of a node are neighbours and come after it.
// Limits       : ShowOptions::parts_max nodes (values share parts, text does not), kArgumentsMax
//                names; what is beyond prints as `(…)`. An interrupt is such a limit, too.
// See          : spec/loot.md section 2; Note [Names of variables] in sire/loot_tree.cc.
#pragma once

#include "gc/word_map.h"
#include "sire/loot_box.h"
#include "sire/loot_leaf.h"
#include "sire/loot_parts.h"
#include "sire/loot_pins.h"
#include "sire/show_options.h"

#include <vector>

namespace plan::loot {

inline constexpr uint64_t kArgumentsMax = uint64_t{1} << 20;

class TreeMaker {
 public:
  TreeMaker(rex::Arena& arena, LeafMaker& leaves, PinList& pins, const sire::ShowOptions& options)
      : leaves_(leaves), boxes_(arena), pins_(pins), options_(options) {
    PLAN_ASSERT(options.parts_max <= sire::kPartsMax);
  }

  /// For the next listing.
  void clear() { steps_left_ = kStepsMax; }

  /// A value; pins in it by name. `v` is a normal form.
  const rex::Rex* value(Value v);

  struct Definition {
    const rex::Rex* head;  ///< `(name a b)`
    const rex::Rex* body;
  };
  /// A law that is bound to `name`.
  Definition law(Value law, NameId name);

 private:
  /// What a node's value is taken for.
  enum class Role : uint8_t { kValue, kKey, kBody, kRex };
  /// How a node's box is made from those of its parts.
  enum class Form : uint8_t {
    kDone,
    kApplication,
    kRow,
    kSet,
    kTab,
    kLaw,
    kLambda,
    kQuoted,    ///< a Rex value within a value
    kRexNode,   ///< leaf or node of one
    kRexEmbed,  ///< a value in one
    kRexEvil,   ///< no Rex in one
    kBodyApplication,
    kLet,
    kConstant,       ///< `!x`
    kConstantSpine,  ///< `!f!x!y`
    kRawSpine,       ///< `:f:x:y`
  };
  struct Node {
    Value value;
    uint32_t first = 0;  ///< of its parts
    uint32_t count = 0;
    uint32_t scope = 0;
    uint32_t lets = 0;  ///< around it, in the body of the scope's law
    Role role = Role::kValue;
    Form form = Form::kDone;
    bool is_simple = false;  ///< a variable, or a number or row constructor as it stands
  };
  /// The names within a law.
  struct Scope {
    std::vector<NameId> names;  ///< itself, arguments, lets
    uint64_t args = 0;
    uint64_t variables_used = 0;  ///< so many of the sequence a, b, .. are not given again within
    NameId self = 0;
  };
  struct BodyFacts {
    uint64_t lets = 0;  ///< nested in each other, at most
    bool uses_self = false;
  };
  struct Part {
    Value value;
    Role role;
    uint32_t lets;
  };

  void run(Value v, Role role, uint32_t scope);
  void expand(uint32_t index);
  void expand_value(uint32_t index);
  void expand_body(uint32_t index);
  void expand_body_number(uint32_t index);
  void expand_constant(uint32_t index, Value constant);
  void expand_rex(uint32_t index);
  void expand_law(uint32_t index);
  /// Makes the box of a node that has no parts; false if it has some.
  bool finish_leaf(uint32_t index);
  void finish(uint32_t index, const Box& box);
  /// Gives a node its form, and parts_ as its parts.
  void set_parts(uint32_t index, Form form);
  void add_spine(Value closure);

  uint32_t open_scope(Value law, NameId self, uint32_t outer, bool& is_anonymous);
  BodyFacts body_facts(Value law);
  bool is_taken(NameId name, NameId self, Value law);
  bool occurs_free(NameId name, Value law);
  bool is_variable(const Node& node, Value v) const;

  Box make_box(uint32_t index);
  Box make_law(const Node& node);
  Box make_tab(const Node& node);
  Box make_row(const Node& node);
  Box make_rex(const Node& node);
  Boxes parts(const Node& node) const { return Boxes(made_).subspan(node.first, node.count); }
  Boxes spread(uint32_t index) const;
  Box signature(const Scope& scope, bool with_self);

  static constexpr uint64_t kStepsMax = 4 * sire::kPartsMax;

  LeafMaker& leaves_;
  BoxMaker boxes_;
  PinList& pins_;
  const sire::ShowOptions options_;
  std::vector<Node> nodes_;
  std::vector<Box> made_;  ///< by node
  std::vector<uint32_t> work_;
  std::vector<Part> parts_;
  std::vector<Scope> scopes_;
  std::vector<uint32_t> selves_in_scope_;  ///< by name: how many open scopes are its
  uint64_t steps_left_ = kStepsMax;        ///< of looking at bodies
};

}  // namespace plan::loot
