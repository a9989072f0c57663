"""Numba for what is kept as machine code: only C functions are optimised, and only they become machine code.

By itself Numba optimises each function with all that it calls, and makes machine code of it, with wrappers for
Python, as soon as it is compiled; each is optimised again in all that call it. Types and instructions are Numba's own.

It uses private parts of Numba, of which the project allows few versions.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache, wraps
from types import CodeType
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import base, errors, imputils, lowering, ssa, typeinfer
from numba.core import ir as numba_ir
from numba.core.callconv import RETCODE_USEREXC, CPUCallConv
from numba.core.codegen import JITCodeLibrary, JITCPUCodegen
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import PassManager, _pass_registry
from numba.core.cpu import CPUContext
from numba.core.ir_utils import enforce_no_dels
from numba.core.postproc import PostProcessor
from numba.core.registry import cpu_target
from numba.core.targetconfig import ConfigStack, TargetConfig
from numba.core.transforms import canonicalize_cfg
from numba.core.typed_passes import IRLegalization, NopythonRewrites
from numba.core.typing import npydecl, templates
from numba.core.untyped_passes import InlineClosureLikes

from waves.node_types.places_in_code import place_of_line

CONTEXT = "_toplevel_target_context"  # of Numba's target: what is kept there decides how functions are compiled
OF_TARGET = ("functions", "getattrs", "setattrs", "casts", "constants")
OF_TYPING = ("functions", "attributes", "globals")
OPERATORS = {max, min, abs, *(function for function in vars(operator).values() if callable(function))}


class Library(JITCodeLibrary):  # type: ignore[misc]
    """The code of a function. That of a C function gets all others that it uses, and is optimised as a whole."""

    is_entry = False
    shared: Any = None

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout
        for function in ll_module.functions:
            if not function.is_declaration:
                passes, builder = self._codegen._function_pass_manager()
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


class Calls(CPUCallConv):  # type: ignore[misc]
    """Calls of functions. One that raises returns the place in its code, of what it calls too: `places_in_code`."""

    def _return_errcode_raw(self, builder: Any, code: Any) -> None:
        lower = getattr(builder, "lowering", None)  # none in the wrapper of a C function
        if lower and (code is RETCODE_USEREXC or not isinstance(code, ir.Constant)):
            code = ir.Constant(code.type, place_of_line(lower.func_ir.func_id.code, lower.loc.line))
        super()._return_errcode_raw(builder, code)


@cache
def _is_counted(kind: Any) -> bool:
    """Whether there is a count of references in values of a type."""
    return bool(cpu_target.target_context.data_model_manager[kind].contains_nrt_meminfo())


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

    def get_executable(self, *_given: Any) -> Any:
        """The key of a function for Numba; called from Python it only refuses."""
        return Refusal().__getitem__


class Passes(PassManager):  # type: ignore[misc]
    """Numba's passes over one function, without those that find nothing in it, and without what checks each of them.

    The instructions are the same: Numba also calculates after each pass how long every variable is used, which only the
    pass before the instructions needs.
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
        return not any(map(_is_counted, state.typemap.values()))
    if isinstance(one, NopythonRewrites):
        return not any(isinstance(kind, types.ArrayCompatible) for kind in state.typemap.values())
    return False


class Refusal(dict[Any, Any]):
    """Has no item."""

    def __missing__(self, _arguments: Any) -> None:
        raise TypeError("this function was compiled for C functions alone")


@cache
def _context() -> Context:
    """One for the process, with all that Numba's own one knows."""
    made = copy(cpu_target.target_context)
    made.__class__ = Context
    made._internal_codegen, made.cached_internal_func = Codegen("waves"), {}
    assert isinstance(made, Context)
    return made


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
        ir, ours = self.func_ir, isinstance(cpu_target.target_context, Context)
        if emit_dels or ir.is_generator or not ours or "literal_unroll" in ir.func_id.code.co_names:
            run(self, emit_dels, extend_lifetimes)
        else:
            ir.blocks, ir.generator_info = canonical(ir.blocks), None

    return run_or_not


