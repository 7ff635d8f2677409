"""The devices that PyTorch computes on, on this machine."""

import torch

from neuroswitch.errors import NeuroswitchError


def check(device: str) -> None:
    """Check that PyTorch has a device of the configuration: cpu, cuda or cuda:N.

    Raises
    ------
    NeuroswitchError : it does not; the message lists the devices that it has
    """
    there = ["cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    if (f"{device}:0" if device == "cuda" else device) not in there:
        raise NeuroswitchError(
            f"rnn.device is {device}, and PyTorch {torch.__version__} has {' and '.join(there)} "
            "on this machine; set rnn.device to one of these, or install a PyTorch that is built "
            "for this machine's GPU and driver"
        )


def named(device: str) -> str:
    """Return a device with what it is, for the footer of a table: cuda:0 (NVIDIA H200)."""
    if device == "cpu":
        return device
    index = torch.device(device).index or 0
    return f"cuda:{index} ({torch.cuda.get_device_name(index)})"
