// sire/ast_noun.cc: expressions to PLAN values and back.
#include "sire/ast_noun.h"

#include "gc/make.h"

#include <algorithm>
#include <array>
#include <vector>

namespace plan::sire {

namespace {

constexpr uint64_t kLambdaFields = 7;

struct NounWriter {
  gc::Heap& heap;
  const SymbolTable& symbols;
  const ConstantPool& pool;

  Value row(std::span<const Value> elements) { return gc::make_row(heap, elements); }
  Value letter(char c) { return small_nat(static_cast<uint64_t>(c)); }

  Value write(const Ast* e, uint32_t depth) {
    switch (e->kind) {
      case AstKind::kVariable:
        return small_nat(depth - 1 - e->level());
      case AstKind::kConstant:
        return row(std::array{letter('K'), pool.get(e->constant)});
      case AstKind::kGlobal:
        return row(std::array{letter('G'), e->binding->pin});
      case AstKind::kMark:
        return row(std::array{letter('M'), write(e->marked(), depth)});
      case AstKind::kApply: {
        Value result = write(e->function(), depth);
        for (const Ast* argument : e->arguments()) {
          result = row(std::array{letter('A'), result, write(argument, depth)});
        }
        return result;
      }
      case AstKind::kLet: {
        const Value value = write(e->let_value(), depth);
        return row(std::array{letter('L'), value, write(e->let_body(), depth + 1)});
      }
      case AstKind::kLetrec: {
        const uint32_t inner = depth + e->count;
        std::vector<Value> values;
        for (const Ast* value : e->letrec_values()) values.push_back(write(value, inner));
        const Value body = write(e->letrec_body(), inner);
        return row(std::array{letter('R'), row(values), body});
      }
      case AstKind::kLambda: {
        const Lambda& f = *e->lambda;
        const Value body = write(f.body, depth + 1 + f.parameters);
        return row(std::array{letter('F'), small_nat(f.pin), small_nat(f.mark),
                               small_nat(f.recursive), symbols.nat(f.tag), small_nat(f.parameters),
                               body});
      }
    }
    PLAN_UNREACHABLE();
  }
};

bool read_bit(Value v, bool& bit) {
  if (!v.is_small() || v.small() > 1) return false;
  bit = v.small() == 1;
  return true;
}

}  // namespace

Value ast_noun(gc::Heap& heap, const SymbolTable& symbols, const ConstantPool& pool, const Ast* e) {
  NounWriter writer{heap, symbols, pool};
  return writer.write(e, 0);
}

char noun_letter(Value noun) {
  if (!is_row(noun) || row_size(noun) < 2) return 0;
  const Value first = row_at(noun, 0);
  if (!first.is_small() || first.small() > 'Z') return 0;
  const auto letter = static_cast<char>(first.small());
  uint64_t size = 0;
  switch (letter) {
    case 'K':
    case 'G':
    case 'M':
      size = 2;
      break;
    case 'A':
    case 'L':
    case 'R':
      size = 3;
      break;
    case 'F':
      size = kLambdaFields;
      break;
    default:
      return 0;
  }
  return row_size(noun) == size ? letter : char{0};
}

bool NounReader::read_lambda(Value noun, Lambda& lambda) {
  if (noun_letter(noun) != 'F') return false;
  const Value tag = row_at(noun, 4);
  const Value parameters = row_at(noun, 5);
  if (!tag.is_nat() || !parameters.is_small() || parameters.small() > kParametersMax) return false;
  lambda.tag = symbols.intern(tag);
  lambda.parameters = static_cast<uint32_t>(parameters.small());
  return read_bit(row_at(noun, 1), lambda.pin) && read_bit(row_at(noun, 2), lambda.mark) &&
         read_bit(row_at(noun, 3), lambda.recursive);
}

const Ast* NounReader::read(Value noun, uint32_t depth) {
  return read_within(noun, depth, kAstHeightMax);
}

const Ast* NounReader::read_within(Value noun, uint32_t depth, uint32_t height_left) {
  if (height_left == 0) return nullptr;
  if (noun.is_nat()) {
    if (!noun.is_small() || noun.small() >= depth) return nullptr;
    return arena.variable(depth - 1 - static_cast<uint32_t>(noun.small()));
  }
  const uint32_t left = height_left - 1;
  switch (noun_letter(noun)) {
    case 'K':
      return arena.constant({row_at(noun, 1).word});
    case 'G': {
      const Value pin = row_at(noun, 1);
      if (!is_pin(pin)) return nullptr;
      const Binding* binding = bindings.find_or_add(pin);
      return binding->well_formed ? arena.global(binding) : nullptr;
    }
    case 'M': {
      const Ast* operand = read_within(row_at(noun, 1), depth, left);
      return operand == nullptr ? nullptr : arena.mark(operand);
    }
    case 'A':
      return read_apply(noun, depth, left);
    case 'L': {
      const Ast* value = read_within(row_at(noun, 1), depth, left);
      const Ast* body = value == nullptr ? nullptr : read_within(row_at(noun, 2), depth + 1, left);
      return body == nullptr ? nullptr : arena.let(value, body);
    }
    case 'R':
      return read_letrec(noun, depth, left);
    case 'F': {
      Lambda lambda;
      if (!read_lambda(noun, lambda)) return nullptr;
      lambda.body = read_within(row_at(noun, 6), depth + 1 + lambda.parameters, left);
      return lambda.body == nullptr ? nullptr : arena.lambda(lambda);
    }
    default:
      return nullptr;
  }
}

const Ast* NounReader::read_apply(Value noun, uint32_t depth, uint32_t height_left) {
  std::vector<const Ast*> arguments;  // last first
  while (noun_letter(noun) == 'A') {
    const Ast* argument = read_within(row_at(noun, 2), depth, height_left);
    if (argument == nullptr) return nullptr;
    arguments.push_back(argument);
    noun = row_at(noun, 1);
  }
  std::reverse(arguments.begin(), arguments.end());
  const Ast* function = read_within(noun, depth, height_left);
  return function == nullptr ? nullptr : arena.apply(function, arguments);
}

const Ast* NounReader::read_letrec(Value noun, uint32_t depth, uint32_t height_left) {
  const Value row = row_at(noun, 1);
  if (!is_row(row) || row_size(row) > kParametersMax) return nullptr;
  const auto count = static_cast<uint32_t>(row_size(row));
  std::vector<const Ast*> values;
  for (uint32_t i = 0; i < count; ++i) {
    const Ast* value = read_within(row_at(row, i), depth + count, height_left);
    if (value == nullptr) return nullptr;
    values.push_back(value);
  }
  const Ast* body = read_within(row_at(noun, 2), depth + count, height_left);
  return body == nullptr ? nullptr : arena.letrec(values, body);
}

}  // namespace plan::sire
