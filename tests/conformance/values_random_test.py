#!/usr/bin/env python3
# tests/conformance/values_random_test.py: random values, our facts against those of a Python model.
#
#   values_random_test.py TOOL FOLDER [COUNT]
#
# TOOL is value_facts_main; FOLDER holds valueref.py, the model (not in this repository: without
# it the exit code is 77, which CTest reports as skipped). PLAN_SEED repeats a run.

import os
import random
import subprocess
import sys

SKIPPED = 77


def expected_line(model, value):
    pin = ("p", value)
    columns = [
        model.b58(model.fhash(value)),
        model.seed(value).hex(),
        model.head(pin).hex(),
        model.germ(pin).hex(),
        model.pod(pin).hex(),
        f"{model.truear(value)}/{model.arity(value)}",
    ]
    return "\t".join(columns)


def main():
    tool, folder = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 300
    if not os.path.exists(os.path.join(folder, "valueref.py")):
        print(f"skipped: no model in {folder}")
        return SKIPPED
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    import valueref as model

    seed = int(os.environ.get("PLAN_SEED", random.SystemRandom().randrange(2**32)))
    print(f"PLAN_SEED={seed}")
    source = random.Random(seed)
    values = [model.gen(source, source.randrange(5)) for _ in range(count)]
    texts = [model.pp(v) for v in values]
    result = subprocess.run(
        [tool], input="".join(t + "\n" for t in texts), capture_output=True, text=True, check=True
    )
    lines = result.stdout.splitlines()
    if len(lines) != count:
        print(f"{count} values gave {len(lines)} lines")
        return 1
    failures = 0
    for text, value, line in zip(texts, values, lines):
        expected = expected_line(model, value)
        if line != expected:
            failures += 1
            print(f"value:    {text}\nexpected: {expected}\nours:     {line}\n")
    print(f"{count} values, {failures} differ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
