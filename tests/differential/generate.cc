// tests/differential/generate.cc: programs that mean something often enough.
//
// A program is an expression over values, calls, crashes, traces and rows. Laws get a random body
// over their slots: variables, calls of anything, constants quoted and bare, lets that see each
// other, and forms that only look like code. Functions are called with too few, enough and too many
// arguments. Recursion comes with a countdown mostly, or nearly every program would run forever.
#include "tests/differential/generate.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <string_view>
#include <utility>

namespace plan::differential {

namespace {

constexpr uint64_t kArgumentsMax = 4;
constexpr uint64_t kLetsMax = 3;
/// Bodies of laws, by how many laws are around them.
constexpr uint32_t kCodeDepths[] = {4, 2, 1, 0};

/// What the evaluator compiles instead of calling, where it can: preferred.
constexpr const char* kInlined[] = {
    "_If",    "_Ifz",  "_Seq", "_Switch", "_Eql",     "_Neq",   "_Lth",   "_Lte",   "_Gth",
    "_Gte",   "_Cmp",  "_Add", "_Sub",    "_Mul",     "_Dec",   "_Idx",   "_Get",   "_Len",
    "_Not",   "_And",  "_Or",  "_Eqz",    "_IsNat",   "_IsRow", "_IsPin", "_Car",   "_Cdr",
    "_Trace", "_Null", "_Bit", "_ToNat",  "_DataTag", "_Head",  "_Put",   "_Times", "tabSwitch"};

class Generator {
 public:
  Generator(uint64_t seed, std::span<const NamedFunction> functions)
      : functions_(functions), random_(seed) {
    for (const NamedFunction& f : functions) {
      for (const char* inlined : kInlined) {
        if (f.name == inlined) inlined_.push_back(f);
      }
    }
  }

  /// Two thirds of all programs are one call of a law: on small values, where most of it is run, or
  /// counting down from a larger number.
  Expr program() {
    if (one_in(3)) return expression(3);
    if (one_in(2)) return loop();
    const uint64_t arguments = arguments_of_law();
    std::vector<Expr> parts = {law_of(arguments)};
    if (one_in(2)) parts[0] = pin(std::move(parts[0]));
    for (uint64_t i = 0; i < arguments; i++) parts.push_back(expression(one_in(3) ? 1 : 0));
    return app(std::move(parts));
  }

 private:
  /// Slots of the law whose body is being made.
  struct Scope {
    uint64_t arguments;
    uint64_t slots;  ///< self, arguments, lets
  };

  uint64_t below(uint64_t n) { return random_() % n; }
  bool one_in(uint64_t n) { return below(n) == 0; }

  // --- Values.

  Expr small_nat() { return nat(below(one_in(4) ? 14 : 5)); }

  Expr any_nat() {
    static constexpr const char* kBoundaries[] = {
        "255",
        "256",
        "257",
        "4294967296",
        "4611686018427387904",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "340282366920938463463374607431768211456",
    };
    return one_in(6) ? big_nat(kBoundaries[below(std::size(kBoundaries))]) : small_nat();
  }

  Expr any_bar() {
    static constexpr const char* kBars[] = {"", "00", "61", "6162", "ff00", "0102030405060708"};
    return bar(kBars[below(std::size(kBars))]);
  }

  /// Keys in strictly ascending order.
  std::vector<Expr> keys() {
    std::vector<Expr> keys;
    uint64_t n = below(3);
    for (uint64_t count = below(4); count > 0; count--) {
      keys.push_back(nat(n));
      n += 1 + below(3);
    }
    if (one_in(4)) keys.push_back(pin(small_nat()));
    if (one_in(4)) keys.push_back(any_bar());
    if (one_in(4)) keys.push_back(row({small_nat()}));
    return keys;
  }

  Expr cow() { return law(0, 2 + below(3), nat(0)); }

