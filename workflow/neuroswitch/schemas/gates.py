"""Every table of the gate experiments, column by column."""

from neuroswitch.schemas.columns import VECTOR, Column, Schema

CONDITION = (
    Column("tasks", "string", "gates in the order of a cycle, joined by /"),
    Column("layers", "int32", "linear layers"),
    Column("width", "int32", "units of each hidden layer"),
    Column("learning_rate", "double", "of plain SGD"),
    Column("period", "int32", "epochs on a task before the switch"),
    Column("cycles", "int32", "cycles trained"),
    Column("loss", "string", "descended on: mean_squared_error or cross_entropy"),
    Column("batch", "string", "full: an update an epoch; single or ordered: for each pattern"),
    Column("initialisation", "string", "of weights and biases: torch, normal or glorot"),
    Column("family", "string", "of the matrix M; none without modulation"),
    Column("scale", "double", "of the family"),
    Column("shared_modulator", "bool", "all runs have one M and one v"),
    Column("pullback", "string", "inverse (M^-1), transpose (M^T) or none"),
    Column("bias_shift", "double", "what the numbers of v are multiplied by"),
    Column("shift_distribution", "string", "of these numbers: normal, uniform or none"),
    Column("stable_cycles", "int32", "last cycles in which stable and zero-shot success must hold"),
    Column("stream", "string", "name of the random streams"),
)
CONDITION_KEY = tuple(column.name for column in CONDITION)

RUN = Column("run", "int32", "number of the run; with the root seed it fixes every draw")
CYCLE = Column("cycle", "int32", "counted from 1")
EPOCH = Column("epoch", "int32", "counted from 1, over all tasks")
TASK_INDEX = Column("task_index", "int32", "position in the cycle, from 0: f, f', f''")
TASK = Column("task", "string", "gate trained at that position")
LOSS = "the loss descended on, over the four patterns"
EXPERIMENT = Column("experiment", "string", "name in the configuration")
NOTION = Column("notion", "string", "of success, a column of runs: solved (the paper's) or other")
RATE = (
    Column("rate", "double", "successes / runs"),
    Column("low", "double", "Wilson 95 % interval of the rate, lower end"),
    Column("high", "double", "Wilson 95 % interval of the rate, upper end"),
)
MAPPING = (
    Column("layers", "int32", "linear layers"),
    Column("learning_rate", "double", "of plain SGD"),
)
PCS = (
    Column("pc1", "double", "on the first PC of the mapped networks of these layers"),
    Column("pc2", "double", "on the second"),
    Column("pc3", "double", "on the third"),
)
MAPPED = Column("networks", "string", "trained; or untrained, the same on PCs of their own")
COORDINATES = Column("coordinates", "string", "raw (all parameters) or symmetry (modulo symmetry)")
RIGHT = "patterns of four on the target's side of 0.5"

RUNS = Schema(
    "gate runs",
    (*CONDITION_KEY, "run"),
    (
        *CONDITION,
        RUN,
        Column("solved", "bool", "success: all tasks at 100 % after retraining in the last cycle"),
        Column("stable_success", "bool", "the same in each of the last cycles (stable_cycles)"),
        Column("zero_shot_success", "bool", "as stable_success, but before retraining"),
        Column("first_retrained_cycle", "int32", "first with all tasks at 100 %; 0 never"),
        Column("first_zero_shot_cycle", "int32", "the same before retraining; 0 never"),
        Column("settled_cycle", "int32", "from here on always 100 % after retraining; 0 never"),
        Column("diverged_epoch", "int32", "first epoch with a loss that is not finite; 0 never"),
        Column("condition_number", "double", "of M, 2-norm; 1 without modulation"),
        Column("initial_parameters", VECTOR, "weights then biases of f before training, or empty"),
        Column("final_parameters", VECTOR, "the same after the last cycle (recorded_parameters)"),
    ),
)

