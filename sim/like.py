"""What is deployed, as a simulation takes it."""

from __future__ import annotations

from pathlib import Path

from ballast.deployment.file import Deployment
from ballast.errors import RecordError
from ballast.model.parameters import ContractParameters


def deployed(path: Path) -> ContractParameters:
    """Read the parameters of a deployment from its file, and the terms of its class, if it has one.

    Raises
    ------
    RecordError
        If it is no deployment file, or has several classes.
    """
    deployment = Deployment.load(path)
    if len(deployment.classes) > 1:
        numbers = ", ".join(map(str, deployment.classes))
        right = 'leave one of "classes" in a copy of the file'
        raise RecordError(f"{path} has the classes {numbers}: a simulation takes one, {right}")
    return ContractParameters(deployment.parameters, next(iter(deployment.classes.values()), None))
