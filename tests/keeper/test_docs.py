"""The page, the dashboard and the alert rules speak of what there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from ballast.keeper.conditions import CONDITIONS
from ballast.keeper.metrics import KeeperMetrics
from tests.keeper.faults import FullDisk
from tests.keeper.survive import ALL

DOCS = Path(__file__).resolve().parents[2] / "docs"
PACKAGE = DOCS.parent / "offchain" / "ballast"
PAGE = (DOCS / "keeper.md").read_text()
ALERTS = (DOCS / "keeper" / "alerts.yml").read_text()
DASHBOARD = (DOCS / "keeper" / "dashboard.json").read_text()


SHOWN_BY = {
    "It is killed at any moment": ("test_survives_every_boundary", "test_death_at_a_boundary"),
    "The journal is empty and a transaction waits": (
        "test_an_empty_journal_adopts_what_waits",
        "test_a_transaction_nobody_shows_is_waited_for_and_then_its_nonce_taken",
    ),
    "A reply to a send is lost": ("test_a_reply_lost_after_the_node_took_it", "reply lost"),
    "A transaction is stuck": (
        "test_a_stuck_transaction_is_replaced_at_the_same_nonce",
        "test_a_stuck_transaction_nobody_needs_is_replaced_by_an_empty_one",
        "stuck nonce",
    ),
    "The nodes lose a transaction that nobody needs any more": (
        "test_the_nonce_of_a_forgotten_transaction_is_never_used_for_other_work",
    ),
    "A transaction waits past its time": (
        "test_a_post_that_waits_at_half_time_gives_way_to_the_poke",
        "test_a_poke_does_not_outlive_its_epoch",
        "test_a_challenge_does_not_outlive_its_epoch",
    ),
    "A reorganisation undoes a post": (
        "test_reorganisations_with_and_without_the_post",
        "test_a_waiting_post_a_reorganisation_made_wrong_is_replaced",
        "test_a_final_transaction_is_followed_again_after_a_deep_reorganisation",
        "test_survives_every_depth",
    ),
    "A node fails": (
        *("refused", "slow", "truncated", "reordered", "duplicated", "429", "5xx"),
        "test_two_of_three_nodes_fail_in_their_own_ways",
        "test_one_that_failed_rests_and_comes_back",
        "test_nonsense_of_the_first_node_is_asked_elsewhere",
        "test_a_node_of_another_chain_rests",
    ),
    "A node takes fewer requests or blocks at once": (
        "test_messages_are_as_long_as_the_node_takes",
        "test_the_range_of_a_search_is_halved_until_the_node_takes_it",
    ),
    "Nodes contradict each other": (
        "test_the_majority_decides_on_counts_too",
        "test_wrong_counts_told_by_one_of_two_nodes_are_noticed",
        "lies",
    ),
    "Gas costs more than `--max-fee-gwei`": (
        "test_a_fee_above_the_cap_waits",
        "test_no_gas_is_bought_above_the_cap",
        "test_what_a_node_has_at_the_highest_fee_waits",
    ),
    "The nodes lose a transaction that offered the highest price": (
        "test_what_no_node_has_goes_out_again_at_the_highest_fee",
    ),
    "The journal is full, locked, damaged": (
        *("full disk", "locked journal", "corrupt journal"),
        "test_a_full_disk_stops_nothing_and_all_follows_later",
        "test_a_locked_journal_stops_nothing",
        "test_a_damaged_journal_stops_nothing_and_is_left_alone",
        "test_an_entry_left_out_is_told",
    ),
    "The machine's clock jumps": ("clock jumps",),
}
"""Tests and kinds of faults that show what the page says of faults, one by one."""


def test_the_page_names_every_method_a_keeper_uses() -> None:
    section = PAGE.split("\n## What a node must be able to do\n")[1].split("\n## ")[0]
    told = set(re.findall(r"`(eth_\w+)`", section))
    sources = [path for room in ("keeper", "transact", "chain") for path in (PACKAGE / room).glob("*.py")]
    sources += (PACKAGE / "deployment" / name for name in ("checking.py", "records.py"))
    used = set(re.findall(r'"(eth_\w+)"', "".join(path.read_text() for path in sources)))
    assert used - {"eth_sendTransaction"} <= told, "a keeper signs itself"


def entries(section: str) -> list[str]:
    """Entries of the list in a section, each as one line."""
    return [" ".join(entry.split()) for entry in re.findall(r"^- ((?:.+\n?)(?:  .+\n?)*)", section, re.MULTILINE)]


def exposed() -> set[str]:
    """Names of all samples."""
    return {s.name for family in KeeperMetrics(1.0).registry.collect() for s in family.samples} | {
        f"{family.name}_total" for family in KeeperMetrics(1.0).registry.collect() if family.type == "counter"
    }


def test_the_page_explains_every_code_and_no_other() -> None:
    section = PAGE.split("\n## Codes\n")[1].split("\n## ")[0]
    told = [code for entry in entries(section) for code in re.findall(r"`([A-Z][A-Z_]+)`", entry.partition(":")[0])]
    assert sorted(told) == sorted(CONDITIONS)


def test_the_page_explains_every_alert_and_no_other() -> None:
    rules = [rule for group in yaml.safe_load(ALERTS)["groups"] for rule in group["rules"]]
    section = PAGE.split("\n## Alerts\n")[1].split("\n## ")[0]
    assert sorted(re.findall(r"`(Ballast\w+)`", section)) == sorted(rule["alert"] for rule in rules)
    for rule in rules:
        assert {"expr", "labels", "annotations"} <= rule.keys()


def test_every_fault_of_the_page_is_tested() -> None:
    section = PAGE.split("\n## Faults\n")[1].split("\n## ")[0]
    assert [re.findall(r"\*\*(.+?)\*\*:", entry)[0] for entry in entries(section)] == list(SHOWN_BY)
    rooms = (Path(__file__).parent, Path(__file__).parents[1] / "transact")
    text = "".join(path.read_text() for room in rooms for path in room.glob("*.py"))
    defined = set(re.findall(r"^(?:def|class) (\w+)", text, re.MULTILINE))
    drawn = {kind.kind for kind in ALL} | {FullDisk.kind}
    for names in SHOWN_BY.values():
        assert all(name in defined if name.startswith("test_") else name in drawn for name in names)


def test_alerts_and_dashboard_use_metrics_and_codes_there_are() -> None:
    json.loads(DASHBOARD)
    assert set(re.findall(r"ballast_keeper_\w+", ALERTS + DASHBOARD)) <= exposed()
    for codes in re.findall(r'code=~?\\?"([A-Z_|]+)', ALERTS + DASHBOARD):
        assert set(codes.split("|")) <= CONDITIONS.keys()


def test_the_page_names_every_metric() -> None:
    section = PAGE.split("\n## Watch it\n")[1].split("\n## ")[0]
    told = {f"ballast_keeper_{name}" for name in re.findall(r"`([a-z_]+)`", section)}
    made = {name for name in exposed() if not name.endswith("_created")}
    assert made <= told
