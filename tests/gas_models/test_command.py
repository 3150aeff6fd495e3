"""The command: tables, pictures, and one line for a mistake."""

from __future__ import annotations

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from click.testing import CliRunner, Result

from offchain.cli import main
from offchain.gas import GasModel, cases


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """Write a file of counts with a gap, trials and a regressor."""
    y = GasModel("negbin").simulate(
        {"omega": 0.1, "alpha": 0.1, "beta": 0.9, "dispersion": 0.3}, 300, np.random.default_rng(1)
    )
    rows = [f"{int(v) if i != 7 else ''},{int(v) + 5},{i / 300}" for i, v in enumerate(y)]
    file = tmp_path / "orders.csv"
    file.write_text("\n".join(["orders,offers,time", *rows]) + "\n", encoding="utf-8")
    return file


def run(*arguments: str | Path) -> Result:
    """Run ``ballast gas``."""
    return CliRunner().invoke(main, ["gas", *map(str, arguments)], env={"COLUMNS": "160"})


def test_fit_prints_what_was_found_and_draws_it(orders: Path, tmp_path: Path) -> None:
    picture = tmp_path / "path.png"
    result = run("fit", orders, "--density", "negbin", "--horizon", "3", "--figure", picture)
    assert result.exit_code == 0, result.output
    assert "299 observations" in result.output
    for word in ("dispersion", "AIC", "converged", "Ljung-Box", "persistence", "Lyapunov", "Forecast"):
        assert word in result.output
    image = matplotlib.image.imread(picture)
    assert image.shape[0] > 400
    assert image.shape[1] > 1_000
    # path in blue and forecast in orange are both there
    blue = (np.abs(image[..., :3] - np.array([0x1F, 0x49, 0x79]) / 255.0) < 0.05).all(axis=-1)
    orange = (np.abs(image[..., :3] - np.array([0xB5, 0x54, 0x1C]) / 255.0) < 0.05).all(axis=-1)
    assert blue.sum() > 500
    assert orange.sum() > 20


def test_options_reach_the_model(orders: Path) -> None:
    arguments = ("fit", orders, "--column", "orders", "--density", "binomial", "--trials", "offers")
    result = run(
        *arguments, "--regressor", "time", "--parametrization", "level", "--scaling", "inverse_sqrt", "-q", "2"
    )
    assert result.exit_code == 0, result.output
    for word in ("x1", "beta2"):
        assert word in result.output
    variance = ("--density", "gaussian", "--time-varying", "variance", "--link", "variance=identity")
    result = run("fit", orders, *variance, "--scaling", "inverse", "--initial", "estimated")
    assert result.exit_code == 0, result.output
    assert "initial" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--density", "bernoulli"), "bernoulli needs 0 or 1"),
        (("--density", "negbin", "--column", "sales"), "has no column 'sales'; it has orders, offers, time"),
        (("--density", "negbin", "--time-varying", "shape"), "no parameter 'shape'"),
        (("--density", "negbin", "--regressor", "time", "--horizon", "2"), "future values of the regressors"),
        (("--density", "negbin", "--figure", "nowhere/at/all.png"), "cannot be written"),
        (("--density", "negbin", "--figure", "picture.xyz"), "no picture ends in .xyz; give one of eps"),
    ],
)
def test_mistakes_take_one_line(orders: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run("fit", orders, *arguments)
    assert result.exit_code == 2
    last = result.output.strip().splitlines()[-1]
    assert last.startswith("ballast: ")
    assert message in last


def test_a_bad_link_is_a_usage_error(orders: Path) -> None:
    result = run("fit", orders, "--density", "negbin", "--link", "mean=cube")
    assert result.exit_code == 2
    assert "PARAMETER=LINK" in result.output


def test_check_reproduces_and_says_what_it_left_out() -> None:
    result = run("check")
    assert result.exit_code == 0, result.output
    assert result.output.count("agrees") == 5
    assert "bookshop_duration_adj.csv, cpichg.csv, bg96.csv" in result.output


def test_check_fails_when_a_figure_disagrees(monkeypatch: pytest.MonkeyPatch) -> None:
    off = cases.Case("Off", "nowhere", "", lambda _: [cases.figure("omega", "9.989", 9.95)])
    monkeypatch.setattr("offchain.gas.command.CASES", (off,))
    result = run("check")
    assert result.exit_code == 1
    assert "DISAGREES" in result.output
    assert result.output.strip().splitlines()[-1] == "ballast: not reproduced: Off: omega"
