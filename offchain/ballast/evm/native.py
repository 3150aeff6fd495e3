"""From LLVM's language to machine code, kept in ``build/evm``."""

from __future__ import annotations

import contextlib
import hashlib
from functools import cache

import llvmlite.binding as llvm

from ballast.places import CACHE
from ballast.writing import write_whole

STORE = CACHE / "evm"
PASSES = "always-inline, instcombine, simplifycfg; -O1"
"""Of optimisation. More take twice as long to compile and make nothing faster."""
DIGEST = hashlib.sha256().digest_size


@cache
def _target() -> llvm.TargetMachine:
    """Describe the machine we run on."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=1,
        reloc="pic",
        codemodel="small",
        jit=True,
    )


def machine_code(text: str) -> bytes:
    """Machine code of a module in LLVM's language for this processor, as an object file; compiled if it is not kept."""
    processor = f"{llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"
    made_of = f"{llvm.llvm_version_info} {PASSES} {processor}\n{text}"
    path = STORE / f"{hashlib.sha256(made_of.encode()).hexdigest()}.o"
    with contextlib.suppress(OSError):
        kept = path.read_bytes()
        if hashlib.sha256(kept[DIGEST:]).digest() == kept[:DIGEST]:
            return kept[DIGEST:]
    code = _compile(text)
    with contextlib.suppress(OSError):  # it is compiled anew the next time
        STORE.mkdir(parents=True, exist_ok=True)
        write_whole(path, hashlib.sha256(code).digest() + code)
    return code


def _compile(text: str) -> bytes:
    target = _target()
    module = llvm.parse_assembly(text)
    module.triple = target.triple
    module.data_layout = str(target.target_data)
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    passes.run(module, llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options()))
    return bytes(target.emit_object(module))


class Linker:
    """Machine code in memory, ready to run. Libraries see those linked before them."""

    def __init__(self) -> None:
        self._jit = llvm.create_lljit_compiler(_target(), use_jit_link=True)
        self._libraries: dict[str, llvm.ResourceTracker] = {}

    def link(self, name: str, code: bytes, *functions: str) -> list[int]:
        """Load an object file as a library, once.

        Parameters
        ----------
        name : str
            Of the library.
        code : bytes
            The object file.
        functions : str
            Names of functions.

        Returns
        -------
        list of int
            Their addresses.
        """
        if name not in self._libraries:
            builder = llvm.JITLibraryBuilder().add_object_img(code).add_current_process()
            for library in self._libraries:
                builder.add_jit_library(library)
            for function in functions:
                builder.export_symbol(function)
            self._libraries[name] = builder.link(self._jit, name)
        return [int(self._libraries[name][function]) for function in functions]
