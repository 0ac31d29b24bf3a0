// sire/rex_view.cc: recognising and making Rex values.
#include "sire/rex_view.h"

#include "gc/make.h"

namespace plan::sire {

namespace {

struct Constructor {
  std::string_view name;
  uint64_t arity;
};

// By form. One argument more than they take makes applications of them values.
constexpr std::array<Constructor, 10> kConstructors = {{
    {"", 0},
    {"##EMBD", 2},
    {"##WORD", 3},
    {"##TEXT", 3},
    {"##LINE", 3},
    {"##OPEN", 4},
    {"##NEST", 4},
    {"##INFX", 4},
    {"##PREF", 4},
    {"##SHUT", 4},
}};

constexpr uint64_t name_word(std::string_view name) {
  uint64_t word = 0;
  for (size_t i = name.size(); i-- > 0;) word = word << 8 | static_cast<unsigned char>(name[i]);
  return word;
}

constexpr std::array<Value, kConstructors.size()> make_names() {
  std::array<Value, kConstructors.size()> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = small_nat(name_word(kConstructors[i].name));
  return names;
}

constexpr std::array<Value, kConstructors.size()> kNames = make_names();

RexForm form_of_constructor(Value pin, uint64_t arguments) {
  const Value law = pin_item(pin);
  if (!is_law(law) || law_body(law) != small_nat(0)) return RexForm::kEvil;
  if (law_args(law) != small_nat(arguments + 1)) return RexForm::kEvil;
  const Value name = law_name(law);
  for (size_t i = 1; i < kNames.size(); ++i) {
    if (name == kNames[i] && kConstructors[i].arity == arguments + 1) {
      return static_cast<RexForm>(i);
    }
  }
  return RexForm::kEvil;
}

}  // namespace

RexView view_rex(Value v) {
  RexView view;
  if (!is_closure(v) || !is_pin(closure_head(v))) return view;
  const uint64_t arguments = closure_size(v);
  const RexForm form = form_of_constructor(closure_head(v), arguments);
  if (form == RexForm::kEvil) return view;
  view.text = closure_arg(v, 0);
  view.heir = small_nat(0);
  if (form == RexForm::kEmbed) {
    view.form = form;
    return view;
  }
  if (!view.text.is_nat()) return view;
  view.heir = closure_arg(v, arguments - 1);
  if (form >= RexForm::kOpen) {
    view.sons = closure_arg(v, 1);
    if (!is_row(view.sons)) return view;
  }
  view.form = form;
  return view;
}

RexValueMaker::RexValueMaker(gc::Heap& heap) : heap_(heap), constructors_(heap) {
  constructors_.values.push_back(small_nat(0));
  for (size_t i = 1; i < kConstructors.size(); ++i) {
    const Value law =
        gc::make_law(heap, kNames[i], small_nat(kConstructors[i].arity), small_nat(0));
    constructors_.values.push_back(gc::make_pin(heap, law));
  }
}

Value RexValueMaker::leaf(RexForm form, Value text, Value heir) {
  return gc::make_partial(heap_, constructors_.values[static_cast<size_t>(form)],
                          std::array{text, heir});
}

Value RexValueMaker::node(RexForm form, Value rune, std::span<const Value> sons, Value heir) {
  return gc::make_partial(heap_, constructors_.values[static_cast<size_t>(form)],
                          std::array{rune, gc::make_row(heap_, sons), heir});
}

Value RexValueMaker::word(std::string_view text) {
  return leaf(RexForm::kWord, gc::make_cord(heap_, text));
}

Value RexValueMaker::embed(Value v) {
  return gc::make_partial(heap_, constructors_.values[static_cast<size_t>(RexForm::kEmbed)],
                          std::array{v});
}

}  // namespace plan::sire
