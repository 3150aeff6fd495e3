"""A first run: a small market on the model, what came out of it, and the same market with harder slashing."""

from dataclasses import replace

import ballast

market = ballast.Scenario(operators=20, coprocessors=20, periods=20, tasks_per_period=200, seed=7)
results = ballast.simulate(market)

print(f"tasks settled: {results.summary['tasks_settled']} of {results.summary['tasks_opened']}")
print(f"mean load by period, percent: {(results.periods['load_mean'] / 100).round().astype(int).tolist()}")

busiest = results.accounts[results.accounts["tasks"].argmax()]
print(f"busiest: account {busiest['account']}, {busiest['tasks']} tasks")

for slashing in (0.01, 0.1, 0.5):
    summary = ballast.simulate(replace(market, slashing=slashing)).summary
    print(f"slashing {slashing}: {summary['slashed_total'] / summary['reward_paid']:.2%} of the rewards lost")
