"""The place in which functions are compiled: only C functions are optimised, and only they become machine code.

By itself Numba optimises each function with all that it calls, and makes machine code of it, with wrappers for
Python, as soon as it is compiled; each is optimised again in all that call it. Types and instructions are Numba's own.
"""

from __future__ import annotations

from copy import copy
from functools import cache, cached_property, partial
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import imputils
from numba.core.callconv import (
    RETCODE_EXC,
    RETCODE_NONE,
    RETCODE_OK,
    RETCODE_STOPIT,
    RETCODE_USEREXC,
    CPUCallConv,
)
from numba.core.codegen import JITCodeLibrary, JITCPUCodegen
from numba.core.cpu import CPUContext
from numba.core.registry import cpu_target
from numba.core.targetconfig import ConfigStack
from numba.core.typing import templates

from waves.engine.compiler.numba_target import ranges
from waves.node_types.places_in_code import place_of_line

OF_TARGET = ("functions", "getattrs", "setattrs", "casts", "constants")
OF_TYPING = ("functions", "attributes", "globals")


class Library(JITCodeLibrary):  # type: ignore[misc]
    """The code of a function. That of a C function gets all others that it uses, and is optimised as a whole."""

    is_entry = False
    shared: Any = None

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout
        passes, builder = self._codegen.function_passes
        for function in ll_module.functions:
            if not function.is_declaration:
                passes.run(function, builder)

    def finalize(self) -> None:
        """Ends it; nothing is added from now on."""
        self._raise_if_finalized()
        if self.is_entry:
            self._link(self._final_module)
            self._optimize_final_module()
            self._final_module.verify()
            self._finalize_final_module()
        else:
            self._finalized = True

    def _link(self, module: Any) -> None:
        """Adds the functions that it uses to a module, also those that they use."""
        own = {function.name for function in module.functions if not function.is_declaration}
        todo, seen = list(self._linking_libraries), {self}
        while todo:
            library = todo.pop()
            if library not in seen:
                seen.add(library)
                if isinstance(library, Library):
                    module.link_in(library._final_module, preserve=True)
                    todo += library._linking_libraries
                else:  # compiled as Numba does it
                    module.link_in(library._get_module_for_linking(), preserve=True)
        for function in module.functions:
            if not function.is_declaration and function.name not in own:
                function.linkage = llvm.Linkage.linkonce_odr  # so that it goes where no call of it is left

    def _get_module_for_linking(self) -> Any:
        """It with all that it uses, for a function that is compiled as Numba does it."""
        if self.shared is None:
            self.shared = self._final_module.clone()
            self._link(self.shared)
            for function in self.shared.functions:
                if not function.is_declaration:
                    function.linkage = llvm.Linkage.linkonce_odr
        return self.shared

    def _finalize_specific(self) -> None:
        """It becomes machine code when its address is asked for."""
        self._codegen._scan_and_fix_unresolved_refs(self._final_module)


class Codegen(JITCPUCodegen):  # type: ignore[misc]
    """Makes such libraries."""

    _library_class = Library

    @cached_property
    def function_passes(self) -> Any:
        """The passes of LLVM over one function, and their builder."""
        return self._function_pass_manager()


class Status:
    """The result of a call; each question about it becomes instructions where it is asked."""

    def __init__(self, builder: Any, code: Any, excinfoptr: Any):
        self._builder, self.code, self.excinfoptr = builder, code, excinfoptr

    def _is(self, code: Any, how: str = "==") -> Any:
        return self._builder.icmp_signed(how, self.code, code)

    @property
    def is_ok(self) -> Any:
        return self._builder.or_(self._is(RETCODE_OK), self.is_none)

    @property
    def is_error(self) -> Any:
        return self._builder.not_(self.is_ok)

    @property
    def is_none(self) -> Any:
        return self._is(RETCODE_NONE)

    @property
    def is_python_exc(self) -> Any:
        return self._is(RETCODE_EXC)

    @property
    def is_stop_iteration(self) -> Any:
        return self._is(RETCODE_STOPIT)

    @property
    def is_user_exc(self) -> Any:
        return self._is(RETCODE_USEREXC, ">=")


