// sire/library_image.cc: our library's state, made once, loaded often.
#include "sire/library_image.h"

#include "base/check.h"
#include "gc/image.h"
#include "gc/make.h"

#include <vector>

namespace plan::sire {

namespace {

std::vector<uint8_t> make_image() {
  SessionOptions options;
  options.console.quiet = true;
  Session session(options);
  PLAN_CHECK(session.load("prelude").status == LoadStatus::kLoaded);
  PLAN_CHECK(session.begin_prompt("prelude"));
  Value row;
  PLAN_CHECK(session.context().state.save_row(row));
  gc::ImageChain chain(session.context().heap);
  std::vector<uint8_t> image;
  chain.add(gc::make_pin(session.context().heap, row)).write(image);
  return image;
}

}  // namespace

void restore_library(Session& session) {
  static const std::vector<uint8_t> image = make_image();
  gc::ImageChain chain(session.context().heap);
  Result<Value> pin = chain.load(image);
  PLAN_CHECK(pin.has_value());
  for (uint64_t i = 0; i < chain.size(); ++i) {
    if (is_pin(chain.top(i))) session.evaluator().match_one(chain.top(i));
  }
  session.context().state.restore_row(pin_item(*pin));
}

}  // namespace plan::sire
