"""What a score-driven model is: its density, links, scaling and lags, and the filter they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from ballast.errors import GasModelError
from ballast.scoring import kernel
from ballast.scoring.data import Data, by_name, number, read, read_regressors, whole
from ballast.scoring.densities import DENSITIES, Density
from ballast.scoring.engine import Filtered, FilterEngine, State
from ballast.scoring.layout import Coefficients, Layout
from ballast.scoring.links import ALLOWED_LINKS, Array, inside, to_predictor

Scaling = Literal["unit", "inverse", "inverse_sqrt"]
Parametrization = Literal["intercept", "level"]
Initial = Literal["unconditional", "estimated"] | Mapping[str, float]

PARAMETRIZATIONS: Final = ("intercept", "level")
MOST_LAGS: Final = 1_000


def _choice(what: str, value: Any, choices: Mapping[str, Any]) -> Any:
    if not isinstance(value, str) or value not in choices:
        raise GasModelError(f"{what} is {value!r}; it must be one of {', '.join(choices)}")
    return choices[value]


class Specification:
    """A model without what is estimated, simulated or forecast with it; the parameters are those of `GasModel`.

    Raises
    ------
    GasModelError
        If these do not make a model.
    """

    def __init__(
        self,
        density: str,
        time_varying: tuple[str, ...] | list[str] | str = ("mean",),
        scaling: Scaling = "unit",
        links: Mapping[str, str] | None = None,
        p: int = 1,
        q: int = 1,
        regressors: ArrayLike | Mapping[str, ArrayLike] | None = None,
        parametrization: Parametrization = "intercept",
        initial: Initial = "unconditional",
        trials: ArrayLike | None = None,
    ) -> None:
        self.density: Final[Density] = _choice("density", density, DENSITIES)
        _choice("scaling", scaling, kernel.SCALINGS)
        self.scaling: Final = scaling
        _choice("parametrization", parametrization, dict.fromkeys(PARAMETRIZATIONS))
        self.parametrization: Final = parametrization
        p, q = whole("p", p, MOST_LAGS), whole("q", q, MOST_LAGS)
        try:
            chosen = (time_varying,) if isinstance(time_varying, str) else tuple(time_varying)
        except TypeError:
            chosen = ()
        if not all(isinstance(name, str) for name in chosen):
            chosen = ()
        varying = tuple(self.density.find(name) for name in chosen)
        if not varying or len(set(varying)) < len(varying):
            raise GasModelError(f"time_varying is {time_varying!r}; it must name at least one parameter, each once")
        self.time_varying: Final = tuple(self.density.parameters[i].name for i in varying)
        self.links: Final = self._links({} if links is None else by_name("links", links), varying)
        self.regressors = read_regressors(self.density, self.time_varying, regressors)
        self.initial: Final = initial
        estimated, self.given = self._initial(initial, varying)
        columns = tuple(x.shape[1] for x in self.regressors)
        self.layout: Final = Layout(self.density, varying, columns, p, q, estimated)
        self.trials: Final = trials
        self.engine: Final = FilterEngine(self.density, varying, tuple(self.links.values()), kernel.SCALINGS[scaling])

    @property
    def coefficients(self) -> tuple[str, ...]:
        """Names of the coefficients, in order."""
        return tuple(self.layout.names)

    def _links(self, links: Mapping[str, str], varying: tuple[int, ...]) -> dict[str, str]:
        chosen = {self.density.parameters[i].name: self.density.parameters[i].link for i in varying}
        for name, link in links.items():
            parameter = self.density.parameters[self.density.find(name)]
            if parameter.name not in chosen:
                raise GasModelError(f"{parameter.name} has a link but is static; links are for {', '.join(chosen)}")
            if not isinstance(link, str) or link not in ALLOWED_LINKS[parameter.domain]:
                allowed = " or ".join(ALLOWED_LINKS[parameter.domain])
                raise GasModelError(f"the link of {parameter.name} is {link!r}; it must be {allowed}")
            chosen[parameter.name] = link
        return chosen

    def _initial(self, initial: Initial, varying: tuple[int, ...]) -> tuple[tuple[bool, ...], Array]:
        given = np.full(len(varying), np.nan)
        if isinstance(initial, str):
            _choice("initial", initial, dict.fromkeys(("unconditional", "estimated")))
            return (initial == "estimated",) * len(varying), given
        for name, given_value in by_name("initial", initial).items():
            place, value = self.density.find(name), number(f"the initial value of {name}", given_value)
            parameter = self.density.parameters[place]
            if place not in varying or not inside(parameter.domain, value):
                raise GasModelError(
                    f"initial value {value} of {name}; it must name a time-varying parameter and lie in its domain"
                )
            link = self.links[parameter.name]
            given[varying.index(place)] = to_predictor(link, np.array([value], dtype=np.float64))[0]
        return (False,) * len(varying), given

    def filter(
        self,
        y: ArrayLike,
        params: Mapping[str, float],
        *,
        trials: ArrayLike | None = None,
        state: State | None = None,
    ) -> Filtered:
        """Path of the time-varying parameters.

        Parameters
        ----------
        y : array, shape (T,) or (T, N)
            Observations of one or N series; NaN is missing.
        params : mapping of str to float
            Coefficients by name.
        trials : array, optional
            In place of the model's own.
        state : State, optional
            Where an earlier filter of the same series ended; by default the path starts at the model's initial value.

        Raises
        ------
        GasModelError
            If an observation or a coefficient is out of its domain, or the path leaves a parameter's.
        """
        data, parts = self.data(y, trials), self.layout.unpack(self.layout.pack(params))
        if state is not None:
            beyond = (len(parts.omega), data.y.shape[1])
            shapes = [(len(lags), *beyond) for lags in (parts.beta, parts.alpha)]
            if not isinstance(state, State) or [*map(np.shape, state)] != shapes:
                raise GasModelError("state is none of a filter of this model with as many series")
        return self.path(parts, data, state)

    def data(self, y: ArrayLike, trials: ArrayLike | None = None) -> Data:
        """Observations checked against the model, with its regressors; the errors of `filter`."""
        return read(self.density, y, self.trials if trials is None else trials, self.regressors)

    def path(self, parts: Coefficients, data: Data, state: State | None = None) -> Filtered:
        """Filter data that were read before; the errors of `filter`."""
        shift, drive = self.terms(parts, data.regressors, len(data.y))
        return self.engine.run(data, parts, shift, drive, state or self.start(parts, data.y.shape[1]))

    def terms(self, parts: Coefficients, regressors: tuple[Array, ...], times: int) -> tuple[Array, Array]:
        """Compute what is added to f outside and inside the recursion, shapes (times, k)."""
        base = np.tile(parts.omega, (times, 1))
        for i, x in enumerate(regressors):
            if x.size:
                base[:, i] += x @ parts.x[i, : x.shape[1]]
        nothing = np.zeros_like(base)
        return (base, nothing) if self.parametrization == "level" else (nothing, base)

    def start(self, parts: Coefficients, series: int, given: Array | None = None) -> State:
        """State before the first observation, with given initial values in linked units, or the model's own.

        Raises
        ------
        GasModelError
            If it should be an unconditional mean and there is none.
        """
        shift, drive = (terms[0] for terms in self.terms(parts, tuple(x[:1] for x in self.regressors), 1))
        given = self.given if given is None else given
        first = np.where(np.isnan(given), parts.initial, given) - shift
        unknown = np.isnan(first)
        if self.parametrization == "level":
            first[unknown] = 0.0
        elif unknown.any():
            means = [x.mean(axis=0, keepdims=True) if x.size else x for x in self.regressors]
            distance = 1.0 - parts.beta.sum(axis=0)
            if (distance[unknown] == 0.0).any():
                raise GasModelError("beta sums to 1, so there is no unconditional mean to start from; give initial")
            first[unknown] = (self.terms(parts, tuple(means), 1)[1][0] / distance)[unknown]
        g = np.empty((len(parts.beta), len(first), series))
        g[:] = first[:, None]
        g[-1] -= drive[:, None]
        return State(g, np.zeros((len(parts.alpha), len(first), series)))

    def loglik(self, y: ArrayLike, params: Mapping[str, float], *, trials: ArrayLike | None = None) -> float:
        """Log-likelihood of all observations; the same arguments and errors as `filter`."""
        return self.filter(y, params, trials=trials).loglik
