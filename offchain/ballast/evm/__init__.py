"""An Ethereum virtual machine within the process: contracts compiled to machine code.

``bytecode`` reads instructions, ``instructions`` writes each in LLVM's language by means of ``writer``, ``compiler``
puts a contract together, ``runtime`` is what compiled code calls. ``native`` makes machine code of it and keeps it,
``chain`` runs transactions, and ``official`` holds the whole against the official tests.

Every transaction is executed instruction by instruction as Cancun defines it, with these exceptions:

- Gas is not metered: GAS says 2**62, and no call runs out of it.
- There is no ether: values are zero, a call with value is an error.
- Logs are dropped.
- Contracts are created from outside only. CREATE, CREATE2, SELFDESTRUCT, precompiled contracts, BALANCE, SELFBALANCE,
  EXTCODEHASH, GASPRICE, BLOCKHASH and BLOBHASH are errors that name themselves.
- What a block says of itself is what it is given (``chain.BlockContext``); by default a limit of 30,000,000 gas, the
  least price of blob gas, and zeros.
- A call has 1 MiB of memory, a transaction 16 calls within each other and 16,384 writes; more is an error, but for
  memory, which ends the call as missing gas would.
"""
