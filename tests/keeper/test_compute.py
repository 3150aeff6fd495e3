"""The computation for whole networks gives the very integers of the model, and soon enough."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ballast.keeper import bench, compute
from ballast.keeper.explain import explain
from ballast.model import page_packing, reputation_filter
from ballast.model.constants import MAX_AMOUNT, MAX_LOGIT, PAGE, PPM
from ballast.model.parameters import DEFAULT_FILTER


def step(inputs: compute.Inputs, account: int, phi: int) -> int:
    """Take a step as the protocol defines it."""
    n, k = inputs.fees.get(account, (0, 0))
    bonus = overload = 0
    if n:
        integral, above = inputs.activity[account]
        bonus = min(integral // inputs.epoch_seconds * PPM // inputs.peak, PPM)
        overload = above * PPM // inputs.epoch_seconds
    return reputation_filter.step(inputs.parameters, phi, n, k, bonus, overload)


def test_a_network_equals_the_model_account_by_account() -> None:
    inputs = bench.network(4_000, seed=7)
    computed = compute.computed(inputs)
    holds = compute.holding_logits(inputs.page_words, inputs.epoch + 1, inputs.holding)
    assert computed == [step(inputs, account, phi) for account, phi in enumerate(holds)]
    assert all(explain(inputs, a)["result"]["phi"] == computed[a] for a in range(0, 4_000, 97))


@given(
    phi=st.integers(-(2**23), 2**23 - 1),
    n=st.integers(0, MAX_AMOUNT),
    share=st.integers(0, PPM),
    bonus=st.integers(0, 2**40 - 1),
    overload=st.integers(0, 3_600),
)
def test_one_account_with_any_inputs(phi: int, n: int, share: int, bonus: int, overload: int) -> None:
    word = page_packing.pack([phi] * PAGE, 9, 0)
    fees = {3: (n, n * share // PPM)} if n else {}
    activity = {3: (bonus, overload)} if n else {}
    inputs = compute.Inputs(10, 3_600, DEFAULT_FILTER, DEFAULT_FILTER, 150_000, [0, word], fees, activity)
    held = reputation_filter.clamp(phi)
    assert compute.holding_logits(inputs.page_words, 11, DEFAULT_FILTER)[3] == held
    assert compute.computed(inputs)[3] == step(inputs, 3, held)


def test_packed_pages_read_back() -> None:
    logits = [-MAX_LOGIT, MAX_LOGIT, 0, -1, 1, 12_345, -(2**23), 2**23 - 1]
    assert [page_packing.logit(compute.pack(logits)[0], a) for a in range(PAGE)] == logits


def test_lost_pages_are_those_not_written_right_after_they_were() -> None:
    written = [9 << 192, 10 << 192]
    assert compute.lost_pages([8 << 192, 9 << 192], 10) == 1
    assert compute.lost_pages(written[::-1], 10) == 0
    assert compute.lost_pages([0, 0], 10) == 0
    assert compute.lost_pages([6 << 192, 7 << 192], 10) == 0, "told when it happened"
