"""What a fit found."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from ballast.errors import GasModelError
from ballast.scoring.borders import Border
from ballast.scoring.coordinates import Coordinates
from ballast.scoring.data import share, source, whole
from ballast.scoring.diagnostics import Diagnostics, diagnose
from ballast.scoring.engine import Filtered
from ballast.scoring.forecast import Band, Forecast, band, forecast
from ballast.scoring.layout import Named
from ballast.scoring.links import Array
from ballast.scoring.specification import Specification


@dataclass(frozen=True)
class Fit:
    """Maximum likelihood estimates.

    Attributes
    ----------
    model : Specification
        The model.
    params, standard_errors : Named
        By name; errors are NaN if the Hessian is not definite, at the border of invertibility, and where a coefficient
        is at its border.
    covariance : array, shape (d, d)
        Of the estimates, in the order of ``params``.
    filtered : Filtered
        Path at the estimates.
    observations : int
        Number of those not missing.
    converged : bool
        Whether the Hessian is definite and a further Newton step gains nothing.
    message : str
        Why.
    borders : tuple of Border
        Borders at which the fit ended: a simpler model is as good, or the likelihood is rough beyond.
    coordinates : Coordinates
        Free coordinates of the coefficients.
    point, spread : array, shapes (d,) and (d, d)
        The estimates there, and their covariance.
    """

    model: Specification
    params: Named
    standard_errors: Named
    covariance: Array
    filtered: Filtered
    observations: int
    converged: bool
    message: str
    borders: tuple[Border, ...]
    coordinates: Coordinates
    point: Array
    spread: Array

    @property
    def loglik(self) -> float:
        """Log-likelihood at the estimates."""
        return self.filtered.loglik

    @property
    def aic(self) -> float:
        """Akaike's information criterion."""
        return 2.0 * (len(self.params) - self.loglik)

    @property
    def bic(self) -> float:
        """Schwarz's information criterion."""
        return len(self.params) * math.log(self.observations) - 2.0 * self.loglik

    @property
    def errors_known(self) -> bool:
        """Whether there are standard errors."""
        return not bool(np.isnan(self.spread).any())

    def band(self, rng: Generator, *, coverage: float = 0.95, draws: int = 500) -> dict[str, Band]:
        """Confidence bands of the filtered path, for the coefficients are estimates.

        Coefficients are drawn from their asymptotic distribution and the filter is run with each (Blasques, Koopman,
        Lasak and Lucas 2016, International Journal of Forecasting 32(3)); draws with which it leaves a domain are left
        out.

        Parameters
        ----------
        rng : Generator
            Source of randomness.
        coverage : float
            Pointwise probability.
        draws : int
            Number of filters.

        Returns
        -------
        dict of str to Band
            By time-varying parameter, in its own units, in the shape of the observations.

        Raises
        ------
        GasModelError
            If the fit has no standard errors, or an argument is no source, share or number.
        """
        rng, coverage, draws = source("rng", rng), share("coverage", coverage), whole("draws", draws)
        if not self.errors_known:
            raise GasModelError("a fit without standard errors has no band")
        paths: dict[str, list[Array]] = {name: [] for name in self.model.time_varying}
        free = np.diag(self.spread) > 0.0
        points = np.tile(self.point, (draws, 1))
        within = self.spread[np.ix_(free, free)]
        points[:, free] = rng.multivariate_normal(self.point[free], within, draws, method="cholesky")
        for u in points:
            with contextlib.suppress(GasModelError):
                drawn = self.model.path(self.coordinates.coefficients(u), self.filtered.data).parameters
                for name, path in paths.items():
                    path.append(drawn[name])
        return {name: band(np.stack(path, axis=-1), coverage) for name, path in paths.items()}

    def forecast(
        self,
        horizon: int,
        rng: Generator,
        *,
        coverage: float = 0.95,
        draws: int = 10_000,
        regressors: ArrayLike | Mapping[str, ArrayLike] | None = None,
        trials: ArrayLike | None = None,
    ) -> Forecast:
        """Forecast the observations after those fitted; see `ballast.scoring.forecast.forecast`."""
        return forecast(self.model, self.filtered, self.params, horizon, rng, coverage, draws, regressors, trials)

    def diagnose(self, rng: Generator, *, lags: int = 20) -> Diagnostics:
        """Diagnose the fit; see `ballast.scoring.diagnostics.diagnose`."""
        return diagnose(self.model, self.filtered, self.params, rng, lags)
