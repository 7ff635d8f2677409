"""Tables of the outlook of paper 1, column by column."""

from neuroswitch.schemas.columns import Column, Schema
from neuroswitch.schemas.gates import RATE, RUN

CELL = (
    Column("inputs", "int32", "of the Boolean functions"),
    Column("width", "int32", "units of the hidden layer"),
    Column("method", "string", "what tells the network its task, by its name in the configuration"),
)
CELL_KEY = tuple(column.name for column in CELL)
INTERVAL = (
    Column("low", "double", "95 % interval, lower end"),
    Column("high", "double", "95 % interval, upper end"),
)
LEARNING_RATE = Column("learning_rate", "double", "of plain SGD")
TASKS = Column("tasks", "int32", "functions in one network")
PARAMETERS = Column("parameters", "double", "numbers trained")
RUNS = Column("runs", "int32", "networks behind the number")
MODULATOR = (
    Column("family", "string", "of the matrix M; fresh: networks drawn anew instead"),
    Column("scale", "double", "of the family"),
)

CLIMBS = Schema(
    "climbs to the largest number of tasks",
    (*CELL_KEY, "learning_rate", "run", "tasks"),
    (
        *CELL,
        LEARNING_RATE,
        RUN,
        TASKS,
        Column("held_out", "bool", "the run chooses the learning rate, and is not judged"),
        Column(
            "right_tasks", "int32", "right on all patterns at the end, by one set of parameters"
        ),
        Column("retrained_tasks", "int32", "right after their own last period"),
        Column("solved", "bool", "all tasks right by one set of parameters"),
    ),
)

NOISE = Schema(
    "noise on many tasks",
    (*CELL_KEY, "run", "noise"),
    (
        *CELL,
        RUN,
        TASKS,
        Column("noise", "double", "standard deviation, over the root mean square of the numbers"),
        Column("right_share", "double", "noisy copies with all tasks right, 0 to 1"),
    ),
)

SIZES = Schema(
    "sizes of networks with many tasks",
    (*CELL_KEY, "tasks"),
    (
        *CELL,
        TASKS,
        PARAMETERS,
        Column("fixed_numbers", "double", "numbers of all M and v, if they are not drawn again"),
    ),
)

CHOSEN_RATES = Schema(
    "learning rates chosen for many tasks",
    (*CELL_KEY, "learning_rate"),
    (
        *CELL,
        LEARNING_RATE,
        Column("doublings", "double", "mean over held-out runs of log2 of the most tasks solved"),
        Column("chosen", "bool", "of the runs that are judged"),
        RUNS,
    ),
)

LARGEST = Schema(
    "largest number of tasks",
    (*CELL_KEY, "run"),
    (
        *CELL,
        RUN,
        Column("largest_tasks", "int32", "that the run solved; 0 none"),
        Column("doublings", "double", "log2 of it; -1 for none"),
    ),
)

CAPACITY_SUCCESS = Schema(
    "success with many tasks",
    (*CELL_KEY, "tasks"),
    (
        *CELL,
        TASKS,
        RUNS,
        Column("successes", "int32", "runs that solve it, or a larger number"),
        *RATE,
        Column("right_share", "double", "mean share of tasks right, of runs that tried; NaN: none"),
    ),
)

CAPACITY = Schema(
    "tasks that half of the networks hold",
    CELL_KEY,
    (
        *CELL,
        RUNS,
        Column("half_tasks", "double", "largest number at 50 % success, interpolated"),
        *INTERVAL,
        Column("most_tasks", "int32", "largest number that was tried: half_tasks is no larger"),
        Column("parameters", "double", "numbers trained with half_tasks, interpolated"),
    ),
)

GROWTH = Schema(
    "growth of capacity",
    ("inputs", "method"),
    (
        CELL[0],
        CELL[2],
        RUNS,
        Column("widths", "int32", "sizes of networks that the slope is fitted to"),
        Column("slope", "double", "of log half_tasks on log parameters"),
        *INTERVAL,
    ),
)

COMPRESSION = Schema(
    "size at equal success",
    ("inputs", "method", "tasks", "counted"),
    (
        CELL[0],
        CELL[2],
        TASKS,
        Column("counted", "string", "trained: M drawn from its seed; all: M and v stored too"),
        RUNS,
        Column("numbers", "double", "with which half of the networks hold the tasks; inf: none"),
        *INTERVAL,
        Column("bits", "double", "32 for each number"),
        Column("smallest", "double", "numbers of the smallest network tried"),
    ),
)

HITS = Schema(
    "modulators that give a gate",
    ("width", "trained", "wanted", "family", "scale", "run"),
    (
        CELL[1],
        Column("trained", "string", "what the network was trained on"),
        Column("wanted", "string", "gate that is looked for in f'"),
        *MODULATOR,
        RUN,
        Column("solved", "bool", "the network is at 100 % on what it was trained on"),
        Column("candidates", "int32", "modulators tried"),
        Column("hits", "int32", "give the gate at 100 %, nothing trained"),
        Column("hits_after", "int32", "the same after one period of training on the gate in f'"),
    ),
)

CHANCES = Schema(
    "chance that a library has the gate",
    ("width", "trained", "wanted", "family", "scale", "after_period", "size"),
    (
        CELL[1],
        Column(
            "trained", "string", "what the networks were trained on; others: any gate but wanted"
        ),
        Column("wanted", "string", "gate that is looked for in f'; any: mean over all"),
        *MODULATOR,
        Column("after_period", "bool", "after one period of training; if false, without any"),
        Column("size", "int32", "modulators in the library"),
        RUNS,
        Column("chance", "double", "that one of them gives the gate, mean over networks"),
        *INTERVAL,
    ),
)

DISPLACEMENTS = Schema(
    "displacements between two gates",
    ("what", "coordinates", "run"),
    (
        Column("what", "string", "mapped: AND to OR; switched: f to f'; random: AND to its f'"),
        Column("coordinates", "string", "raw (all parameters) or symmetry (modulo symmetry)"),
        RUN,
        Column("length", "double", "Euclidean distance of the two networks"),
        Column("angle", "double", "between the two networks, degrees"),
        Column("inside", "bool", "both within the central 95 % of the mapped ones"),
    ),
)

DEPTH_RATES = Schema(
    "learning rates chosen by depth",
    ("layers", "learning_rate"),
    (
        Column("layers", "int32", "linear layers"),
        CELL[1],
        PARAMETERS,
        LEARNING_RATE,
        RUNS,
        Column("successes", "int32", "held-out runs that succeed"),
        *RATE,
        Column("chosen", "bool", "of the runs that are judged; of equal rates the smallest"),
    ),
)
