"""The promise that one flooder costs others little, on a short run of its benchmark."""

from tests.bench.fairness import PROMISE, one_member, p95, waits


async def test_one_flooder_makes_others_wait_at_most_half_as_long_again() -> None:
    alone, flooded = p95(await waits(120, None, seed=7)), p95(await waits(120, one_member, seed=7))
    assert flooded <= PROMISE * alone
