// tests/differential/isolate.h: work in a child process, so that its death is a result too.
#pragma once

#include <cstdint>
#include <string>

namespace plan::differential {

/// Runs `work(context)` in a fork of this process and returns its answer; `signal N` if it died of
/// one (14: it took more than `seconds`).
std::string run_isolated(std::string (*work)(void* context), void* context, uint32_t seconds);

}  // namespace plan::differential
