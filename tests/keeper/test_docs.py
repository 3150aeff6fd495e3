"""The page, the dashboard and the alert rules speak of what there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from offchain.keeper.log import Code
from offchain.keeper.metrics import Metrics

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "keeper.md").read_text()
ALERTS = (DOCS / "keeper" / "alerts.yml").read_text()
DASHBOARD = (DOCS / "keeper" / "dashboard.json").read_text()


def exposed() -> set[str]:
    """Names of all samples."""
    return {s.name for family in Metrics(1.0).registry.collect() for s in family.samples} | {
        f"{family.name}_total" for family in Metrics(1.0).registry.collect() if family.type == "counter"
    }


def test_the_page_explains_every_code_and_no_other() -> None:
    section = PAGE.split("\n## Codes\n")[1].split("\n## ")[0]
    told = re.findall(
        r"`([A-Z][A-Z_]+)`", "\n".join(line.split("|")[1] for line in section.splitlines() if "|" in line)
    )
    assert sorted(told) == sorted(code.name for code in Code)


def test_the_page_explains_every_alert_and_no_other() -> None:
    rules = [rule for group in yaml.safe_load(ALERTS)["groups"] for rule in group["rules"]]
    section = PAGE.split("\n## Alerts\n")[1].split("\n## ")[0]
    assert sorted(re.findall(r"`(Ballast\w+)`", section)) == sorted(rule["alert"] for rule in rules)
    for rule in rules:
        assert {"expr", "labels", "annotations"} <= rule.keys()


def test_alerts_and_dashboard_use_metrics_and_codes_there_are() -> None:
    json.loads(DASHBOARD)
    assert set(re.findall(r"ballast_keeper_\w+", ALERTS + DASHBOARD)) <= exposed()
    for codes in re.findall(r'code=~?\\?"([A-Z_|]+)', ALERTS + DASHBOARD):
        assert set(codes.split("|")) <= {code.name for code in Code}


def test_the_page_names_every_metric() -> None:
    section = PAGE.split("\n## Watch it\n")[1].split("\n## ")[0]
    told = {f"ballast_keeper_{name}" for name in re.findall(r"`([a-z_]+)`", section)}
    made = {name for name in exposed() if not name.endswith("_created")}
    assert made <= told
