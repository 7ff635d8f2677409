"""The code of a network's passes: forward, adjoint, and the sums of its gradients."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from neuroswitch.rnn.cells.program import Gathered, Place, Program, indented
from neuroswitch.rnn.cells.schedule import Schedule
from neuroswitch.rnn.cells.symbols import (
    Function,
    Leaf,
    Matrix,
    Product,
    Slice,
    Sum,
    Symbol,
    ordered,
)
from neuroswitch.rnn.cells.trace import Adjoint, Step, adjoint

CHUNK = 16
"""Steps whose adjoints are kept before they go into gradients: few enough to stay in the cache."""

TEMPLATE = '''"""Forward pass and adjoint of a network, made from the equations of its step.

All arrays hold trials in lanes, their last axis; k0, k1, ... are numbers, n0, n1, ... units.
"""


@inlined
def forward(matrices, vectors, numbers, sizes, inputs, buffers):
    """Run a block of trials, and leave in the buffers what its gradient needs."""
{forward}


@inlined
def backward(matrices, vectors, numbers, sizes, inputs, buffers, gathered, summed):
    """Add the gradient of a block to the sums."""
{backward}


@compiled
def sweep(
    matrices,
    vectors,
    numbers,
    sizes,
    inputs,
    targets,
    weights,
    norm,
    outputs,
    buffers,
    gathered,
    summed,
):
    """Run all blocks; return the loss, fill the outputs, and add to the gradients' sums.

    inputs [blocks, steps, channels, lanes], targets, outputs [blocks, steps, outputs, lanes],
    weights [blocks, steps, lanes]
    norm : what the weighted sum of squared errors is divided by
    """
    loss = 0.0
    for block in range(len(inputs)):
        forward(matrices, vectors, numbers, sizes, inputs[block], buffers)
        copy(buffers[0], outputs[block])
        loss += compare(buffers[0], targets[block], weights[block], norm)
        backward(matrices, vectors, numbers, sizes, inputs[block], buffers, gathered, summed)
    return loss
'''


def passes(step: Step, inputs: Iterable[Leaf]) -> tuple[str, Program]:
    """Return the code of a step's passes, and what its names stand for."""
    program = Program()
    program.buffer("steps", step.output.units, "output")
    places: dict[Symbol, Place] = {leaf: Place("inputs", "t") for leaf in inputs}
    back = adjoint(step)
    after: dict[str, Place] = {}
    for group in _side_by_side(step):
        units = [step.before[name].units for name in group]
        buffer = program.buffer("after", sum(units), f"{'_'.join(group)}_state")
        for i, name in enumerate(group):
            places[step.before[name]] = Place(buffer, "t", sum(units[:i]))
            after[name] = Place(buffer, "t + 1", sum(units[:i]))
    wanted = [(step.after[name], place) for name, place in after.items()]
    wanted.append((step.output, Place("output", "t")))
    there = {symbol: place for symbol, place in reversed(wanted[:-1])} | places
    for _, _, vector in back.products:
        if isinstance(vector, Slice) and vector.of in there:
            whole = there[vector.of]
            there[vector] = replace(whole, first=whole.first + vector.first)
    for symbol in _kept(step, back, there):
        there[symbol] = Place(program.buffer("steps", symbol.units), "t")
        wanted.append((symbol, there[symbol]))
    forward = [
        *_starts(program, step, {name: places[leaf] for name, leaf in step.before.items()}),
        "for t in range(len(inputs)):",
        *indented(Schedule(program, places, wanted).statements()),
    ]
    backward = _backward(program, step, back, there)
    names = _unpacked(program)
    code = TEMPLATE.format(
        forward="\n".join(indented([*names, *forward])),
        backward="\n".join(indented([*names, *_unpacked_sums(program), *backward])),
    )
    return code, program


def _side_by_side(step: Step) -> list[list[str]]:
    """Return the states in groups: those of a group are multiplied together wherever they are.

    A sum of products with states that lie side by side is one product of joined matrices.
    """
    names: dict[Symbol, str] = {}
    for name, leaf in step.before.items():
        names |= {leaf: name, step.after[name]: name}
    summed = {term for symbol in step.symbols if isinstance(symbol, Sum) for term in symbol.parts}
    runs = []
    for symbol in step.symbols:
        if isinstance(symbol, Sum) or (isinstance(symbol, Product) and symbol not in summed):
            terms = symbol.parts if isinstance(symbol, Sum) else (symbol,)
            vectors = [term.vector for term in terms if isinstance(term, Product)]
            runs.append([names[vector] for vector in vectors if vector in names])
    groups: list[list[str]] = []
    for run in runs:
        fits = all(other == run[: len(other)] for other in runs if set(other) & set(run))
        if len(run) > 1 and fits and run not in groups:
            groups.append(run)
    grouped = {name for group in groups for name in group}
    return groups + [[name] for name in step.before if name not in grouped]


def _kept(step: Step, back: Adjoint, there: dict[Symbol, Place]) -> list[Symbol]:
    """Return what the forward pass leaves for the adjoint besides its states.

    Sums without products, and products unit by unit, are computed again instead.
    """
    forward = step.symbols
    heavy = {
        symbol
        for symbol in forward
        if isinstance(symbol, (Function, Product))
        or any(isinstance(p, Product) for p in symbol.parts)
    }
    right = {vector for _, _, vector in back.products}
    roots = [*back.before.values(), *right]
    roots += [left for _, left, _ in back.products] + [own for _, own in back.vectors]
    wanted = {symbol for symbol in right if symbol not in there}
    wanted |= {s for s in ordered(roots, [*there, *heavy]) if s in heavy and s not in there}
    return [symbol for symbol in forward if symbol in wanted]