class Calls(CPUCallConv):  # type: ignore[misc]
    """Calls of functions. One that raises returns the place in its code, of what it calls too: `places_in_code`."""

    def _get_return_status(self, builder: Any, code: Any, excinfoptr: Any) -> Status:
        return Status(builder, code, excinfoptr)

    def return_status_propagate(self, builder: Any, status: Any) -> None:
        """Returns what a call has returned that failed; code with a `try` looks first whether it is in it."""
        lower = getattr(builder, "lowering", None)
        if lower is None or lower.func_ir.func_id.code.co_exceptiontable:
            super().return_status_propagate(builder, status)
        else:
            builder.store(status.excinfoptr, self._get_excinfo_argument(builder.function))
            self._return_errcode_raw(builder, status.code)

    def _return_errcode_raw(self, builder: Any, code: Any) -> None:
        lower = getattr(builder, "lowering", None)  # none in the wrapper of a C function
        if lower and (code is RETCODE_USEREXC or not isinstance(code, ir.Constant)):
            code = ir.Constant(code.type, place_of_line(lower.func_ir.func_id.code, lower.loc.line))
        super()._return_errcode_raw(builder, code)


class Context(CPUContext):  # type: ignore[misc]
    """Numba's context: its knowledge, and the making of functions."""

    _known: tuple[int, ...] = ()
    _registry_count = (-1, -1)
    _lists: list[Any] = []
    _sizes: dict[Any, int] = {}

    @property
    def call_conv(self) -> Calls:
        """Calls of functions."""
        return Calls(self)

    def get_abi_sizeof(self, ty: Any) -> int:
        """Size of a type in bytes, which Numba asks of LLVM for each variable."""
        if ty not in self._sizes:
            self._sizes[ty] = super().get_abi_sizeof(ty)
        return self._sizes[ty]

    def refresh(self) -> None:
        """Takes in new declarations: Numba asks for it several times a line, mostly when there are none."""
        if (known := self._declared()) != self._known:
            super().refresh()
            self._known = known

    def _declared(self) -> tuple[int, ...]:
        """The number of declarations in each list."""
        of_target, of_typing = self._registries, self.typing_context._registries
        if (count := (len(of_target), len(of_typing))) != self._registry_count:
            registries = {
                imputils.builtin_registry: OF_TARGET,
                templates.builtin_registry: OF_TYPING,
                **dict.fromkeys(of_target, OF_TARGET),
                **dict.fromkeys(of_typing, OF_TYPING),
            }
            self._lists = [getattr(registry, name) for registry, names in registries.items() for name in names]
            self._registry_count = count
        return tuple(map(len, self._lists))

    def create_cpython_wrapper(self, *_given: Any, **_named: Any) -> None:
        """None: nothing is called from Python."""

    def create_cfunc_wrapper(self, library: Library, *given: Any) -> None:
        """The C function of a `cfunc`, whose flags have `no_compile` until it is made; none of another function."""
        if ConfigStack().top().no_compile:
            library.is_entry = True
            super().create_cfunc_wrapper(library, *given)

    def pair_first(self, builder: Any, pair: Any, _kind: Any) -> Any:
        """The first of two values."""
        return builder.extract_value(pair, 0)

    def pair_second(self, builder: Any, pair: Any, _kind: Any) -> Any:
        """The second of two values."""
        return builder.extract_value(pair, 1)

    def get_function(self, fn: Any, sig: Any, _firstcall: bool = True) -> Any:
        """A function that adds the instructions of an operation."""
        return ranges.instructions_of(self, fn, sig, partial(super().get_function, fn, sig, _firstcall))

    def get_executable(self, *_given: Any) -> Any:
        """The key of a function for Numba; called from Python it only refuses."""
        return Refusal().__getitem__


class Refusal(dict[Any, Any]):
    """Has no item."""

    def __missing__(self, _arguments: Any) -> None:
        raise TypeError("this function was compiled for C functions alone")


@cache
def context() -> Context:
    """One for the process, with all that Numba's own one knows."""
    made = copy(cpu_target.target_context)
    made.__class__ = Context
    made._internal_codegen, made.cached_internal_func = Codegen("waves"), {}
    known = made.data_model_manager
    known._cache = dict(known._cache)  # by weak references each look-up is a comparison of types
    assert isinstance(made, Context)
    return made


def is_ours() -> bool:
    """Whether what Numba compiles now is for machine code that is kept."""
    return isinstance(cpu_target.target_context, Context)


@cache
def is_counted(kind: Any) -> bool:
    """Whether there is a count of references in values of a type."""
    return bool(cpu_target.target_context.data_model_manager[kind].contains_nrt_meminfo())