  Expr value(uint32_t depth) {
    if (depth == 0) return one_in(6) ? any_bar() : any_nat();
    switch (below(14)) {
      case 0:
      case 1:
        return any_nat();
      case 2:
        return any_bar();
      case 3:
        return row(values(below(4), depth - 1));
      case 4:
        return pin(value(depth - 1));
      case 5:
        return set(keys());
      case 6:
        return value_tab(depth - 1);
      case 7:
        return cow();
      case 8:
        return partial(depth - 1);
      case 9:
        return name(one_in(2) ? kTryName : kTraceName);
      case 10:
        return pin(any_law());
      default:
        return any_law();
    }
  }

  std::vector<Expr> values(uint64_t count, uint32_t depth) {
    std::vector<Expr> all;
    for (uint64_t i = 0; i < count; i++) all.push_back(value(depth));
    return all;
  }

  Expr value_tab(uint32_t depth) {
    std::vector<Expr> pairs;
    for (Expr& key : keys()) {
      pairs.push_back(std::move(key));
      pairs.push_back(value(depth));
    }
    return tab(std::move(pairs));
  }

  /// A function without all of its arguments.
  Expr partial(uint32_t depth) {
    uint64_t arity = 0;
    std::vector<Expr> parts = {function(&arity)};
    for (uint64_t i = 1 + below(arity > 1 ? arity - 1 : 1); i > 0 && arity > 1; i--) {
      parts.push_back(value(depth > 0 ? depth - 1 : 0));
      arity--;
    }
    return parts.size() == 1 ? parts[0] : app(std::move(parts));
  }

  uint64_t arguments_of_law() {
    return one_in(16) ? kArgumentsMax + 1 + below(6) : 1 + below(kArgumentsMax);
  }

  /// A function, and how many arguments it takes.
  Expr function(uint64_t* arity) {
    if (!functions_.empty() && one_in(2)) {
      const bool is_inlined = !inlined_.empty() && !one_in(4);
      const NamedFunction& f =
          is_inlined ? inlined_[below(inlined_.size())] : functions_[below(functions_.size())];
      *arity = f.arity;
      return name(f.name);
    }
    switch (below(8)) {
      case 0:
      case 1:
      case 2:
        return opcode(arity);
      case 3: {
        Expr f = law_of(*arity = arguments_of_law());
        return one_in(2) ? pin(std::move(f)) : f;
      }
      case 4: {
        Expr f = cow();
        *arity = std::stoull(f.parts[1].text);
        return one_in(3) ? pin(std::move(f)) : f;
      }
      case 5:
        *arity = 2;
        return one_in(4) ? pin(set(keys())) : set(keys());
      default:
        return law_of(*arity = arguments_of_law());
    }
  }

  Expr opcode(uint64_t* arity) {
    static constexpr uint64_t kArities[] = {3, 5, 3, 1, 1, 1};
    const uint64_t op = below(one_in(3) ? 6 : 4);
    *arity = kArities[op];
    Expr e = nat(op);
    return one_in(8) ? pin(std::move(e)) : e;
  }

  Expr any_law() { return law_of(arguments_of_law()); }

  // --- Laws.

  Expr law_of(uint64_t arguments) {
    if (one_in(6) && has_function("_If") && has_function("_Dec")) {
      return law_of_local_functions(arguments);
    }
    if (has_function("_If") && has_function("_Idx") && has_function("_Dec") && one_in(6)) {
      return law_that_takes_apart(arguments);
    }
    if (laws_around_ == 0 && one_in(6)) return law_that_hands_on(arguments, 2);
    const uint32_t depth = kCodeDepths[std::min(laws_around_, std::size(kCodeDepths) - 1)];
    laws_around_++;
    uint64_t lets = one_in(2) ? 0 : below(kLetsMax + 1);
    if (one_in(20)) lets = below(12);
    const Scope scope{arguments, 1 + arguments + lets};
    Expr body = one_in(6) ? countdown(scope, depth) : code(scope, depth);
    for (uint64_t i = 0; i < lets; i++) {
      Expr bound = one_in(12) ? slot(scope) : code(scope, depth > 0 ? depth - 1 : 0);
      body = app({nat(1), std::move(bound), std::move(body)});
    }
    laws_around_--;
    return law(one_in(8) ? below(3) : 7, arguments, std::move(body));
  }

