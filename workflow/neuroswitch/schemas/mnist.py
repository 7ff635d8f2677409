"""Every table of the MNIST experiments, column by column."""

from neuroswitch.schemas.columns import Column, Schema
from neuroswitch.schemas.rnn import NETWORK, NETWORK_KEY

DATASET = Column(
    "dataset", "string", "image set: mnist, digits (scikit-learn's, enlarged), or your own"
)
CONDITION = (
    DATASET,
    Column("split", "string", "halves: digits 0-4 and 5-9; parity: even and odd; random: by run"),
    Column("outputs", "int32", "units: 5, which both tasks share, or 10, one for each digit"),
    Column("train_images", "int32", "images of both tasks, those held out included"),
    Column("test_images", "int32", "images of both tasks"),
    Column("held_out", "string", "accuracy is on test images, or on training images held out"),
    Column("strategy", "string", "neuromodulated, extra_input, separate or no_signal"),
    Column("extra_input_at", "string", "where it enters: hidden layer or image; none: no input"),
    Column("hidden", "int32", "units of the hidden layer"),
    Column("learning_rate", "double", "of SGD"),
    Column("momentum", "double", "of SGD"),
    Column("batch_size", "int32", "images of the largest minibatch"),
    Column("period", "int32", "minibatches on a task before the switch; 0: an epoch's"),
    Column("epochs", "int32", "passes over all training images"),
    Column("family", "string", "of the matrix M; none without modulation"),
    Column("scale", "double", "of the family"),
    Column("layers", "string", "that M and v act on: all, linear, hidden; none"),
    Column("pullback", "string", "inverse (M^-1), transpose (M^T) or none"),
    Column("bias_shift", "double", "standard deviation of v"),
    Column("stream", "string", "name of the random streams"),
)
CONDITION_KEY = tuple(column.name for column in CONDITION)

RUN = Column("run", "int32", "number of the seed; with the root seed it fixes every draw")
PARAMETERS = Column("parameters", "int32", "weights and biases of all networks of the strategy")

CURVES = Schema(
    "mnist curves",
    (*CONDITION_KEY, "run", "epoch", "task"),
    (
        *CONDITION,
        RUN,
        Column("epoch", "int32", "counted from 1"),
        Column("task", "int32", "0 in f, 1 in f'"),
        Column("zero_shot_accuracy", "double", "0 to 1, as the epoch's last phase begins"),
        Column("retrained_accuracy", "double", "0 to 1, as the epoch's last phase ends"),
        Column("loss", "double", "mean cross-entropy over the epoch, nats; NaN: diverged before"),
    ),
)

RUNS = Schema(
    "mnist runs",
    (*CONDITION_KEY, "run"),
    (
        *CONDITION,
        RUN,
        PARAMETERS,
        Column("network_parameters", "int32", "weights and biases of one network"),
        Column("final_accuracy", "double", "mean of both tasks after retraining, last epoch"),
        Column("final_zero_shot_accuracy", "double", "the same before retraining"),
        Column("best_accuracy", "double", "highest over epochs, mean of both tasks, retrained"),
        Column("best_epoch", "int32", "where it is reached first"),
        Column("best_zero_shot_accuracy", "double", "highest over epochs before retraining"),
        Column("diverged_epoch", "int32", "first that is not finite; from there on at chance"),
        Column("condition_number", "double", "of M, 2-norm; 1 without modulation"),
    ),
)

UNIVERSE = Column("universe", "int32", "its number in the sequence, from 0; with the root seed it")

SAME_IN_A_UNIVERSE = (
    "dataset",
    "train_images",
    "test_images",
    "split",
    "outputs",
    "extra_input_at",
    "learning_rate",
    "momentum",
    "period",
    "epochs",
    "family",
    "scale",
    "layers",
    "pullback",
    "bias_shift",
)
"""Columns of conditions that all networks of a universe share, where they have them at all."""

UNIVERSES = Schema(
    "mnist universes",
    ("universe",),
    (UNIVERSE, *(column for column in CONDITION if column.name in SAME_IN_A_UNIVERSE)),
)

NETWORKS = Schema(
    "mnist networks",
    ("universe", "strategy", "hidden", "run"),
    (
        UNIVERSE,
        Column("strategy", "string", "neuromodulated, extra_input or no_signal"),
        Column("hidden", "int32", "units of the hidden layer"),
        RUN,
        PARAMETERS,
        Column("final_accuracy", "double", "mean of both tasks after retraining, last epoch"),
        Column("final_zero_shot_accuracy", "double", "the same before retraining"),
        Column("diverged_epoch", "int32", "first that is not finite; 0: none"),
        Column("condition_number", "double", "of M, 2-norm; 1 without modulation"),
    ),
)

