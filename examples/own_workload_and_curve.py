"""Tasks, participants, parameters and a load curve of one's own, on the model and on the contracts."""

from dataclasses import replace

import numpy as np

import ballast

PERIODS = 12
market = ballast.Scenario(operators=8, coprocessors=12, periods=PERIODS)

# Twice as many tasks come by day as by night; the large ones are worth more than their size.
rng = np.random.default_rng(1)
counts = np.where(np.arange(PERIODS) % 4 < 2, 60, 30)
period = np.repeat(np.arange(PERIODS), counts)
difficulty = rng.integers(20, 200, len(period))
reward = difficulty * np.where(difficulty > 150, 1_500, 1_000)
tasks = ballast.workload(period, difficulty, reward)

# The participants that would be drawn for these tasks, but every coprocessor is a tenth cheaper.
operators, coprocessors = ballast.population(market, workload=tasks)
coprocessors.traits["cost"] -= coprocessors.traits["cost"] // 10

# The bonus is largest, 10%, at 60% load, and slashes are doubled at full load; the protocol takes 1% of a price.
curve = ballast.load_curve.designed(idle=0, best=100_000_000, b=6_000, f=8_500, full=10**9)
parameters = replace(market.network(), fee=10_000)

runs = {
    engine: ballast.simulate(
        market,
        workload=tasks,
        population=(operators, coprocessors),
        parameters=parameters,
        curve=curve,
        engine=engine,
    )
    for engine in ("twin", "evm")
}
for engine, results in runs.items():
    print(f"{engine}: {results.summary['tasks_settled']} of {len(period)} tasks settled")
    print(f"{engine}: mean load {results.periods['load_mean'].mean() / 100:.0f}%")
digests = {results.summary["state_digest"] for results in runs.values()}
print(f"model and contracts agree: {len(digests) == 1}")
