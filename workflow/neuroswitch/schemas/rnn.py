"""Every table of the recurrent networks, column by column."""

from neuroswitch.schemas.columns import Column, Schema

NETWORK = (
    Column("task", "string", "measure_wait_go, multitask, element_finder, or digit_rows (MNIST)"),
    Column("variant", "string", "as_published, one_protocol or both; an alternative after a colon"),
    Column("network", "string", "name in the configuration, which holds its sizes"),
)
NETWORK_KEY = tuple(column.name for column in NETWORK)
RUN = Column("run", "int32", "number of the seed; with the root seed it fixes every draw")
PHASE = Column("phase", "string", "training, or retraining on the task held out")
KEPT = Column("kept", "string", "last: at the end of training; best: of the lowest smoothed loss")

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
        Column(
            "mean_loss",
            "float",
            "weighted mean squared error of a minibatch, mean over the steps since the row before",
        ),
    ),
)

PARAMETERS = Schema(
    "recurrent parameters",
    (*NETWORK_KEY, "run", "phase", "kept", "name", "index"),
    (
        *NETWORK,
        RUN,
        PHASE,
        KEPT,
        Column("name", "string", "of the array, as in the network's equations"),
        Column("index", "int32", "position in the array, last axis fastest"),
        Column("value", "float", "states at the start of a trial are among them"),
    ),
)

RATES = Schema(
    "learning rates that are chosen",
    (*NETWORK_KEY, "learning_rate"),
    (
        *NETWORK,
        Column("learning_rate", "double", "of short trainings of held-out runs"),
        Column("runs", "int32", "held-out runs"),
        Column("steps", "int32", "of a short training"),
        Column("loss", "double", "median over runs of the mean over the last tenth of the steps"),
        Column("chosen", "bool", "the loss is the lowest: the network is trained at this rate"),
    ),
)

GROUP = Column("group", "string", "trained or extrapolated intervals")
INTERVAL = Column("interval", "int32", "from measure to wait pulse, in steps")
STEP = Column("step", "int32", "of the trial, from 0")
SINCE_GO = Column("since_go", "int32", "steps after the go pulse; before it negative")
COMPONENT = Column("component", "int32", "of the signal s, from 1")
HELD = (
    Column("component", "int32", "of the signal s that is held, from 1; 0: none"),
    Column("hold", "string", "initial: at its first value, zero: at 0, none"),
)
SUBTASK = Column("subtask", "string", "delay_pro, delay_anti, memory_pro or memory_anti")
QUERY = Column("query", "int32", "index of the element asked for, 0 to 24")

INTERVAL_LOSSES = Schema(
    "losses by interval",
    (*NETWORK_KEY, "run", "interval"),
    (
        *NETWORK,
        RUN,
        INTERVAL,
        GROUP,
        Column("loss", "double", "mean squared error over the test trial; infinite: diverged"),
        Column("time_to_90", "double", "whole steps from go to an output of 0.4; NaN: never"),
    ),
)

TIMING_LOSSES = Schema(
    "losses of Measure-Wait-Go",
    (*NETWORK_KEY, "run"),
    (
        *NETWORK,
        RUN,
        Column("trained_loss", "double", "mean over the trained intervals; infinite: diverged"),
        Column("extrapolated_loss", "double", "mean over the extrapolated intervals"),
        Column("loss", "double", "mean over all intervals of the test"),
    ),
)

TIMING_REFERENCES = Schema(
    "losses of answers without a network",
    ("reference", "group"),
    (
        Column("reference", "string", "locked: mean trained ramp; clamped: nearest trained ramp"),
        GROUP,
        Column("loss", "double", "mean squared error over the intervals of the group"),
    ),
)

RAMPS = Schema(
    "example ramps",
    (*NETWORK_KEY, "run", "component", "hold", "interval", "step"),
    (
        *NETWORK,
        RUN,
        *HELD,
        INTERVAL,
        GROUP,
        STEP,
        SINCE_GO,
        Column("output", "float", "of the run of median loss"),
        Column("target", "double", "-0.5 to 0.5"),
    ),
)

TIMING_SIGNALS = Schema(
    "example signals of Measure-Wait-Go",
    (*NETWORK_KEY, "run", "component", "interval", "step"),
    (
        *NETWORK,
        RUN,
        COMPONENT,
        INTERVAL,
        GROUP,
        STEP,
        SINCE_GO,
        Column("signal", "float", "s of the run of median loss, 0 to 1"),
    ),
)

