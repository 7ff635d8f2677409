"""Every table of the MNIST experiments, column by column."""

from neuroswitch.schemas.columns import Column, Schema

CONDITION = (
    Column("dataset", "string", "image set: mnist, digits (scikit-learn's, enlarged), or your own"),
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
        Column("low", "double", "bootstrap 95 % interval over seeds, lower end"),
        Column("high", "double", "bootstrap 95 % interval over seeds, upper end"),
        Column("best", "double", "mean over seeds of the highest over epochs"),
        Column("best_low", "double", "bootstrap 95 % interval over seeds, lower end"),
        Column("best_high", "double", "bootstrap 95 % interval over seeds, upper end"),
        Column("median_condition_number", "double", "of M over seeds"),
    ),
)
