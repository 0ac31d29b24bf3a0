// sire/library_image.h: sessions for tests that have our library in scope at once, in any mode.
//
// The library's modules cannot run without jets (division would be repeated subtraction), nor fast
// under constant collection; a session in such a mode takes the state that a normal one has left.
#pragma once

#include "sire/session.h"

namespace plan::sire {

/// Brings our library into scope, as at a prompt without a file; or that of the working directory,
/// if it has one when this is first called. The session is new.
void restore_library(Session& session);

}  // namespace plan::sire