def _remembered(get_call_type: Callable[..., Any]) -> Callable[..., Any]:
    """The signature of an operator between some types, which Numba looks for again in each line and each round."""

    @wraps(get_call_type)
    def signature(self: Any, context: Any, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if kws or self.typing_key not in OPERATORS:
            return get_call_type(self, context, args, kws)
        known = vars(self).setdefault("_of_types", {})
        if args not in known:
            found = get_call_type(self, context, args, kws)
            if (key := self._impl_keys[found.args]) is not self.typing_key:  # compiled, each time with its flags
                return found
            known[args] = found, key
        found, key = known[args]
        self._impl_keys[found.args] = key
        return found

    return signature


@cache
def _defaults(kind: Any) -> dict[str, Any]:
    """The flags of a kind that was not told any."""
    return {name: option.default for name, option in kind.options.items()}


def _differing(flags: Any) -> dict[str, Any]:
    """Flags without those that are as by default."""
    defaults = _defaults(flags.__class__)
    return {name: value for name, value in flags._values.items() if value != defaults[name]}


def _same_flags(self: Any, other: Any) -> Any:
    """Whether two sets of flags are the same."""
    if not isinstance(other, TargetConfig):
        return NotImplemented
    return self._values == other._values or _differing(self) == _differing(other)


def _hash_of_flags(self: Any) -> int:
    """A hash of them; by Numba's own all sets are compared with each other in each look-up."""
    return hash(frozenset(_differing(self)))


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


def _of_any_number(get_call_type: Callable[..., Any]) -> Callable[..., Any]:
    """The signature of a call of a compiled function, one for all numbers: Numba compiles one more for a number in the
    text of the call."""

    @wraps(get_call_type)
    def signature(self: Any, context: Any, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if kws or not isinstance(cpu_target.target_context, Context):
            return get_call_type(self, context, args, kws)
        if str(self.dispatcher.py_func.__module__).startswith("numba."):  # made for the number
            return get_call_type(self, context, args, kws)
        known = vars(self.dispatcher).setdefault("_of_types", {})
        if found := known.get(args):
            return found
        try:
            found = get_call_type(self, context, tuple(map(types.unliteral, args)), kws)
        except errors.NumbaError:  # the number decides a type
            if not any(isinstance(kind, types.Literal) for kind in args):
                raise
            found = get_call_type(self, context, args, kws)
        known[args] = found
        return found

    return signature


def _once(resolve: Callable[..., None]) -> Callable[..., None]:
    """The type of a call, looked for again only where a type of an argument is another: Numba does it in each round."""

    @wraps(resolve)
    def resolved(self: Any, typeinfer: Any, typevars: Any, fnty: Any) -> None:
        given = [typevars[one.name] for one in self.args]
        if self.kws or self.vararg is not None or not all(one.defined for one in given):
            resolve(self, typeinfer, typevars, fnty)
            return
        asked = fnty, [one.getone() for one in given]
        if vars(self).get("_asked") != asked:
            self._asked = None
            resolve(self, typeinfer, typevars, fnty)
            known = self.signature is not None and self.signature.return_type.is_precise()
            self._asked = asked if known and not isinstance(fnty, types.BoundFunction) else None

    return resolved


class ErrorContext:
    """What Numba says about the place of an error, made only where there is one."""

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


base._has_loc = cache(base._has_loc)  # asked by Numba for each call in a function
types.Function.get_call_type = _remembered(types.Function.get_call_type)
types.Dispatcher.get_call_type = _of_any_number(types.Dispatcher.get_call_type)
typeinfer.CallConstraint.resolve = _once(typeinfer.CallConstraint.resolve)
typeinfer.new_error_context = lowering.new_error_context = ErrorContext
TargetConfig.__eq__ = _same_flags
TargetConfig.__hash__ = _hash_of_flags
ssa._run_block_rewrite = _where_it_occurs(ssa._run_block_rewrite)
Compiler.define_pipelines = _passes_of(Compiler.define_pipelines)
PostProcessor.run = _without_lifetimes(PostProcessor.run)
lowering.Lower.lower_block = _known_to_builder(lowering.Lower.lower_block)


def _for_arrays(generic: Callable[..., Any]) -> Callable[..., Any]:
    """A rule of NumPy for an operator, without its search where no operand is an array: there it finds nothing."""

    def rule(self: Any, given: Any, named: Any) -> Any:
        return generic(self, given, named) if any(isinstance(one, types.ArrayCompatible) for one in given) else None

    return rule


npydecl.NumpyRulesArrayOperator.generic = _for_arrays(npydecl.NumpyRulesArrayOperator.generic)


@contextmanager
def for_machine_code() -> Iterator[None]:
    """Has Numba compile like this within it. What is compiled then cannot be called from Python afterwards either.

    One thread of a process at a time.
    """
    kept, before = vars(cpu_target), cpu_target.target_context
    kept[CONTEXT] = _context()
    try:
        yield
    finally:
        kept[CONTEXT] = before