ABLATIONS = Schema(
    "ramps with a component held",
    (*NETWORK_KEY, "run", "component", "hold"),
    (
        *NETWORK,
        RUN,
        *HELD,
        Column("slope_correlation", "double", "of slope and trained interval; 0: equal slopes"),
        Column("slope_spread", "double", "standard deviation of the slopes, per step"),
        Column("intervals", "int32", "trained intervals, each one ramp"),
        Column("surviving", "int32", "of them, ramps that still rise"),
        Column("rise", "double", "mean of the ramps, from the output at go to the peak after it"),
    ),
)

THEORY_SIGNALS = Schema(
    "signals of rank 1",
    (*NETWORK_KEY, "run", "interval", "since_go"),
    (
        *NETWORK,
        RUN,
        INTERVAL,
        GROUP,
        SINCE_GO,
        Column("signal", "double", "trained s, 0 to 1"),
        Column("required", "double", "s that would make the target ramp; not limited to 0 to 1"),
    ),
)

THEORY_FITS = Schema(
    "trained and required signal",
    (*NETWORK_KEY, "run"),
    (
        *NETWORK,
        RUN,
        Column("correlation", "double", "over all steps of the ramps of trained intervals"),
        Column("interval_correlation", "double", "mean of those within each interval"),
        Column("steps", "int32", "of all ramps of trained intervals"),
    ),
)

DECAY_ERRORS = Schema(
    "errors of the closed form",
    ("run", "step"),
    (
        RUN,
        Column("step", "double", "of Euler's method, in steps of the network"),
        Column("error", "double", "largest over time and components, relative to the start"),
    ),
)

SCORES_KEY = (*NETWORK_KEY, "run", "phase", "subtask")
SCORES = (
    *NETWORK,
    RUN,
    PHASE,
    SUBTASK,
    Column("trials", "int32", "of the test"),
    Column("correct_published", "int32", "of them right by the angle of the authors' score"),
    Column("correct_corrected", "int32", "of them right by the angle itself"),
    Column("misjudged", "int32", "of those, trials that the authors' score calls wrong"),
    Column("loss", "double", "mean squared error over the test; infinite: diverged"),
)

TASK_SCORES = Schema("scores of the tasks", SCORES_KEY, SCORES)

FILE_SCORES = Schema("scores of a file of trials", SCORES_KEY, SCORES)

TASK_ENCODINGS = Schema(
    "angle and task in the states",
    (*NETWORK_KEY, "run"),
    (
        *NETWORK,
        RUN,
        Column("ring_r2", "double", "of (cos, sin) of the angle from PC 1-2 of the stimulus"),
        Column("shuffled_ring_r2", "double", "the same with shuffled angles, mean of shuffles"),
        Column("sign_accuracy", "double", "Pro or Anti by the best PC, a polarity by half turn"),
        Column("sign_component", "int32", "that PC of the readout, from 1"),
        Column("one_polarity_accuracy", "double", "Pro or Anti by the best PC, one polarity"),
        Column("one_polarity_component", "int32", "that PC of the readout, from 1"),
        Column("flip_accuracy", "double", "by the best PC whose sign flips at the best angle"),
        Column("shuffled_flip_accuracy", "double", "with Pro and Anti shuffled, mean of shuffles"),
    ),
)

TASK_SIGNALS = Schema(
    "example signals of the tasks",
    (*NETWORK_KEY, "run", "subtask", "component", "step"),
    (
        *NETWORK,
        RUN,
        SUBTASK,
        COMPONENT,
        STEP,
        Column("on", "int32", "first step of the stimulus"),
        Column("off", "int32", "first step without it"),
        Column("go", "int32", "first step without fixation"),
        Column("signal", "float", "s of the run of median accuracy, 0 to 1"),
    ),
)

TASK_STATES = Schema(
    "example states of the tasks",
    (*NETWORK_KEY, "run", "period", "subtask", "trial"),
    (
        *NETWORK,
        RUN,
        Column("period", "string", "stimulus or readout, each at its last step"),
        SUBTASK,
        Column("trial", "int32", "of the test"),
        Column("theta", "double", "angle shown, radians"),
        *(
            Column(f"pc{k}", "float", "coordinate of x on this PC of the period")
            for k in range(1, 6)
        ),
    ),
)

FINDER_LOSSES = Schema(
    "losses of the element finder",
    (*NETWORK_KEY, "run", "kept"),
    (
        *NETWORK,
        RUN,
        KEPT,
        Column("loss", "double", "mean squared error over fresh sequences; infinite: diverged"),
        Column("lowest_loss", "double", "lowest loss of a minibatch in training"),
        Column("trials", "int32", "fresh sequences of the test"),
        Column("chance", "double", "expected loss of the constant 0"),
    ),
)