  Expr slot(const Scope& scope) {
    return nat(one_in(8) ? below(scope.slots) : 1 + below(scope.slots - 1));
  }

  /// `e` as a constant of a body.
  static Expr quote(const Scope& scope, Expr e) {
    const bool is_slot =
        e.form == Form::kNat && e.text.size() < 4 && std::stoull(e.text) < scope.slots;
    return is_slot || e.form == Form::kApp ? app({nat(2), std::move(e)}) : e;
  }

  Expr apply_code(Expr function, std::vector<Expr> arguments) {
    for (Expr& argument : arguments) {
      function = app({nat(0), std::move(function), std::move(argument)});
    }
    return function;
  }

  std::vector<Expr> codes(const Scope& scope, uint64_t count, uint32_t depth) {
    std::vector<Expr> all;
    for (uint64_t i = 0; i < count; i++) all.push_back(code(scope, depth));
    return all;
  }

  Expr code(const Scope& scope, uint32_t depth) {
    if (depth == 0) return one_in(3) ? quote(scope, value(0)) : slot(scope);
    if (!inlined_.empty() && one_in(4)) return idiom(scope, depth - 1);
    switch (below(16)) {
      case 0:
      case 1:
      case 2:
        return slot(scope);
      case 3:
        return quote(scope, value(depth - 1));
      case 4:
        return one_in(2) ? app({nat(2), value(depth - 1)}) : value(depth - 1);
      case 5:
        return odd_form(scope, depth - 1);
      case 6:
        return apply_code(slot(scope), codes(scope, 1 + below(2), depth - 1));
      case 7:
        return traced_code(scope, depth - 1);
      case 8:
        return row_code(scope, depth - 1);
      case 9:
        return reflect_code(scope, depth - 1);
      case 10:
        return apply_code(nat(5 + scope.slots), codes(scope, 1, depth - 1));
      default: {
        uint64_t arity = 0;
        Expr f = quote(scope, function(&arity));
        return apply_code(std::move(f), codes(scope, near(arity), depth - 1));
      }
    }
  }

  /// Something that has the look of code but is a constant, or is no code at this place.
  Expr odd_form(const Scope& scope, uint32_t depth) {
    switch (below(6)) {
      case 0:
        return app({nat(1), slot(scope), code(scope, depth)});
      case 1:
        return app({nat(0), slot(scope)});
      case 2:
        return app({nat(2), slot(scope), slot(scope)});
      case 3:
        return app({nat(1), slot(scope)});
      case 4:
        return app({pin(nat(0)), slot(scope), slot(scope)});
      default:
        return nat(scope.slots - 1 + below(3));
    }
  }

  Expr traced_code(const Scope& scope, uint32_t depth) {
    return apply_code(name(kTraceName), codes(scope, 2, depth));
  }

  Expr row_code(const Scope& scope, uint32_t depth) {
    const uint64_t size = 1 + below(3);
    return apply_code(law(0, size + 1, nat(0)), codes(scope, size, depth));
  }

  bool has_function(std::string_view wanted) const {
    return std::any_of(inlined_.begin(), inlined_.end(),
                       [&](const NamedFunction& f) { return f.name == wanted; });
  }

  /// What compilers emit all the time: choices, by conditions on slots, with literal arms; and
  /// elements of rows by a constant index.
  Expr idiom(const Scope& scope, uint32_t depth) {
    if (one_in(6) && has_function("_If") && has_function("_Dec")) {
      return function_loop(scope, depth);
    }
    static constexpr const char* kIdioms[] = {"_If",       "_Ifz", "_Switch",
                                              "tabSwitch", "_Idx", "_Len"};
    const std::string wanted = kIdioms[below(std::size(kIdioms))];
    if (!has_function(wanted)) return slot(scope);
    std::vector<Expr> arguments;
    if (wanted == "_Idx") {
      arguments = {quote(scope, nat(below(4))), one_in(2) ? slot(scope) : row_code(scope, depth)};
    } else if (wanted == "_Len") {
      arguments = {one_in(2) ? slot(scope) : row_code(scope, depth)};
    } else if (wanted == "_If" || wanted == "_Ifz") {
      arguments = codes(scope, 2, depth);
      arguments.insert(arguments.begin(), condition(scope));
    } else {
      arguments = {one_in(4) ? code(scope, depth) : slot(scope), code(scope, depth)};
      arguments.push_back(wanted == "_Switch" ? row_code(scope, depth) : tab_code(scope, depth));
    }
    return apply_code(name(wanted), std::move(arguments));
  }

