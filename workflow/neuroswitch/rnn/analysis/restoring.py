"""Multitask: what is left of the first tasks after retraining, and what brings them back (R4)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd
import torch

from neuroswitch import declare
from neuroswitch.rnn.analysis.multitask import scores, trials_of
from neuroswitch.rnn.evaluation import KEY, TEST, Trained, of_networks, respond
from neuroswitch.rnn.models.model import Model
from neuroswitch.schemas import rnn as schemas

PATHWAY = "input_pathway"
"""The parameters that retraining trains: of an NM-RNN its modulator."""


@declare.analysis(
    "restoring",
    of={"task": "multitask"},
    costly=True,
    reads={
        "runs": "rnn/{experiment}/runs",
        "parameters": "rnn/{experiment}/parameters",
        "task_scores": "rnn/{experiment}/task_scores",
    },
    settings=TEST,
    writes={"rnn/{experiment}/restored": schemas.RESTORED},
)
@of_networks("last")
def restoring(
    trained: Sequence[Trained], task_scores: pd.DataFrame, test_trials: int, root_seed: int
) -> pd.DataFrame:
    """Return the score of each task before retraining, after it, and with the old parameters.

    What is put back is what retraining trained. It costs no training, but that the network keeps
    these numbers. The table is empty where no network was retrained.
    """
    test = trials_of("training", test_trials, root_seed)
    correct = task_scores.set_index([*KEY, "phase", "subtask"])["correct_corrected"]
    parts = []
    for before, after in _pairs(trained):
        restored = with_old_pathway(before, after)
        frame = scores({name: respond(restored, trials) for name, trials in test.items()}, test)
        about = tuple(before.about.values())
        earlier, later = (
            [correct[(*about, phase, name)] for name in test]
            for phase in ("training", "retraining")
        )
        same = all(
            torch.equal(restored.parameters[name], values)
            for name, values in before.parameters.items()
        )
        put_back = sum(before.parameters[name].numel() for name in _pathway(before.model))
        parts.append(
            frame[["subtask", "trials"]].assign(
                **before.about,
                correct_before=earlier,
                correct_after=later,
                correct_restored=frame["correct_corrected"],
                identical=same,
                restored_numbers=put_back,
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def with_old_pathway(before: Trained, after: Trained) -> Trained:
    """Return a retrained network with what was retrained as it was before; it sees old contexts."""
    old = _pathway(before.model)
    parameters = {
        name: values if name in old else after.parameters[name]
        for name, values in before.parameters.items()
    }
    return replace(before, parameters=parameters, sound=before.sound and after.sound)


def _pathway(model: Model) -> list[str]:
    """Return the names of the parameters that retraining trains, of those that the network has."""
    return [name for name in model.groups[PATHWAY] if name in model.shapes]


def _pairs(trained: Sequence[Trained]) -> Iterator[tuple[Trained, Trained]]:
    """Yield each network after training and after retraining."""
    later = {tuple(one.about.values()): one for one in trained if one.phase == "retraining"}
    for one in trained:
        if one.phase == "training" and tuple(one.about.values()) in later:
            yield one, later[tuple(one.about.values())]
