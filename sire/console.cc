// sire/console.cc: what Sire prints.
#include "sire/console.h"

#include "base/file.h"
#include "sire/plan_rex.h"
#include "sire/rex_print.h"
#include "sire/show.h"

namespace plan::sire {

namespace {
constexpr size_t kBufferBytes = size_t{1} << 16;
}  // namespace

Console::~Console() {
  flush();
}

void Console::flush() {
  if (!buffer_.empty() && !write_all(options_.descriptor, buffer_) && error_.empty()) {
    error_ = last_error_text();
  }
  buffer_.clear();
}

void Console::print_text(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) flush();
}

void Console::print_value(Value v) {
  if (!options_.quiet) print_text(print_value_shallow(v, options_.colour));
}

void Console::print_binding(Value name, Value v) {
  if (!options_.quiet) print_text(sire::print_binding(name, v, options_.colour));
}

void Console::print_deep(Value v) {
  if (!options_.quiet) print_text(print_full(v, options_.colour));
}

std::string value_text(Value v) {
  rex::Arena arena;
  return rex::print_tall(value_rex(arena, v));
}

Value value_as_rex(RexValueMaker& maker, Value v) {
  rex::Arena arena;
  return value_of_rex(maker, value_rex(arena, v));
}

}  // namespace plan::sire