TASKS = Schema(
    "gate tasks",
    (*CONDITION_KEY, "run", "task_index"),
    (
        *CONDITION,
        RUN,
        TASK_INDEX,
        TASK,
        Column("final_loss", "float", LOSS + ", after retraining in the last cycle"),
        Column("final_correct", "uint8", RIGHT + ", after retraining in the last cycle"),
        Column("final_zero_shot_correct", "uint8", RIGHT + ", before it"),
        Column("peak_first_tenth", "float", "mean over the first tenth of cycles of peak loss"),
        Column("peak_last_tenth", "float", "mean over the last tenth of cycles of peak loss"),
        Column("peak_drift", "float", "change of peak loss over the last half, share of its mean"),
        Column("largest_step", "float", "largest rise of the loss at a switch to the task"),
    ),
)

HISTORY = Schema(
    "gate history",
    (*CONDITION_KEY, "run", "cycle", "task_index"),
    (
        *CONDITION,
        RUN,
        CYCLE,
        TASK_INDEX,
        TASK,
        Column("loss_at_switch", "float", LOSS + ", before any retraining"),
        Column("correct_at_switch", "uint8", RIGHT + ", before any retraining"),
        Column("correct_after", "uint8", RIGHT + ", after the phase's epochs"),
        Column("zero_shot_streak", "int32", "cycles in a row with all tasks right at the switch"),
        Column("retrained_streak", "int32", "cycles in a row with all right after retraining"),
    ),
)

PLANARITY = Schema(
    "trajectory planarity",
    (*CONDITION_KEY, "run"),
    (
        *CONDITION,
        RUN,
        Column("plane_share", "double", "variance of the path in its own first two PCs, 0 to 1"),
    ),
)

EXAMPLE_EPOCHS = Schema(
    "example epochs",
    (*CONDITION_KEY, "run", "epoch"),
    (
        *CONDITION,
        RUN,
        EPOCH,
        TASK,
        Column("epoch_loss", "float", LOSS + ", before the epoch's update"),
    ),
)

EXAMPLE_PATH = Schema(
    "example path",
    (*CONDITION_KEY, "run", "epoch"),
    (
        *CONDITION,
        RUN,
        EPOCH,
        CYCLE,
        TASK_INDEX,
        TASK,
        Column("parameters", VECTOR, "weights then biases of f, f' or f'' after the epoch"),
    ),
)

TRAJECTORY = Schema(
    "example trajectories",
    (*CONDITION_KEY, "run", "epoch"),
    (
        *CONDITION,
        RUN,
        EPOCH,
        CYCLE,
        TASK_INDEX,
        TASK,
        *PCS,
        Column("own1", "double", "on the first PC of the path itself, f and f' together"),
        Column("own2", "double", "on its second"),
    ),
)

TRAJECTORY_SHARES = Schema(
    "variance of trajectories",
    (*CONDITION_KEY, "run", "axes", "component"),
    (
        *CONDITION,
        RUN,
        Column("axes", "string", "mapped (PCs of the mapped networks) or own (of the path itself)"),
        Column("component", "int32", "of those axes, counted from 1"),
        Column("share", "double", "of the path's variance along that component, 0 to 1"),
    ),
)

SUCCESS = Schema(
    "success rates",
    ("experiment", *CONDITION_KEY, "notion"),
    (
        EXPERIMENT,
        *CONDITION,
        NOTION,
        Column("successes", "int32", "runs"),
        Column("runs", "int32", "runs, diverged ones included"),
        Column("diverged", "int32", "runs whose loss stopped being finite"),
        *RATE,
        Column("median_condition_number", "double", "of M over runs"),
        Column("median_first_cycle", "double", "of success; of the stable: from when; inf: never"),
        Column("first_cycle_low", "double", "95 % interval of that median, lower end"),
        Column("first_cycle_high", "double", "95 % interval of that median, upper end"),
    ),
)

BUDGET = Schema(
    "success against cycles",
    ("experiment", *CONDITION_KEY, "notion", "cycle"),
    (
        EXPERIMENT,
        *CONDITION,
        NOTION,
        CYCLE,
        Column("successes", "int32", "runs that succeed if training ends at that cycle"),
        Column("runs", "int32", "runs, diverged ones included"),
        *RATE,
    ),
)

