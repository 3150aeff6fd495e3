"""`GasModel`: a generalized autoregressive score model, and all that can be done with it."""

from __future__ import annotations

from collections.abc import Mapping

from numpy.random import Generator
from numpy.typing import ArrayLike

from ballast.scoring.diagnostics import Diagnostics, diagnose
from ballast.scoring.fit import maximise
from ballast.scoring.forecast import Forecast, forecast, simulate
from ballast.scoring.links import Array
from ballast.scoring.result import Fit
from ballast.scoring.specification import Specification


class GasModel(Specification):
    """A generalized autoregressive score model (Creal, Koopman and Lucas 2013, J. Appl. Econometrics 28(5), 777-795).

    Parameters
    ----------
    density : str
        One of bernoulli, binomial, beta, poisson, negbin, gaussian, student_t, exponential, gamma;
        `ballast.scoring.densities` lists their parameters.
    time_varying : sequence of str
        Parameters that follow the recursion; the others are static. ``mean`` is understood by every density.
    scaling : {"unit", "inverse", "inverse_sqrt"}
        Power 0, -1 or -1/2 of the Fisher information of the linked parameters that multiplies their scores.
    links : mapping of str to str, optional
        ``identity``, ``log`` or ``logit`` by time-varying parameter. By default whatever maps the parameter's domain to
        the whole line.
    p, q : int
        Numbers of lags of the score and of the parameter.
    regressors : array of shape (T,) or (T, m), or a mapping of parameter to such an array, optional
        Rows belong to the observations. An array belongs to the first time-varying parameter.
    parametrization : {"intercept", "level"}
        ``intercept``: f(t) = omega + x(t)'b + sum beta f(t-j) + sum alpha s(t-j). ``level``: f(t) = omega + x(t)'b +
        g(t) with g(t) = sum beta g(t-j) + sum alpha s(t-j), so that omega is the unconditional level.
    initial : {"unconditional", "estimated"} or mapping of str to float
        f before the first observation: its unconditional mean (with regressors at their averages), a coefficient in
        linked units, or given values by parameter in the parameter's own units.
    trials : int or array of shape (T,) or (T, N), optional
        Of the binomial density, which needs it here or in each call.

    Raises
    ------
    GasModelError
        If these do not make a model.
    """

    def fit(self, y: ArrayLike, *, trials: ArrayLike | None = None, start: Mapping[str, float] | None = None) -> Fit:
        """Maximum likelihood estimates; see `ballast.scoring.fit.maximise`."""
        return maximise(self, self.data(y, trials), start)

    def simulate(
        self,
        params: Mapping[str, float],
        n: int,
        rng: Generator,
        *,
        series: int | None = None,
        trials: ArrayLike | None = None,
    ) -> Array:
        """Draw n observations, of one series or of several; see `ballast.scoring.forecast.simulate`."""
        return simulate(self, params, n, rng, series, trials)

    def forecast(
        self,
        y: ArrayLike,
        params: Mapping[str, float],
        horizon: int,
        rng: Generator,
        *,
        coverage: float = 0.95,
        draws: int = 10_000,
        regressors: ArrayLike | Mapping[str, ArrayLike] | None = None,
        trials: ArrayLike | None = None,
    ) -> Forecast:
        """Means and intervals of future observations and parameters; see `ballast.scoring.forecast.forecast`."""
        return forecast(self, self.filter(y, params), params, horizon, rng, coverage, draws, regressors, trials)

    def diagnose(self, y: ArrayLike, params: Mapping[str, float], rng: Generator, *, lags: int = 20) -> Diagnostics:
        """Residuals, tests, stationarity and invertibility; see `ballast.scoring.diagnostics.diagnose`."""
        return diagnose(self, self.filter(y, params), params, rng, lags)