ACCURACY = Schema(
    "mnist accuracy",
    ("experiment", *CONDITION_KEY, "notion"),
    (
        Column("experiment", "string", "name in the configuration"),
        *CONDITION,
        Column("notion", "string", "after_retraining (the paper's) or zero_shot"),
        PARAMETERS,
        Column("runs", "int32", "seeds, diverged ones included"),
        Column("diverged", "int32", "seeds whose loss stopped being finite"),
        Column("accuracy", "double", "mean over seeds of both tasks' mean in the last epoch"),
        Column("low", "double", "bootstrap 95 % interval, lower end; NaN: fewer than 6 seeds"),
        Column("high", "double", "the same, upper end"),
        Column("best", "double", "mean over seeds of the highest over epochs"),
        Column("best_low", "double", "bootstrap 95 % interval, lower end; NaN: fewer than 6 seeds"),
        Column("best_high", "double", "the same, upper end"),
        Column("median_condition_number", "double", "of M over seeds"),
    ),
)

CLAIM = Column("claim", "string", "number of the claim, S17 or S18")
CHOICE = Column("choice", "string", "an open choice that universes draw")
TESTABLE = Column("universes", "int32", "in which the claim is testable")

OUTCOMES = Schema(
    "mnist claims in universes",
    ("universe", "claim"),
    (
        UNIVERSE,
        CLAIM,
        Column("label", "string", "of the part that decides"),
        Column("value", "double", "of its number; NaN: not testable"),
        Column("low", "double", "95 % interval over seeds, lower end; NaN: fewer than six seeds"),
        Column("high", "double", "95 % interval over seeds, upper end; NaN: fewer than six seeds"),
        Column("n", "int32", "seeds; 0: not testable"),
        Column("p", "double", "two-sided, over seeds; 1: fewer than six seeds"),
        Column(
            "outcome",
            "string",
            "by the side of the value alone: supported, contradicted, inconclusive (on neither), "
            "not testable",
        ),
    ),
)

SCOPE = Schema(
    "mnist scope of claims",
    ("claim", "choice", "level"),
    (
        CLAIM,
        Column("choice", "string", f"{CHOICE.meaning}; all: every universe, at one level all"),
        Column("level", "string", "a value of the choice, or a third of its range"),
        Column("position", "int32", "of the level among those of the choice, from 0"),
        TESTABLE,
        Column("supported", "int32", "universes whose value is on the claim's side"),
        Column("share", "double", "supported / universes; NaN: no universe"),
        Column("low", "double", "Wilson 95 % interval of the share, lower end"),
        Column("high", "double", "Wilson 95 % interval of the share, upper end"),
        Column("p", "double", "two-sided sign test: as many on either side; NaN: no universe"),
        Column("median", "double", "of the value over universes; NaN: no universe"),
        Column("median_low", "double", "its 95 % interval, between two values; NaN: fewer than 6"),
        Column("median_high", "double", "the same, upper end"),
    ),
)

DECIDING = Schema(
    "mnist what decides claims",
    ("claim", "choice"),
    (
        CLAIM,
        CHOICE,
        Column("share", "double", "of the variance of ranks that is between levels; NaN: too few"),
        Column("p", "double", "Kruskal and Wallis: the same values at every level; NaN: too few"),
        Column("p_adjusted", "double", "after Holm's correction over the choices of the claim"),
        TESTABLE,
    ),
)

CLASSIFIED = Schema(
    "recurrent networks that classify images",
    (*NETWORK_KEY, "run"),
    (
        *NETWORK,
        DATASET,
        Column("train_images", "int32", "from which minibatches are drawn"),
        Column("test_images", "int32", "on which accuracy is measured"),
        RUN,
        Column("parameters", "int32", "of the network"),
        Column("learning_rate", "double", "that was chosen for the network"),
        Column("steps", "int32", "trained"),
        Column("final_loss", "double", "mean over all steps; NaN: diverged"),
        Column("diverged_step", "int32", "first whose loss is not finite; 0: none"),
        Column("accuracy", "double", "0 to 1, on the test images; at chance if diverged"),
    ),
)
