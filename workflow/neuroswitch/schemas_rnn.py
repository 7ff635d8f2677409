"""Every table of the recurrent networks, column by column."""

from neuroswitch.store import Column, Schema

NETWORK = (
    Column("task", "string", "measure_wait_go, multitask or element_finder"),
    Column("variant", "string", "as_published, corrected, or both where they do not differ"),
    Column("network", "string", "name in the configuration, which holds its sizes"),
)
NETWORK_KEY = tuple(column.name for column in NETWORK)
RUN = Column("run", "int32", "number of the seed; with the root seed it fixes every draw")
PHASE = Column("phase", "string", "training, or retraining on the task held out")

RUNS = Schema(
    "recurrent runs",
    (*NETWORK_KEY, "run", "phase"),
    (
        *NETWORK,
        RUN,
        PHASE,
        Column("parameters", "int32", "trained numbers of the network"),
        Column("freed_parameters", "int32", "those of them that this phase trains"),
        Column("steps", "int32", "steps of training done"),
        Column("diverged_step", "int32", "first step whose loss is not finite; 0: none"),
        Column("final_loss", "double", "mean loss of the last recorded stretch; NaN: diverged"),
        Column("lowest_loss", "double", "lowest loss of a minibatch"),
    ),
)

LOSSES = Schema(
    "recurrent losses",
    (*NETWORK_KEY, "run", "phase", "step"),
    (
        *NETWORK,
        RUN,
        PHASE,
        Column("step", "int32", "counted from 1 over all stages of the phase"),
        Column("loss", "double", "weighted mean squared error of this step's minibatch"),
        Column("mean_loss", "double", "mean over the steps since the row before"),
    ),
)

PARAMETERS = Schema(
    "recurrent parameters",
    (*NETWORK_KEY, "run", "phase", "name", "index"),
    (
        *NETWORK,
        RUN,
        PHASE,
        Column("name", "string", "of the array, as in the network's equations"),
        Column("index", "int32", "position in the array, last axis fastest"),
        Column("value", "float", "at the end of the phase; states at the start are among them"),
    ),
)

STEP_TIMES = Schema(
    "recurrent step times",
    NETWORK_KEY,
    (
        *NETWORK,
        Column("milliseconds", "double", "of a training step: median; no two runs give the same"),
    ),
)

OF_FILE = {"runs": RUNS, "losses": LOSSES, "parameters": PARAMETERS}
"""File name without ending -> schema."""
