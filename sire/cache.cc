// sire/cache.cc: the states that modules leave, kept between runs.
#include "sire/cache.h"

namespace plan::sire {

size_t StateCache::restore(Context&, std::span<const ModuleSource>) { return 0; }
void StateCache::remember(Context&, const ModuleSource&) {}

}  // namespace plan::sire