FINDER_ENCODINGS = Schema(
    "query and value in the states",
    (*NETWORK_KEY, "run"),
    (
        *NETWORK,
        RUN,
        Column("silhouette", "double", "of the last z by query, -1 to 1"),
        Column(
            "rank_correlation", "double", "of the first PC of the last x with the value, 0 to 1"
        ),
        Column("value_r2", "double", "of the value from PC 1-2 of the last x, linearly"),
        Column("shuffled_value_r2", "double", "the same with shuffled values, mean of shuffles"),
        Column("query_silhouette", "double", "of z in mid-trial by query 5, 10, 15 or 20"),
        Column("shuffled_query_silhouette", "double", "with shuffled queries, mean of shuffles"),
    ),
)

FINDER_SIGNALS = Schema(
    "example signals of the element finder",
    (*NETWORK_KEY, "run", "query", "component", "step"),
    (
        *NETWORK,
        RUN,
        QUERY,
        COMPONENT,
        STEP,
        Column("signal", "float", "mean of s over sequences, run of median loss, 0 to 1"),
        Column("spread", "float", "standard deviation over sequences"),
    ),
)

FINDER_STATES = Schema(
    "example states of the element finder",
    (*NETWORK_KEY, "run", "trial"),
    (
        *NETWORK,
        RUN,
        Column("trial", "int32", "of the test"),
        QUERY,
        Column("value", "int32", "the element asked for, -10 to 10"),
        Column("z_pc1", "float", "last z on its first PC"),
        Column("z_pc2", "float", "on its second"),
        Column("x_pc1", "float", "last x on its first PC"),
        Column("x_pc2", "float", "on its second"),
    ),
)

STEP_TIMES = Schema(
    "cost of training",
    (*NETWORK_KEY, "round"),
    (
        *NETWORK,
        Column("round", "int32", "networks of one round were timed one after the other"),
        Column("milliseconds", "double", "of processor time, a step of training on one thread"),
    ),
)

RESTORED = Schema(
    "tasks learnt before, after retraining",
    (*NETWORK_KEY, "run", "subtask"),
    (
        *NETWORK,
        RUN,
        SUBTASK,
        Column("trials", "int32", "of the test"),
        Column("correct_before", "int32", "of them right before retraining, by the angle itself"),
        Column("correct_after", "int32", "right after retraining on another task"),
        Column("correct_restored", "int32", "right once what was retrained is as it was before"),
        Column(
            "identical", "bool", "the restored network has the parameters of before, bit by bit"
        ),
        Column("restored_numbers", "int32", "parameters that are put back"),
    ),
)

STATE = Column("state", "string", "x, or z of a modulator, or c of an LSTM, whose x is h")
WHEN = Column("when", "string", "start or end of training")

FADING = Schema(
    "gradients along a trial",
    (*NETWORK_KEY, "run", "when", "state", "step"),
    (
        *NETWORK,
        RUN,
        WHEN,
        STATE,
        STEP,
        Column(
            "share",
            "float",
            "norm of the last loss's gradient by the state, over that of the "
            "last but one step; geometric mean over trials",
        ),
    ),
)

FADING_RATES = Schema(
    "how fast gradients fade",
    (*NETWORK_KEY, "run", "when", "state"),
    (
        *NETWORK,
        RUN,
        WHEN,
        STATE,
        Column(
            "rate",
            "double",
            "slope of the share's natural logarithm, per step; above 0: "
            "gradients vanish backwards in time",
        ),
        Column("steps", "int32", "of the line that is fitted, up to the last but one"),
    ),
)

PUSHES = Schema(
    "pushes in the middle of a ramp",
    (*NETWORK_KEY, "run", "size"),
    (
        *NETWORK,
        RUN,
        Column("size", "double", "of the push, as a share of the norm of the state"),
        Column("pushed", "int32", "trials: each trained interval with each direction"),
        Column("error", "double", "root mean square change of the output when the ramp should end"),
        Column("last_error", "double", "the same at the last step of the trial"),
    ),
)

TESTED = Schema(
    "losses on fresh trials",
    (*NETWORK_KEY, "run"),
    (
        *NETWORK,
        RUN,
        Column("loss", "double", "mean over the trials, of the best network; infinite: diverged"),
        Column("chance", "double", "the same of the best constant answer"),
        Column("steps", "int32", "of a trial"),
        Column("trials", "int32", "of the test"),
    ),
)

CHOSEN_MODULATORS = Schema(
    "Memory-Anti by a matrix M chosen among several",
    (*NETWORK_KEY, "run", "tried"),
    (
        *NETWORK,
        RUN,
        Column("tried", "int32", "sets of matrices M among which one is chosen, without training"),
        Column("chosen", "int32", "the set with most right answers to other trials, from 0"),
        Column("correct", "int32", "trials of Memory-Anti that are right with it, by the angle"),
        Column("trials", "int32", "of the test"),
    ),
)
