"""The passes of Numba over one function, without work that finds nothing.

The instructions are the same. Numba also calculates after each pass how long every variable is used, which only the
pass before the instructions needs, and looks through all of a function for each variable.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import CodeType
from typing import Any

from numba import types
from numba.core import errors, lowering, ssa, typeinfer
from numba.core import ir as numba_ir
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import PassManager, _pass_registry
from numba.core.ir_utils import enforce_no_dels
from numba.core.postproc import PostProcessor
from numba.core.transforms import canonicalize_cfg
from numba.core.typed_passes import IRLegalization, NopythonRewrites
from numba.core.untyped_passes import InlineClosureLikes

from waves.engine.compiler.numba_target.context import Context, is_counted, is_ours


class Passes(PassManager):  # type: ignore[misc]
    """Numba's passes over one function, without those that find nothing in it, and without what checks each of them.

    The instructions are the same.
    """

    def _runPass(self, index: int, one: Any, state: Any) -> None:  # noqa: N802 (Numba's name)
        if state.func_ir is not None and state.func_ir.is_generator:
            super()._runPass(index, one, state)
            return
        if _finds_nothing(one, state):
            return
        one.analysis = self._analysis
        with ErrorContext("Pass {name}", name=one.name()):
            changed = one.run_initialization(state)
            changed |= one.run_pass(state)
            changed |= one.run_finalizer(state)
        if changed and state.func_ir is not None and _pass_registry.get(type(one)).mutates_CFG:
            state.func_ir.blocks = canonical(state.func_ir.blocks)


def _finds_nothing(one: Any, state: Any) -> bool:
    """Whether a pass has nothing to do: for inner functions, arrays, counts of references, where there are none."""
    if isinstance(one, InlineClosureLikes):
        return not any(isinstance(constant, CodeType) for constant in state.func_id.code.co_consts)
    if isinstance(one, IRLegalization):  # it marks where a variable is used last, unless that is written
        enforce_no_dels(state.func_ir)
        return not any(map(is_counted, state.typemap.values()))
    if isinstance(one, NopythonRewrites):
        return not any(isinstance(kind, types.ArrayCompatible) for kind in state.typemap.values())
    return False


def _passes_of(numba_pipelines: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
    """The pipelines of a compiler of Numba, as such passes where it compiles for this target."""

    @wraps(numba_pipelines)
    def pipelines(compiler: Any) -> list[Any]:
        found = numba_pipelines(compiler)
        if isinstance(compiler.state.targetctx, Context):
            for manager in found:
                manager.__class__ = Passes
        return found

    return pipelines


def _without_lifetimes(run: Callable[..., None]) -> Callable[..., None]:
    """The work of Numba after most passes, without the lifetimes of variables where nothing asks for them."""

    @wraps(run)
    def run_or_not(self: Any, emit_dels: bool = False, extend_lifetimes: bool = False) -> None:
        ir = self.func_ir
        if emit_dels or ir.is_generator or not is_ours() or "literal_unroll" in ir.func_id.code.co_names:
            run(self, emit_dels, extend_lifetimes)
        else:
            ir.blocks, ir.generator_info = canonical(ir.blocks), None

    return run_or_not


def _where_it_occurs(rewrite: Callable[..., Any]) -> Callable[..., Any]:
    """A step of Numba for one variable that has several values, only in those blocks of code that have the variable.

    Numba runs over all statements of a function twice for each variable.
    """

    @wraps(rewrite)
    def rewritten(blocks: dict[int, Any], states: dict[str, Any], handler: Any) -> dict[int, Any]:
        name = states["varname"]
        if isinstance(handler, ssa._FreshVarHandler):
            found = {label: block for label, block in blocks.items() if _has_value(block, name)}
        else:  # names of other variables do not change, and none is added
            known = vars(handler._cache_list_vars).setdefault("_names", {})
            if not known:
                known |= {label: _names_in(block) for label, block in blocks.items()}
            found = {label: block for label, block in blocks.items() if name in known[label]}
        done = rewrite(found, states, handler)
        return {label: done[label] if label in done else block.copy() for label, block in blocks.items()}

    return rewritten


def _has_value(block: Any, name: str) -> bool:
    """Whether a block of code gives a variable a value."""
    return any(isinstance(one, numba_ir.Assign) and one.target.name == name for one in block.body)


def _names_in(block: Any) -> set[str]:
    """The variables of a block of code."""
    return {variable.name for one in block.body for variable in one.list_vars()}


class ErrorContext:
    """The words of Numba about the place of an error, made only where there is one."""

    __slots__ = ("_given", "_named")

    def __init__(self, *given: Any, **named: Any):
        self._given, self._named = given, named

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            with errors.new_error_context(*self._given, **self._named):  # type: ignore[attr-defined]
                raise error


_canonical: set[Any] = set()


def canonical(blocks: dict[int, Any]) -> dict[int, Any]:
    """Blocks of code as Numba wants them, which most are; it asks after each pass."""
    shape = tuple((label, *block.terminator.get_targets()) for label, block in blocks.items())
    if shape in _canonical:
        return blocks
    made: dict[int, Any] = canonicalize_cfg(blocks)
    if len(made) == len(blocks):
        _canonical.add(shape)
    return made


def _known_to_builder(lower_block: Callable[..., None]) -> Callable[..., None]:
    """The instructions of a block of code, whose builder knows in which function and line it is."""

    @wraps(lower_block)
    def lower(self: Any, block: Any) -> None:
        self.builder.lowering = self
        lower_block(self, block)

    return lower


def install() -> None:
    """Puts these in place of Numba's own."""
    typeinfer.new_error_context = lowering.new_error_context = ErrorContext
    ssa._run_block_rewrite = _where_it_occurs(ssa._run_block_rewrite)
    Compiler.define_pipelines = _passes_of(Compiler.define_pipelines)
    PostProcessor.run = _without_lifetimes(PostProcessor.run)
    lowering.Lower.lower_block = _known_to_builder(lowering.Lower.lower_block)
