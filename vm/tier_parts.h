// vm/tier_parts.h: what vm/tier.cc (when a law is made faster), tier_request.cc (what is handed to
// the native tier) and tier_install.cc (what comes back) share.
#pragma once

#include "vm/code.h"
#include "vm/tier.h"

#include <memory>

namespace plan::vm {

struct Machine;

template <typename F>
void* address_of(F* function) {
  return reinterpret_cast<void*>(function);
}

/// The counter of a law that many entries are left to.
inline int32_t heat_of(uint32_t entries) { return -static_cast<int32_t>(entries); }
/// Entries until it is asked again whether there is time, or room.
uint32_t retry_entries(const Machine& vm);

/// Optimises the law of `hot` and lowers it and every expression it suspends. Null: see `failure`.
std::unique_ptr<TierRequest> make_request(Machine& vm, Code& hot, TierFailure& failure);
/// What became of a request whose law still exists.
void finish_request(Machine& vm, std::unique_ptr<TierRequest> request);
void report(Machine& vm, const TierEvent& event);

}  // namespace plan::vm
