"""Where the protocol stands on a chain, and the file that says so."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ballast.chain.address import checked
from ballast.chain.contract import Contract
from ballast.client.contracts import PROTOCOL, MockToken
from ballast.errors import ParameterError, RecordError
from ballast.model import parameter_files
from ballast.model.parameters import ClassParameters, NetworkParameters
from ballast.writing import write_whole

TOKEN = MockToken.__name__
CONTRACTS = tuple(kind.__name__ for kind in PROTOCOL)
FORMAT = 2
ContractType = TypeVar("ContractType", bound=Contract)


@dataclass(frozen=True)
class Deployed:
    """A contract on the chain.

    Attributes
    ----------
    address : str
        Checksummed.
    arguments : tuple
        Of its constructor.
    code_hash : str
        Keccak of its runtime code, immutables included.
    """

    address: str
    arguments: tuple[Any, ...]
    code_hash: str


@dataclass(frozen=True)
class Deployment:
    """The protocol on a chain.

    Attributes
    ----------
    chain_id : int
        Chain it stands on.
    block : int
        Block of the last contract.
    genesis : int
        Timestamp at which epoch 1 starts.
    deployer, token, court : str
        Addresses.
    owner, pending_owner : str
        Owner of all contracts, and who may accept the ownership (the zero address for nobody).
    parameters : NetworkParameters
        Parameters it was deployed with.
    contracts : dict of str to Deployed
        By contract name, in the order of deployment.
    genesis_hash, block_hash : str
        Hash of block 0 of the chain, and of the block of the last contract: many chains have one id. Empty where the
        node does not tell.
    classes : dict of int to ClassParameters
        Classes that were registered with the deployment, by number; others may come at any time.
    """

    chain_id: int
    block: int
    genesis: int
    deployer: str
    token: str
    court: str
    owner: str
    pending_owner: str
    parameters: NetworkParameters
    contracts: dict[str, Deployed]
    genesis_hash: str = ""
    block_hash: str = ""
    classes: dict[int, ClassParameters] = field(default_factory=dict)

    def address(self, name: str) -> str:
        """Address of a contract by its name; ``MockToken`` is the token."""
        return self.token if name == TOKEN else self.contracts[name].address

    def contract(self, kind: type[ContractType]) -> ContractType:
        """Give one of the contracts of `ballast.client.contracts` where it stands; `MockToken` is the token."""
        return kind(self.address(kind.__name__))

    def to_json(self) -> str:
        """Text of the deployment file."""
        classes = {str(number): terms.to_table() for number, terms in self.classes.items()}
        content = {"format": FORMAT, **asdict(self), "parameters": self.parameters.to_table(), "classes": classes}
        return json.dumps(content, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, source: str = "deployment") -> Deployment:
        """Read a deployment back.

        Parameters
        ----------
        text : str
            What ``to_json`` wrote.
        source : str
            Name of the file, for messages.

        Raises
        ------
        RecordError
            If the text is not a deployment.
        """
        try:
            content = json.loads(text)
            if not isinstance(content, dict):
                raise ValueError("not a table")
            if (found := content.pop("format")) != FORMAT:
                raise ValueError(f"its format is {found!r}, not {FORMAT}")
            content["parameters"] = _network(content["parameters"])
            content["classes"] = {int(n): _class(n, terms) for n, terms in content.get("classes", {}).items()}
            content["contracts"] = {
                name: Deployed(_address(c["address"]), _tuples(c["arguments"]), _hash(c["code_hash"]))
                for name, c in content["contracts"].items()
            }
            if tuple(content["contracts"]) != CONTRACTS:
                raise ValueError(f"needs the contracts {', '.join(CONTRACTS)}")
            for key in ("chain_id", "block", "genesis"):
                if type(content[key]) is not int:
                    raise ValueError(f"{key} is not an integer")
            for key in ("deployer", "token", "court", "owner", "pending_owner"):
                content[key] = _address(content[key])
            for key in ("genesis_hash", "block_hash"):
                content[key] = _hash(content[key]) if content.get(key) else ""
            return cls(**content)
        except (ValueError, KeyError, TypeError, AttributeError, ParameterError, RecursionError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise RecordError(f"{source} is not a deployment file: {what}; give another or deploy anew") from error

    def save(self, path: Path) -> None:
        """Write the deployment file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, self.to_json())

    @classmethod
    def load(cls, path: Path) -> Deployment:
        """Read a deployment file.

        Raises
        ------
        RecordError
            If it cannot be read or is not a deployment.
        """
        try:
            return cls.from_json(path.read_text(encoding="utf-8"), str(path))
        except OSError as error:
            raise RecordError(f"deployment file {path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise RecordError(f"{path} is not a deployment file: it is not UTF-8") from error
        except ValueError as error:  # no path can be such
            raise RecordError(f"deployment file {str(path)!r} cannot be read: {error}") from error


def _network(tables: Any) -> NetworkParameters:
    """Read what was deployed: nothing of it is left to defaults."""
    network = parameter_files.read_tables(tables, "its parameters").network
    if network.to_table() != tables:
        raise ValueError("its parameters are too few or too many")
    return network


def _class(number: str, table: Any) -> ClassParameters:
    """Read the terms of a class, all of them."""
    terms = parameter_files.class_from_table(table, f"its class {number}")
    if terms.to_table() != table:
        raise ValueError(f"its class {number} is not complete")
    return terms


def _tuples(value: Any) -> Any:
    """Turn the lists of JSON into the tuples they were."""
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value


def _address(value: Any) -> str:
    if (address := checked(value)) is None:
        raise ValueError(f"{value!r} is not an address")
    return address


def _hash(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 66 or not value.startswith("0x"):
        raise ValueError(f"{value!r} is not a hash")
    return value