POINTS = Schema(
    "mapped networks",
    ("layers", "learning_rate", "networks", "gate", "run"),
    (
        *MAPPING,
        MAPPED,
        Column("gate", "string", "that the network is trained on, unmodulated"),
        RUN,
        Column("solved", "bool", "100 % after the last epoch"),
        *PCS,
    ),
)

COMPONENTS = Schema(
    "principal components",
    ("layers", "learning_rate", "networks", "component", "parameter"),
    (
        *MAPPING,
        MAPPED,
        Column("component", "int32", "0 is the mean, 1 to 3 the axes"),
        Column("explained", "double", "share of variance, 0 to 1; 1 for the mean"),
        Column("parameter", "int32", "position among weights then biases"),
        Column("value", "double", "of the mean or the unit axis at that position"),
    ),
)

DISTANCES = Schema(
    "AND-OR distances",
    ("layers", "learning_rate", "networks", "and_run", "or_run"),
    (
        *MAPPING,
        Column("networks", "string", "trained, solved (trained, both at 100 %) or untrained"),
        Column("and_run", "int32", "run of the AND network"),
        Column("or_run", "int32", "run of the OR network"),
        Column("cosine", "float", "1 - cosine of the angle between the parameters, 0 to 2"),
        Column("euclidean", "float", "distance between the parameters"),
    ),
)

NEIGHBOUR_VOTES = Schema(
    "votes of neighbours",
    ("layers", "learning_rate", "coordinates", "gate", "run"),
    (
        *MAPPING,
        Column("coordinates", "string", "raw, pcs (PC 1-3) or symmetry (modulo symmetry)"),
        Column("gate", "string", "of the network that is judged by its neighbours"),
        RUN,
        Column("vote", "string", "gate of most of the 5 nearest; at a tie, of the nearer ones"),
        Column("right", "bool", "the vote is the network's gate"),
        Column("right_shuffled", "double", "share of 100 shuffles of the gates with a right vote"),
    ),
)

SEPARATION = Schema(
    "separation of gates",
    ("layers", "learning_rate", "coordinates"),
    (
        *MAPPING,
        COORDINATES,
        Column("silhouette", "double", "mean over networks, clusters being gates, -1 to 1"),
        Column("explained", "double", "share of variance in three principal coordinates, 0 to 1"),
    ),
)

SYMMETRIC_POINTS = Schema(
    "mapped networks modulo symmetry",
    ("layers", "learning_rate", "gate", "run"),
    (
        *MAPPING,
        Column("gate", "string", "trained, unmodulated"),
        RUN,
        Column("solved", "bool", "100 % after the last epoch"),
        Column("sc1", "double", "first principal coordinate of distances modulo symmetry"),
        Column("sc2", "double", "second"),
        Column("sc3", "double", "third"),
    ),
)

END_SPACINGS = Schema(
    "spacings of mapped networks",
    ("layers", "mapping_rate", "coordinates", "gate", "run"),
    (
        Column("layers", "int32", "linear layers"),
        Column("mapping_rate", "double", "learning rate of the mapped networks"),
        COORDINATES,
        Column("gate", "string", "trained, unmodulated"),
        RUN,
        Column("spacing", "double", "distance to the nearest other network of the gate"),
    ),
)

END_DISTANCES = Schema(
    "distances of switched networks",
    ("experiment", *CONDITION_KEY, "run", "mapping_rate", "coordinates", "gate"),
    (
        EXPERIMENT,
        *CONDITION,
        RUN,
        Column("solved", "bool", "all tasks at 100 % after retraining in the last cycle"),
        Column("mapping_rate", "double", "learning rate of the mapped networks"),
        COORDINATES,
        Column("gate", "string", "of the mapped networks"),
        Column("distance", "float", "of f after the last cycle to the nearest of them"),
        Column("start_distance", "float", "of f before training to the nearest of them"),
    ),
)
