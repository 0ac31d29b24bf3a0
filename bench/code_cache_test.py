#!/usr/bin/env python3
# bench/code_cache_test.py: what code_cache.py calls steady, on iterations that are made up.

import random
import sys
import unittest

sys.dont_write_bytecode = True  # A new folder would look like a changed source.
import code_cache


def noisy(times, share=0.02):
    source = random.Random(1)
    return [t * source.uniform(1 - share, 1 + share) for t in times]


def run_of(*parts):
    """Iterations: (count, time) after (count, time)."""
    return noisy([time for count, time in parts for _ in range(count)])


class SteadyTest(unittest.TestCase):
    def test_time_counts_up_to_the_first_steady_iteration(self):
        steady = code_cache.Steady(run_of((10, 2.0), (100, 1.0)))
        self.assertAlmostEqual(steady.late, 20.0, delta=0.5)
        self.assertAlmostEqual(steady.level, 1.0, delta=0.02)

    def test_a_fifth_more_than_at_the_end_is_not_steady(self):
        self.assertGreater(code_cache.Steady(run_of((30, 1.2), (100, 1.0))).late, 30)

    def test_what_is_steady_from_the_start_is_not_late(self):
        self.assertLess(code_cache.Steady(run_of((100, 1.0))).late, 0.1)

    def test_one_slow_iteration_later_on_does_not_count(self):
        self.assertLess(code_cache.Steady(run_of((5, 1.0), (1, 9.0), (100, 1.0))).late, 0.1)

    def test_one_fast_iteration_before_does_not_count(self):
        steady = code_cache.Steady(run_of((5, 2.0), (1, 1.0), (10, 2.0), (100, 1.0)))
        self.assertGreater(steady.late, 30)

    def test_the_first_iteration_counts_however_steady_the_next_are(self):
        self.assertAlmostEqual(code_cache.Steady(run_of((1, 2.0), (100, 1.0))).late, 2.0, delta=0.2)

    def test_noise_does_not_postpone_it(self):
        self.assertLess(code_cache.Steady(noisy([1.0] * 200, 0.25)).late, 0.3)

    def test_noise_does_not_excuse_a_slow_first_iteration(self):
        self.assertGreater(code_cache.Steady([1.4] + noisy([1.0] * 200, 0.5)).late, 1.0)

    def test_noise_does_not_make_slower_code_steady(self):
        self.assertGreater(code_cache.Steady(noisy([1.3] * 50 + [1.0] * 150, 0.2)).late, 50)

    def test_what_gets_faster_until_the_end_is_late(self):
        steady = code_cache.Steady([200.0 - k for k in range(150)])
        self.assertGreater(steady.late, sum(200.0 - k for k in range(75)))


class PaceTest(unittest.TestCase):
    def test_a_machine_that_changes_its_pace_does_not_change_the_times(self):
        for pace in (1.5, 0.6):  # for the first half
            machine = [pace] * 60 + [1.0] * 60
            times = [t * p for t, p in zip(run_of((1, 3.0), (119, 1.0)), machine)]
            even = code_cache.at_even_pace(times, noisy(machine), 1.0)
            steady = code_cache.Steady(even)
            self.assertAlmostEqual(steady.late, 3.0, delta=0.3)
            self.assertAlmostEqual(steady.level, 1.0, delta=0.05)

    def test_without_a_reference_it_would(self):
        machine = [1.5] * 60 + [1.0] * 60
        self.assertGreater(code_cache.Steady(machine).late, 60)


if __name__ == "__main__":
    unittest.main()
