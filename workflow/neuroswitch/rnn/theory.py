"""What the equations of the NM-RNN say without training, where x is linear."""

import numpy as np
import torch

from neuroswitch import seeds
from neuroswitch.rnn.models.low_rank import LowRank


def required_signal(
    output: np.ndarray,
    state: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    readout: np.ndarray,
    bias: float,
    tau: float,
) -> np.ndarray:
    """Return the signal s that makes a linear network of rank 1 give an output, without inputs.

    The network is tau x' = -x + l s (r.x), read out as f = c.x + d. Split x = k l + w, where w is
    orthogonal to l, which has length 1. Nothing drives w, so it decays with tau whatever s is;
    and f = k (c.l) + c.w + d gives k = (f - c.w - d) / (c.l). The readout of the equation is

        f - d + tau f' = c.(x + tau x') = (c.l) s (r.x) = (c.l) s [k (l.r) + r.w],

    and with k from above

        s = (f + tau f' - d) / [(l.r) (f - c.w - d) + (c.l) (r.w)].

    In steps, x_t - x_{t-1} = (-x_{t-1} + l s_t (r.x_{t-1})) / tau: f and w on the right are those
    of the step before, tau f' is tau (f_t - f_{t-1}), and w falls by (1 - 1/tau) a step, which
    is exp(-t / tau) of continuous time. With the network's own output this is exact.

    Parameters
    ----------
    output : [trials, steps + 1], f, from the last step with an input on
    state : [trials, units], x at that step
    left, right, readout : [units], l (of length 1), r (with any gain) and c
    bias, tau : d, and the time constant in steps

    Returns
    -------
    [trials, steps], not limited to 0 to 1; not finite where the denominator is 0

    Source: paper 2, theory of rank 1, derived here anew.
    """
    orthogonal = state - (state @ left)[:, None] * left
    decay = (1 - 1 / tau) ** np.arange(output.shape[1] - 1)
    before = output[:, :-1] - bias
    gained = before + tau * np.diff(output)
    along = (left @ right) * (before - np.outer(orthogonal @ readout, decay))
    across = (readout @ left) * np.outer(orthogonal @ right, decay)
    with np.errstate(divide="ignore", invalid="ignore"):
        signal: np.ndarray = gained / (along + across)
    return signal


def decay_error(run: int, substeps: int, root_seed: int) -> float:
    """Return how far a rollout is from the closed form of the symmetric linear NM-RNN.

    With V = Q, Q^T Q = 1 and no input, the part w_k of x along the k-th column of Q is
    w_k(t) = w_k(0) exp(-integral of (1 - s_k) / tau_x). The rollout is Euler's, whose step is
    one over `substeps`, so the error falls in proportion to it.

    Returns the largest error over time and components, relative to w_k(0).

    Source: paper 2, theory.
    """
    tau_x, tau_z, duration = 10.0, 100.0, 40
    model = LowRank(
        40,
        3,
        channels=1,
        outputs=1,
        modulators=5,
        linear=True,
        tau_x=tau_x * substeps,
        tau_z=tau_z * substeps,
    )
    rng = seeds.generator(root_seed, "rnn", "decay", run)
    p = {name: torch.from_numpy(value) for name, value in model.draw(rng).items()}
    # Wide enough for signals that differ and that change in a trial
    for name in ("A", "c", "z0", "x0"):
        p[name] = torch.from_numpy(rng.standard_normal(model.shapes[name]))
    Q = torch.linalg.qr(p["U"]).Q
    steps = duration * substeps
    states = model.rollout(p | {"V": Q}, torch.zeros(1, steps, 1, dtype=torch.float64)).states
    start = (p["x0"] @ Q).numpy()
    along = (states["x"][0] @ Q).numpy() / start
    closed = np.exp(-np.cumsum(1 - states["s"][0].numpy(), axis=0) / (tau_x * substeps))
    return float(np.abs(along - closed).max())
