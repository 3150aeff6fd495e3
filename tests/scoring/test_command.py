"""The command: tables, pictures, and one line for a mistake."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from click.testing import CliRunner, Result
from matplotlib.backend_bases import FigureCanvasBase

from ballast.cli import main
from ballast.scoring import GasModel, cases
from ballast.scoring.writable import FORMATS
from ballast.table import read_table

ORDERS = ("--column", "orders")


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
    result = run("fit", orders, *ORDERS, "--density", "negbin", "--horizon", "3", "--figure", picture)
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
    result = run("fit", orders, *ORDERS, *variance, "--scaling", "inverse", "--initial", "estimated")
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
        (("--density", "negbin", "--figure", "path.xyz"), "path.xyz is no name of a figure; let it end in .eps"),
        (("--density", "negbin", "--figure", "."), "is a directory"),
        (("--density", "negbin", "--regressor", "time", "--regressor", "time"), "--regressor is named twice"),
        (("--density", "negbin", "--regressor", "orders"), "cannot be both"),
        (("--density", "negbin", "--seed", "-1"), "--seed"),
        (("--density", "negbin", "--column", ""), "no column ''; it has orders, offers, time"),
    ],
)
def test_mistakes_take_one_line(orders: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run("fit", orders, *([] if "--column" in arguments else ORDERS), *arguments)
    assert result.exit_code == 2
    last = result.output.strip().splitlines()[-1]
    assert last.startswith("ballast: ")
    assert message in last


def test_the_column_is_asked_for_and_named(orders: Path) -> None:
    result = run("fit", orders, "--density", "poisson")
    assert result.exit_code == 2
    assert result.output.strip().endswith("orders.csv has 3 columns; choose with --column: orders, offers, time")
    result = run("fit", orders, "--density", "binomial", "--trials", "offers", "--regressor", "time")
    assert result.exit_code == 0, result.output
    assert "Estimates for orders" in result.output
    assert "orders.csv: 299 observations, 1 missing" in result.output
    result = run("fit", orders, "--column", "time", "--density", "poisson")
    assert result.exit_code == 2
    assert "orders.csv, column time: y at time 1 is 0.00333333; poisson needs" in result.output


def test_json(orders: Path) -> None:
    result = run("fit", orders, *ORDERS, "--density", "negbin", "--horizon", "2", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    fit = GasModel("negbin").fit(read_table(orders).column("orders").numbers())
    assert found["column"] == "orders"
    assert (found["observations"], found["missing"]) == (299, 1)
    assert found["log_likelihood"] == fit.loglik
    assert {name: row["estimate"] for name, row in found["coefficients"].items()} == fit.params
    assert found["coefficients"]["alpha"]["z"] == pytest.approx(fit.params["alpha"] / fit.standard_errors["alpha"])
    assert [row["step"] for row in found["forecast"]] == [1, 2]
    assert found["converged"]
    assert found["not_available"] == {}


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_a_fit_that_did_not_converge_has_a_status(tmp_path: Path, flags: tuple[str, ...]) -> None:
    file = tmp_path / "ties.csv"
    y = np.random.default_rng(1).normal(size=80)
    y[np.arange(80) * 0.45 % 1.0 < 0.45] = 0.0
    file.write_text("\n".join(["returns", *map(str, y)]), encoding="utf-8")
    arguments = ["gas", "fit", str(file), "--density", "student_t", *flags]
    result = CliRunner(mix_stderr=False).invoke(main, arguments)
    assert result.exit_code == 1
    assert "column returns: not converged" in result.stderr.splitlines()[-1]
    assert "omega" in result.stdout
    if flags:
        assert not json.loads(result.stdout)["converged"]


def test_digits_of_small_estimates_are_printed(tmp_path: Path) -> None:
    file = tmp_path / "small.csv"
    y = 1e-6 * np.random.default_rng(1).normal(size=60)
    file.write_text("\n".join(["y", *(f"{v:.17g}" for v in y)]), encoding="utf-8")
    result = run("fit", file, "--density", "gaussian", "--horizon", "1", "--json")
    variance = json.loads(result.stdout)["coefficients"]["variance"]["estimate"]
    assert variance == pytest.approx(y.var(), rel=0.1)
    assert f"{variance:.6g}" in run("fit", file, "--density", "gaussian").output


SHORT: list[tuple[str, str, list[float]]] = [
    ("poisson", "7 lags", [3, 3, 5, 4, 2, 6, 3, 5, 3, 1, 4, 4, 3, 5, 2]),
    ("poisson", "2 lags", [3, 1, 4, 2]),
    ("poisson", "25 lags", [5] * 50),
    ("exponential", "10 lags", [1e-90, 2e-90, 3e-90, 0.0] * 5),
    ("gaussian", "20 lags", [0.0] * 39 + [1e6]),
    ("gaussian", "10 lags", list(1e60 * np.sin(np.arange(20.0)))),
    ("bernoulli", "12 lags", [0.0, 1.0] * 12),
]


@pytest.mark.parametrize(("density", "lags", "y"), SHORT)
def test_secondary_figures_never_take_the_estimates_along(
    tmp_path: Path, density: str, lags: str, y: list[float]
) -> None:
    file = tmp_path / "short.csv"
    file.write_text("\n".join(["y", *map(str, y)]) + "\n", encoding="utf-8")
    result = run("fit", file, "--density", density, "--lags", "25", "--horizon", "2", "--figure", tmp_path / "x.png")
    assert result.exit_code in (0, 1), result.output
    assert "Estimates for y" in result.output
    assert lags in result.output or "Ljung-Box test of the residuals not available: " in result.output
    assert "Warning" not in result.output
    assert (tmp_path / "x.png").exists() == ("drawn to" in result.output)


def test_check_refuses_a_folder_without_data(tmp_path: Path) -> None:
    result = run("check", "--data", tmp_path)
    assert result.exit_code == 2
    assert result.output.strip().endswith("it should have bookshop_duration_adj.csv, cpichg.csv, bg96.csv")


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
    monkeypatch.setattr("ballast.scoring.command.CASES", (off,))
    result = run("check")
    assert result.exit_code == 1
    assert "DISAGREES" in result.output
    assert result.output.strip().splitlines()[-1] == "ballast: not reproduced: Off: omega"


def test_figures_end_in_what_can_be_drawn() -> None:
    assert set(FORMATS) <= set(FigureCanvasBase.get_supported_filetypes())
