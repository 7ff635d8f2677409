"""An LSTM as one writes it with PyTorch: nn.LSTM, nn.Linear, torch.optim.AdamW."""

import numpy as np
import torch
from torch import nn

from benchmarks.rnn_case import Case, Train


class Net(nn.Module):
    """nn.LSTM with one bias a gate, from given states, read out without a bias."""

    def __init__(self, parameters: dict[str, np.ndarray]) -> None:
        super().__init__()
        p = {name: torch.from_numpy(value.copy()) for name, value in parameters.items()}
        units, channels = p["h0"].numel(), p["W_xh"].shape[1]
        self.lstm = nn.LSTM(channels, units, batch_first=True)
        self.readout = nn.Linear(units, len(p["C"]), bias=False)
        self.start = p["h0"], p["c0"]
        layer = self.lstm
        with torch.no_grad():
            layer.weight_ih_l0.copy_(p["W_xh"])
            layer.weight_hh_l0.copy_(p["W_hh"])
            layer.bias_ih_l0.copy_(p["b"])
            # PyTorch adds two biases where the equations have one: the second stays 0.
            layer.bias_hh_l0.zero_().requires_grad_(False)
            self.readout.weight.copy_(p["C"])

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        start = tuple(state.expand(1, len(inputs), -1).contiguous() for state in self.start)
        return self.readout(self.lstm(inputs, start)[0])


def train_of(case: Case) -> Train:
    """Return the training of an LSTM."""
    inputs, targets, weights = (torch.from_numpy(np.ascontiguousarray(a)) for a in case.trials)
    protocol = case.protocol

    def run(steps: int) -> np.ndarray:
        network = Net(case.model.views(case.vector))
        trained = [p for p in network.parameters() if p.requires_grad]
        optimiser = torch.optim.AdamW(
            trained,
            lr=protocol.stages[0].learning_rate,
            eps=protocol.epsilon,
            weight_decay=protocol.weight_decay,
        )
        losses = np.empty(steps)
        for step in range(steps):
            optimiser.zero_grad()
            loss = (weights * (network(inputs) - targets) ** 2).sum() / case.batch.norm
            loss.backward()
            if protocol.clip is not None:
                nn.utils.clip_grad_value_(trained, protocol.clip)
            optimiser.step()
            losses[step] = loss.item()
        return losses

    return run