  /// A call of a law that passes a function on to itself: (self f gathered .. (_Dec n)).
  Expr function_loop(const Scope& scope, uint32_t depth) {
    const uint64_t gathered = below(3);
    const Scope inner{gathered + 2, gathered + 3};
    const Expr count = nat(inner.arguments);
    const uint32_t inner_depth = std::min(depth, 1u);
    const auto call = [&] { return apply_code(nat(1), codes(inner, 1 + below(2), inner_depth)); };
    std::vector<Expr> turn = {one_in(8) ? slot(inner) : nat(1)};
    for (uint64_t i = 0; i < gathered; i++) {
      turn.push_back(one_in(2) ? call() : code(inner, inner_depth));
    }
    turn.push_back(apply_code(name("_Dec"), {count}));
    Expr again = apply_code(nat(0), std::move(turn));
    if (one_in(3)) again = apply_code(law(0, 3, nat(0)), {std::move(again), call()});
    if (one_in(3)) again = apply_code(nat(1), {std::move(again)});
    Expr loop = law(7, inner.arguments,
                    apply_code(name("_If"), {count, std::move(again),
                                             one_in(2) ? call() : slot(inner)}));
    uint64_t arity = 0;
    Expr f = quote(scope, function(&arity));
    if (arity > 1 && one_in(2)) {
      f = apply_code(std::move(f), codes(scope, 1 + below(arity - 1), depth));
    }
    std::vector<Expr> arguments = {std::move(f)};
    for (Expr& e : codes(scope, gathered, depth)) arguments.push_back(std::move(e));
    arguments.push_back(quote(scope, nat(below(5))));
    return apply_code(one_in(2) ? pin(std::move(loop)) : std::move(loop), std::move(arguments));
  }

  // --- Functions that call each other, as compilers lift them: in a cycle of lets each gets
  // others and what it uses of its surroundings. Mostly they are only called.

  struct LocalFunctions {
    uint64_t members, takes, holds;  ///< each takes the same, and holds two of the members
  };

  Expr law_of_local_functions(uint64_t arguments) {
    const LocalFunctions local{1 + below(3), 1 + below(2), below(2)};
    const Scope scope{arguments, 1 + arguments + local.members};
    const auto member = [&](uint64_t i) { return nat(1 + arguments + i); };
    const auto call = [&] {
      std::vector<Expr> given = codes(scope, local.takes - 1, 1);
      given.push_back(quote(scope, nat(below(6))));
      return apply_code(member(below(local.members)), std::move(given));
    };
    laws_around_++;
    Expr body = one_in(3) ? apply_code(law(0, 3, nat(0)), {call(), call()}) : call();
    if (one_in(12)) body = apply_code(std::move(body), {member(0)});
    for (uint64_t i = 0; i < local.members; i++) {
      body = app({nat(1), local_closure(scope, local, 1), std::move(body)});
    }
    laws_around_--;
    return law(7, arguments, std::move(body));
  }

  Expr local_closure(const Scope& scope, const LocalFunctions& local, uint32_t nested) {
    std::vector<Expr> held;
    for (uint32_t i = 0; i < 2; i++) {
      const bool is_in_place = nested > 0 && one_in(4);
      held.push_back(is_in_place ? local_closure(scope, local, nested - 1)
                                 : nat(scope.arguments + 1 + below(local.members)));
    }
    for (uint64_t i = 0; i < local.holds; i++) {
      held.push_back(one_in(2) ? nat(below(1 + scope.arguments)) : code(scope, 1));
    }
    Expr f = local_law(local);
    return apply_code(one_in(2) ? pin(std::move(f)) : std::move(f), std::move(held));
  }

