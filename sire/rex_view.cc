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

/// The names differ in their third letter.
constexpr size_t kTellingByte = 2;

constexpr size_t letter_index(uint64_t name) { return name >> (8 * kTellingByte) & 31; }

constexpr std::array<uint8_t, 32> make_forms() {
  std::array<uint8_t, 32> forms{};
  for (size_t i = 1; i < kConstructors.size(); ++i) {
    forms[letter_index(name_word(kConstructors[i].name))] = static_cast<uint8_t>(i);
  }
  return forms;
}

/// By letter_index(): the only form whose name may be meant.
constexpr std::array<uint8_t, 32> kForms = make_forms();

constexpr bool letters_differ() {
  for (size_t i = 1; i < kConstructors.size(); ++i) {
    if (kForms[letter_index(name_word(kConstructors[i].name))] != i) return false;
  }
  return true;
}
static_assert(letters_differ());

RexForm form_of_constructor(Value pin, uint64_t arguments) {
  const Value law = pin_item(pin);
  if (!is_law(law) || law_body(law) != small_nat(0)) return RexForm::kEvil;
  if (law_args(law) != small_nat(arguments + 1)) return RexForm::kEvil;
  const Value name = law_name(law);
  if (!name.is_small()) return RexForm::kEvil;
  const size_t form = kForms[letter_index(name.small())];
  const bool is_meant = name == kNames[form] && kConstructors[form].arity == arguments + 1;
  return is_meant ? static_cast<RexForm>(form) : RexForm::kEvil;
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

/// What gc::make_partial() would make: every constructor takes one argument more than it is given.
template <size_t N>
Value RexValueMaker::closure(RexForm form, const std::array<Value, N>& parts) {
  PLAN_ASSERT(kConstructors[static_cast<size_t>(form)].arity == N + 1);
  Object* const made = heap_.allocate(closure_header(N, 1), 1 + N);
  made->init(0, constructors_.values[static_cast<size_t>(form)]);
  for (size_t i = 0; i < N; ++i) made->init(1 + i, parts[i]);
  return tagged(made, kTagFunction);
}

Value RexValueMaker::leaf(RexForm form, Value text, Value heir) {
  return closure(form, std::array{text, heir});
}

Value RexValueMaker::node(RexForm form, Value rune, std::span<const Value> sons, Value heir) {
  return closure(form, std::array{rune, gc::make_row(heap_, sons), heir});
}

Value RexValueMaker::word(std::string_view text) {
  return leaf(RexForm::kWord, gc::make_cord(heap_, text));
}

Value RexValueMaker::embed(Value v) {
  return closure(RexForm::kEmbed, std::array{v});
}

}  // namespace plan::sire