def _starts(program: Program, step: Step, places: dict[str, Place]) -> list[str]:
    lines = []
    for name, place in places.items():
        vector = program.vector(step.starts[name])
        first = f" + {program.size(place.first)}" if place.first else ""
        lines.append(f"for i in range(len({vector})):")
        lines.append(f"    store({place.buffer}, (0, i{first}), spread({vector}[i]))")
    return lines


@dataclass(frozen=True)
class Stretch:
    """Steps whose adjoints go into gradients together.

    lefts : adjoint -> the buffer that has it in its first rows
    begin, steps : code for the first step of the stretch, and for the number of its steps
    """

    lefts: Mapping[Symbol, str]
    begin: str
    steps: str


def _backward(program: Program, step: Step, back: Adjoint, there: dict[Symbol, Place]) -> list[str]:
    """Return the lines of the backward pass."""
    places = there | {back.error: Place("output", "t")}
    wanted, clear, starts = [], [], []
    for name, leaf in back.carried.items():
        buffer = program.buffer("two", leaf.units, f"{name}_adjoint")
        places[leaf] = Place(buffer, "t % 2")
        if name in back.before:
            wanted.append((back.before[name], Place(buffer, "1 - t % 2")))
        clear += [f"clear({buffer}, 0)", f"clear({buffer}, 1)"]
        if (start := step.starts[name]) in step.trained:
            summed = _summed(program, start, leaf.units)
            starts += [
                f"for i in range(len({summed})):",
                f"    first = load({buffer}, (1, i))",
                f"    store({summed}, i, add(load({summed}, i), first))",
            ]
    lefts = dict.fromkeys([left for _, left, _ in back.products] + [own for _, own in back.vectors])
    lefts.pop(back.error, None)
    chunks = {left: program.buffer("chunk", left.units) for left in lefts}
    wanted += [(left, Place(buffer, f"t % {CHUNK}")) for left, buffer in chunks.items()]
    lines = Schedule(program, places, wanted).statements()
    if chunks:
        chunk = Stretch(chunks, "t", "ready")
        lines += [
            f"if t % {CHUNK} == 0:",
            f"    ready = min({CHUNK}, len(inputs) - t)",
            *indented(_sums(program, back, there, chunk)),
        ]
    loop = ["for t in range(len(inputs) - 1, -1, -1):", *indented(lines)] if lines else []
    whole = Stretch({back.error: "output"}, "0", "len(inputs)")
    return [*clear, *loop, *_sums(program, back, there, whole), *starts]


def _sums(
    program: Program, back: Adjoint, there: dict[Symbol, Place], stretch: Stretch
) -> list[str]:
    """Return lines that add to the gradients what the adjoints of a stretch give."""
    sides: dict[tuple[Symbol, str, str], list[tuple[int, Matrix, int]]] = defaultdict(list)
    for matrix, left, vector in back.products:
        if left in stretch.lefts:
            place = there[vector]
            sides[left, place.buffer, place.row].append((place.first, matrix, vector.units))
    lines = []
    for (left, buffer, row), found in sides.items():
        begin = stretch.begin if row == "t" else f"{stretch.begin} + 1"
        for columns in _side_by_side_columns(found):
            name = f"gradient_{len(program.gathered)}"
            program.gathered[name] = Gathered(left.units, tuple(columns))
            of_left = f"{stretch.lefts[left]}, 0"
            lines.append(f"gather({of_left}, {buffer}, {begin}, {stretch.steps}, {name})")
    for name, own in back.vectors:
        if own in stretch.lefts:
            summed = _summed(program, name, own.units)
            lines.append(f"add_steps({stretch.lefts[own]}, {stretch.steps}, {summed})")
    return lines


def _side_by_side_columns(
    found: list[tuple[int, Matrix, int]],
) -> list[list[tuple[Matrix | None, int]]]:
    """Return matrices, given with the first unit that each reads, in groups without overlap."""
    groups: list[list[tuple[Matrix | None, int]]] = []
    end = None
    for begin, matrix, units in sorted(found, key=lambda one: one[0]):
        if end is None or begin < end:
            groups.append([])
            end = 0
        if begin > end:
            groups[-1].append((None, begin - end))
        groups[-1].append((matrix, units))
        end = begin + units
    return groups


def _summed(program: Program, vector: str, units: int) -> str:
    name = f"{vector}_gradient_{len(program.summed)}"
    program.summed[name] = (vector, units)
    return name


def _unpacked(program: Program) -> list[str]:
    names = {
        "matrices": list(program.matrices),
        "vectors": list(program.vectors.values()),
        "buffers": list(program.buffers),
    }
    lines = [f"{', '.join(own)}, = {packed}" for packed, own in names.items() if own]
    lines += [f"k{i} = numbers[{i}]" for i in range(len(program.numbers))]
    return lines + [f"n{i} = sizes[{i}]" for i in range(len(program.sizes))]


def _unpacked_sums(program: Program) -> list[str]:
    names = {"gathered": list(program.gathered), "summed": list(program.summed)}
    return [f"{', '.join(own)}, = {packed}" for packed, own in names.items() if own]
