"""The devices that PyTorch computes on, on this machine."""

import torch

from neuroswitch.errors import NeuroswitchError


def prepare(device: str) -> None:
    """Make a device of the configuration (cpu, cuda or cuda:N) ready for threads of training.

    Raises
    ------
    NeuroswitchError : PyTorch has no such device here; the message lists those that it has
    """
    there = ["cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    if (f"{device}:0" if device == "cuda" else device) not in there:
        raise NeuroswitchError(
            f"rnn.device is {device}, and PyTorch {torch.__version__} has {' and '.join(there)} "
            "on this machine; set rnn.device to one of these, or install a PyTorch that is built "
            "for this machine's GPU and driver"
        )
    # PyTorch loads its linear algebra for a GPU at the first call, and fails where two threads
    # make that call at once (PyTorch's issue 90613).
    torch.linalg.qr(torch.eye(1, device=device))


def named(device: str) -> str:
    """Return a device with what it is, for the footer of a table: cuda:0 (NVIDIA H200)."""
    if device == "cpu":
        return device
    index = torch.device(device).index or 0
    return f"cuda:{index} ({torch.cuda.get_device_name(index)})"