  /// Two functions, what it holds, what it takes: a nat that gets less comes last.
  Expr local_law(const LocalFunctions& local) {
    const uint64_t arguments = 2 + local.holds + local.takes;
    const Scope scope{arguments, 1 + arguments};
    const Expr count = nat(arguments);
    const auto value = [&] { return nat(3 + below(local.holds + local.takes)); };
    const auto call = [&] {
      std::vector<Expr> given;
      for (uint64_t i = 1; i < local.takes; i++) given.push_back(value());
      given.push_back(apply_code(name("_Dec"), {one_in(20) ? code(scope, 1) : count}));
      return apply_code(nat(1 + below(2)), std::move(given));
    };
    Expr again = call();
    if (one_in(3)) again = apply_code(law(0, 3, nat(0)), {std::move(again), call()});
    if (one_in(3)) again = apply_code(name(kTraceName), {value(), std::move(again)});
    Expr last = one_in(10) ? code(scope, 1) : value();
    return law(7, arguments,
               apply_code(name("_If"), {count, std::move(again), std::move(last)}));
  }

  // --- Functions that return rows, and laws that do nothing with such a row but take its elements.

  /// Its last argument gets less when it calls itself.
  Expr law_that_returns_a_row(uint64_t arguments) {
    const Scope scope{arguments, 1 + arguments};
    Expr made = row_code(scope, 1);
    const Expr count = nat(arguments);
    if (one_in(3)) return law(7, arguments, std::move(made));
    Expr other = one_in(2) ? code(scope, 1) : call_of_less(scope, nat(0));
    return law(7, arguments, apply_code(name("_If"), {count, std::move(other), std::move(made)}));
  }

  Expr call_of_less(const Scope& scope, Expr function) {
    std::vector<Expr> given = codes(scope, scope.arguments - 1, 1);
    given.push_back(apply_code(name("_Dec"), {nat(scope.arguments)}));
    return apply_code(std::move(function), std::move(given));
  }

  Expr law_that_takes_apart(uint64_t arguments) {
    const Scope scope{arguments, 2 + arguments};
    const Expr result = nat(1 + arguments);
    laws_around_++;
    Expr call = nat(0);
    const bool calls_itself = one_in(3);
    if (calls_itself) {
      call = call_of_less(scope, nat(0));
    } else if (one_in(4)) {
      call = apply_code(slot(scope), codes(scope, 1, 1));
    } else {
      const uint64_t takes = 1 + below(3);
      Expr f = law_that_returns_a_row(takes);
      std::vector<Expr> given = codes(scope, takes - 1, 1);
      given.push_back(one_in(2) ? quote(scope, nat(below(5))) : slot(scope));
      call = apply_code(one_in(2) ? pin(std::move(f)) : std::move(f), std::move(given));
    }
    Expr body = taken_apart(scope, result, 2);
    if (calls_itself) {
      Expr last = one_in(4) ? code(scope, 1) : row_code(scope, 1);
      body = apply_code(name("_If"), {nat(arguments), std::move(body), std::move(last)});
    }
    laws_around_--;
    return law(7, arguments, app({nat(1), std::move(call), std::move(body)}));
  }

