"""What compiled contracts call: arithmetic LLVM does not define, hashes, storage, calls. All in LLVM's language."""

from __future__ import annotations

from ballast.evm.runtime.arithmetic import ARITHMETIC, DATA
from ballast.evm.runtime.calls import CALLS
from ballast.evm.runtime.hashing import HASHING, absorption, permutation
from ballast.evm.runtime.storage import STORAGE

DECLARATIONS = """
declare i256 @llvm.bswap.i256(i256)
declare i256 @llvm.umin.i256(i256, i256)
declare i64 @llvm.umax.i64(i64, i64)
declare i256 @llvm.usub.sat.i256(i256, i256)
declare i256 @llvm.ctlz.i256(i256, i1)
declare i256 @llvm.abs.i256(i256, i1)
declare i64 @llvm.umin.i64(i64, i64)
declare i64 @llvm.fshl.i64(i64, i64, i64)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
"""


def runtime() -> str:
    """Text of the module."""
    return "\n".join((DECLARATIONS, ARITHMETIC, DATA, STORAGE, CALLS, permutation(), absorption(), HASHING))
