"""A network run step by step, so that its state can be looked at, differentiated or pushed."""

from collections.abc import Iterator, Mapping

from torch import Tensor

from neuroswitch.rnn.models.model import Model


def starts(model: Model) -> dict[str, str]:
    """Return the states that a network carries from step to step, each with where it starts.

    That is the name of a parameter: the state `x` starts from the parameter `x0`. The state of an
    LSTM that is called x starts from `h0`.
    """
    names = [name for name in model.fixed if name.endswith("0")]
    return {"x" if name == "h0" else name.removesuffix("0"): name for name in names}


def started(
    model: Model, parameters: Mapping[str, Tensor], states: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Return parameters by which a network starts from some states, each [units]."""
    names = starts(model)
    return {**parameters, **{names[state]: value for state, value in states.items()}}


def steps(
    model: Model, parameters: Mapping[str, Tensor], inputs: Tensor
) -> Iterator[tuple[dict[str, Tensor], Tensor]]:
    """Yield the states [units] after each step of one trial, and the output [outputs].

    Every step is a rollout of its own that starts from the states of the step before. These are
    therefore all that a later step depends on, and what a gradient can be taken by.

    Parameters
    ----------
    inputs : [steps, channels]
    """
    states: dict[str, Tensor] = {}
    for u in inputs:
        rollout = model.rollout(started(model, parameters, states), u[None, None])
        states = {name: rollout.states[name][0, 0] for name in starts(model)}
        yield states, rollout.outputs[0, 0]
