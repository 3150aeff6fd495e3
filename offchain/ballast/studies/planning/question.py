"""What ``ballast plan`` is asked."""

from __future__ import annotations

from dataclasses import dataclass

from ballast.errors import ParameterError
from ballast.sim.scenario import Scenario


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes
    ----------
    scenario : Scenario
        Demand, participants and parameters of the protocol.
    season : int
        Periods after which the demand repeats.
    horizon : int
        Periods to plan for.
    windows : int
        Windows of that many periods, the last of the demand, on which forecasts and plans are tried.
    level : float
        Share of the heavy tasks to be sold.
    """

    scenario: Scenario
    season: int
    horizon: int
    windows: int
    level: float

    def validate(self) -> None:
        """Refuse what cannot be answered.

        Raises
        ------
        ParameterError
            With the option, its value, and what would be right.
        """
        self.scenario.validate()
        for name, value, least in (
            ("season", self.season, 2),
            ("horizon", self.horizon, 1),
            ("windows", self.windows, 1),
        ):
            if value < least:
                raise ParameterError(f"--{name} is {value}: give a whole number from {least}")
        if not 0.0 < self.level < 1.0:
            raise ParameterError(f"--service-level is {self.level}: give a fraction between 0 and 1")
