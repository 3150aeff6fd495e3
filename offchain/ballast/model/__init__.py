"""Python twins of the pure Vyper modules in ``contracts/modules``: same file, same function, same integers.

Every rule of the protocol exists once as a Vyper module and once here; nothing else derives a rule anew. The twins use
plain integers and the standard library only. A function is called like the Vyper one without its leading underscore,
takes the arguments in the same order and returns the same integer, to the last unit.

Where the contract reverts with a reason, the twin raises with exactly that reason:
`ballast.errors.ParameterError` from a ``check`` of parameters, `ballast.errors.ModelError` elsewhere. Where Vyper's
checked arithmetic reverts without a reason, the twin raises a ``ModelError`` that says ``arithmetic``.

Arguments are trusted to fit the type Vyper gives them, and fields that are packed to fit their bits, as there.
"""
