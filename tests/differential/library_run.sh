#!/bin/sh
# tests/differential/library_run.sh: random laws over the jets of the library inside, against the
# oracle.
#
#   library_run.sh PLAN_DEFINITIONS PLAN_DIFFERENTIAL [OPTION..]
#
# Left out is what differs by decision (README.md). PLAN_SEED chooses the programs.
set -eu
definitions=$1
differential=$2
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"$definitions" prelude > jets.txt 2> /dev/null
run() {
  "$differential" library=jets.txt nats laws except=_Div except=_Mod except=div32 except=div64 \
    except=sub32 except=sub64 except=ror32 except=ror64 except=rol32 except=rol64 except=iDiv64 \
    except=setSplitAt except=setSplitLT except=tabSplitAt except=tabSplitLT "$@"
}
run "$@" 1000 "${PLAN_SEED:-1}"
run "$@" optimise 1000 "${PLAN_SEED:-100001}"
run "$@" passes=random 2500 "${PLAN_SEED:-200001}"