  /// Code that looks at the slot `row` in the ways in which no row is needed; now and then another.
  Expr taken_apart(const Scope& scope, const Expr& row, uint32_t depth) {
    const auto element = [&] {
      return apply_code(name("_Idx"), {quote(scope, nat(below(one_in(8) ? 8 : 3))), row});
    };
    const auto more = [&] { return depth > 0 ? taken_apart(scope, row, depth - 1) : element(); };
    switch (below(8)) {
      case 0:
      case 1:
        return has_function("_Add") ? apply_code(name("_Add"), {element(), more()}) : element();
      case 2:
      case 3:
        return apply_code(name("_If"), {element(), more(), more()});
      case 4:
        if (!has_function("_IsNat")) return element();
        return apply_code(name("_If"), {apply_code(name("_IsNat"), {row}), code(scope, 1), more()});
      case 5: {
        Expr pair = apply_code(law(0, 3, nat(0)), {element(), more()});
        return apply_code(name("_If"), {element(), std::move(pair), more()});
      }
      case 6:
        return apply_code(slot(scope), {element(), more()});
      default:
        return one_in(3) ? code(scope, 1) : element();
    }
  }

  // --- Laws that hand what they suspend on to others, which need it often, once, or not at all.

  Expr law_that_hands_on(uint64_t arguments, uint32_t more) {
    const uint64_t lets = below(3);
    const auto scope = [&](uint64_t first) { return Scope{arguments, 1 + arguments + first}; };
    laws_around_++;
    Expr body = handed_on(scope(lets), more);
    if (arguments > 1 && one_in(4) && has_function("_If") && has_function("_Dec")) {
      body = apply_code(name("_If"), {nat(arguments), call_of_less(scope(lets), nat(0)), body});
    }
    for (uint64_t i = lets; i > 0; i--) {
      body = app({nat(1), handed_on(scope(one_in(12) ? i : i - 1), 1), std::move(body)});
    }
    laws_around_--;
    return law(7, arguments, std::move(body));
  }

  Expr handed_on(const Scope& scope, uint32_t more) {
    if (more == 0 || one_in(4)) return use_of_slots(scope);
    const uint64_t takes = 1 + below(3);
    Expr f = law_that_hands_on(takes, more - 1);
    std::vector<Expr> given;
    for (uint64_t i = 0; i < takes; i++) {
      const uint64_t way = below(6);
      given.push_back(way < 2 ? slot(scope) : way < 4 ? use_of_slots(scope)
                                          : way < 5 ? quote(scope, nat(below(4)))
                                                    : handed_on(scope, more - 1));
    }
    return apply_code(one_in(2) ? pin(std::move(f)) : std::move(f), std::move(given));
  }

  Expr use_of_slots(const Scope& scope) {
    static constexpr const char* kUses[] = {"_If",  "_Seq", "_Add", "_Sub", "_Dec", "_Eql",
                                            "_And", "_Idx", "_Mul", "_Min", "_Ifz", "_Len"};
    static constexpr uint64_t kArities[] = {3, 2, 2, 2, 1, 2, 2, 2, 2, 2, 3, 1};
    const uint64_t chosen = below(std::size(kUses));
    if (one_in(6)) return slot(scope);
    if (one_in(8) || !has_function(kUses[chosen])) return code(scope, 1);
    std::vector<Expr> operands;
    for (uint64_t i = 0; i < kArities[chosen]; i++) {
      operands.push_back(one_in(4) ? use_of_slots(scope) : slot(scope));
    }
    return apply_code(name(kUses[chosen]), std::move(operands));
  }

  /// One that is likely to be asked again, and to be true.
  Expr condition(const Scope& scope) {
    static constexpr const char* kUnary[] = {"_IsNat", "_Eqz", "_Not", "_Bit", "_Null"};
    static constexpr const char* kBinary[] = {"_Eql", "_Neq", "_Lth", "_Lte", "_And", "_Or"};
    if (one_in(4)) return slot(scope);
    const bool is_unary = one_in(2);
    const std::string wanted =
        is_unary ? kUnary[below(std::size(kUnary))] : kBinary[below(std::size(kBinary))];
    if (!has_function(wanted)) return slot(scope);
    std::vector<Expr> arguments = {one_in(3) ? condition(scope) : slot(scope)};
    if (!is_unary) arguments.push_back(one_in(2) ? quote(scope, nat(below(4))) : slot(scope));
    return apply_code(name(wanted), std::move(arguments));
  }

