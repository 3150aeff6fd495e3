"""The one tree of exceptions.

BallastError
├── UserError            a mistake the user can mend: one line, no traceback
│   ├── ParameterError   a parameter out of its bounds
│   ├── WorkloadError    a workload file that cannot be used
│   ├── PlanError        a workload that nothing can be planned for
│   ├── RecordError      a deployment file that cannot be used
│   ├── KeystoreError    a keystore that cannot be opened, or made
│   ├── FundsError       tokens, ether or an escrow account are missing
│   ├── TableError       a CSV file that cannot be used
│   ├── GasModelError    a score-driven model, its parameters or its data that cannot be used
│   ├── ReplacedError    a function was replaced of which machine code would not notice
│   └── ResultsError     a directory of results that cannot be used
│       └── MissingResultError  it lacks what is asked for
├── ModelError           the model refuses a step, as the contract would
├── JournalError         a keeper's journal cannot be read or written
├── CaseError            a published result is not reproduced
├── FitError             a fit did not converge
├── ClusterError         workers of a sweep cannot be reached, were lost, or failed
├── PeerError            what a bench compares with cannot be run, or does not do the same
└── ChainError           the node or a transaction failed
    ├── NodeError        no usable answer came from a node
    │   └── NoContractError  a call was answered with nothing, since no contract stands there
    ├── RpcError         the node answered with an error
    │   ├── RevertError  a call or an estimate reverted
    │   └── TooLargeError  what was asked for in one message may be too much for the node
    ├── UnsupportedError  the in-process EVM does not do what a transaction asks for
    ├── DisagreementError  nodes contradict each other, or the contract
    ├── DeploymentError  what stands on the chain is not what was to be deployed
    └── DivergenceError  chain and model disagree
"""


class BallastError(Exception):
    """Anything Ballast raises on purpose."""


class UserError(BallastError):
    """A mistake the user can mend. The message is one line that says what is wrong and what would be right.

    Parameters
    ----------
    message : str
        Its lines are joined: what was given, and is told, may have several.
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(line.strip() for line in message.splitlines()))


class ParameterError(UserError):
    """A parameter is out of its bounds."""


class WorkloadError(UserError):
    """A workload file cannot be used."""


class PlanError(UserError):
    """Nothing can be planned for a workload: too few periods, or no demand."""


class RecordError(UserError):
    """A deployment file cannot be used."""


class KeystoreError(UserError):
    """A keystore cannot be opened, or made."""


class FundsError(UserError):
    """Tokens, ether or an escrow account are missing."""


class TableError(UserError):
    """A CSV file cannot be read as it is."""


class GasModelError(UserError):
    """A generalized autoregressive score model, its parameters or its data cannot be used."""


class ResultsError(UserError):
    """A directory of results cannot be read, or what is made of it not be written."""


class MissingResultError(ResultsError):
    """A directory of results is sound, but lacks what is asked for."""


class ReplacedError(UserError):
    """A function was replaced of which the market's machine code would not notice."""


class ModelError(BallastError):
    """The model refuses a step where the contract would revert; the message is the contract's reason."""


class JournalError(BallastError):
    """A keeper's journal cannot be read or written."""


class CaseError(BallastError):
    """A published result is not reproduced."""


class FitError(BallastError):
    """A fit did not converge; what it found is printed all the same."""


class ClusterError(BallastError):
    """The workers of a sweep cannot be reached, were lost, or failed."""


class PeerError(BallastError):
    """What a bench compares with cannot be run, or does not do the same work."""


class ChainError(BallastError):
    """The node or a transaction failed."""


class NodeError(ChainError):
    """No usable answer came from a node: refused, too slow, cut short, too many requests, or not an answer at all."""


class NoContractError(NodeError):
    """A call was answered with nothing: no contract stands at the address."""


class RpcError(ChainError):
    """The node answered a request with an error.

    Parameters
    ----------
    message : str
        What it said.
    kind : str
        What that means, a kind of ``ballast.node.phrases``; empty if the error is not told by a node.
    """

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


class RevertError(RpcError):
    """A call or an estimate reverted."""


class TooLargeError(RpcError):
    """The node refused several requests as a whole, or a range of blocks: fewer of them may be answered."""


class UnsupportedError(ChainError):
    """The in-process EVM does not do what a transaction asks for.

    Parameters
    ----------
    what : str
        What that is.
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"the in-process EVM does not support {what}")
        self.what = what


class DisagreementError(ChainError):
    """Nodes contradict each other, or the contract the keeper, and nothing tells which of them is right."""


class DeploymentError(ChainError):
    """What stands on the chain is not what was to be deployed."""


class DivergenceError(ChainError):
    """Chain and model disagree."""