  /// A literal tab: keys applied to a row.
  Expr tab_code(const Scope& scope, uint32_t depth) {
    std::vector<Expr> all = keys();
    const uint64_t size = all.size();
    Expr values = row({});
    if (size != 0) values = apply_code(law(0, size + 1, nat(0)), codes(scope, size, depth));
    return apply_code(set(std::move(all)), {std::move(values)});
  }

  Expr reflect_code(const Scope& scope, uint32_t depth) {
    return apply_code(quote(scope, nat(1)), codes(scope, 5, depth));
  }

  /// (2 z p x) with p calling the law itself on the predecessor.
  Expr countdown(const Scope& scope, uint32_t depth) {
    Expr again = nat(0);
    if (scope.arguments > 1) {
      again = apply_code(std::move(again), codes(scope, scope.arguments - 1, std::min(depth, 2u)));
    }
    return apply_code(quote(scope, nat(2)),
                      {code(scope, depth), std::move(again), nat(scope.arguments)});
  }

  /// Mostly `arity`.
  uint64_t near(uint64_t arity) {
    if (one_in(8)) return arity + 1;
    return one_in(6) && arity > 1 ? 1 + below(arity - 1) : arity;
  }

  // --- Programs.

  Expr loop() {
    const uint64_t arguments = 2 + below(kArgumentsMax - 1);
    const uint64_t lets = below(3);
    const Scope scope{arguments, 1 + arguments + lets};
    laws_around_++;
    Expr body = countdown(scope, 3);
    for (uint64_t i = 0; i < lets; i++) body = app({nat(1), code(scope, 3), std::move(body)});
    laws_around_--;
    std::vector<Expr> parts = {law(7, arguments, std::move(body))};
    if (one_in(2)) parts[0] = pin(std::move(parts[0]));
    for (uint64_t i = 1; i < arguments; i++) parts.push_back(expression(one_in(3) ? 1 : 0));
    parts.push_back(nat(1 + below(60)));
    return app(std::move(parts));
  }

  std::vector<Expr> expressions(uint64_t count, uint32_t depth) {
    std::vector<Expr> all;
    for (uint64_t i = 0; i < count; i++) all.push_back(expression(depth));
    return all;
  }

  Expr call(uint32_t depth) {
    uint64_t arity = 0;
    std::vector<Expr> parts = {function(&arity)};
    for (Expr& argument : expressions(near(arity), depth)) parts.push_back(std::move(argument));
    return app(std::move(parts));
  }

  Expr expression(uint32_t depth) {
    if (depth == 0) return value(1);
    switch (below(14)) {
      case 0:
        return value(depth);
      case 1:
        return row(expressions(1 + below(3), depth - 1));
      case 2: {
        std::vector<Expr> pairs;
        for (Expr& key : keys()) {
          pairs.push_back(std::move(key));
          pairs.push_back(expression(depth - 1));
        }
        return tab(std::move(pairs));
      }
      case 3:
        return app({nat(5 + below(4)), expression(depth - 1)});
      case 4:
        return app({name(kTraceName), expression(depth - 1), expression(depth - 1)});
      case 5:
        return app({name(kTryName), row({call(depth - 1)})});
      case 6: {
        uint64_t arity = 0;
        std::vector<Expr> attempt = {function(&arity)};
        for (Expr& e : expressions(near(arity), depth - 1)) attempt.push_back(std::move(e));
        return app({name(kTryName), row(std::move(attempt))});
      }
      case 7: {
        std::vector<Expr> parts = {nat(1)};
        for (Expr& e : expressions(5, depth - 1)) parts.push_back(std::move(e));
        return app(std::move(parts));
      }
      case 8:
        return app(expressions(2 + below(2), depth - 1));
      default:
        return call(depth - 1);
    }
  }

  std::span<const NamedFunction> functions_;
  std::vector<NamedFunction> inlined_;
  std::mt19937_64 random_;
  size_t laws_around_ = 0;  ///< the law being made
};

}  // namespace

Expr generate(uint64_t seed, std::span<const NamedFunction> functions) {
  return Generator(seed, functions).program();
}

}  // namespace plan::differential
