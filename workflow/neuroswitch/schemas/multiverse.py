"""The tables of the multiverse of paper 1, column by column."""

from neuroswitch.schemas.columns import Column, Schema

UNIVERSE = Column(
    "universe", "int32", "its number; from 1000000 on: drawn near the paper's numbers"
)
CLAIM = Column("claim", "string", "number of the claim: S of paper 1, X ours")
VALUE = Column("value", "float", "what was measured; NaN: not testable")
N = Column("n", "int32", "runs behind the value; 0: not testable")
P = Column("p", "double", "two-sided, of one claim in one universe; NaN: not testable")
OUTCOME = Column(
    "outcome", "string", "supported, contradicted, inconclusive, not specific or not testable"
)

CHOSEN = (
    UNIVERSE,
    Column("family", "string", "of the matrix M"),
    Column("scale", "double", "of the family"),
    Column("shared_modulator", "bool", "all runs have one M and one v"),
    Column("width", "int32", "units of each hidden layer"),
    Column("loss", "string", "descended on: mean_squared_error or cross_entropy"),
    Column("batch", "string", "full: an update an epoch; single or ordered: for each pattern"),
    Column("learning_rate", "double", "of switching"),
    Column("mapping_rate", "double", "learning rate of the mapped networks"),
    Column("budget", "string", "length of training: cycles_500, phases_500 or epochs_2500"),
    Column("period", "int32", "epochs that the paper's period of 10 is taken for"),
    Column("initialisation", "string", "of weights and biases: torch, normal or glorot"),
    Column("shared_start", "bool", "mapped networks start as the switched ones, of any gate"),
    Column("bias_shift", "double", "what the numbers of v are multiplied by"),
    Column("shift_distribution", "string", "of these numbers: normal or uniform"),
)
"""A universe: its number, and a value of every choice that paper 1 leaves open."""

UNIVERSES = Schema(
    "universes",
    ("universe",),
    (
        *CHOSEN,
        Column("condition_number", "double", "of M, median over runs"),
        Column("and_or", "double", "success rate of AND/OR with M^-1, as all others: end of last"),
        Column("and_xor", "double", "success rate of AND/XOR"),
        Column("and_or_transpose", "double", "success rate of AND/OR with M^T"),
        Column("and_xor_transpose", "double", "success rate of AND/XOR with M^T"),
        Column("xor_alone", "double", "success rate of XOR unmodulated, from the same starts"),
        Column("and_alone", "double", "success rate of AND unmodulated"),
        Column("or_alone", "double", "success rate of OR unmodulated"),
        Column("three_gates", "double", "success rate of AND/OR/XOR"),
        Column("zero_shot_and_or", "double", "rate of zero-shot success of AND/OR"),
        Column("peak_3", "double", "peak loss at period 3, last tenth, gates' mean, runs' median"),
        Column("peak_30", "double", "the same at period 30, equal cycles"),
        Column("peak_3_epochs", "double", "the same at period 3, equal epochs"),
        Column("peak_30_epochs", "double", "the same at period 30, equal epochs"),
        Column(
            "drift_3",
            "double",
            "size of the peak's trend over its level, larger of gates, period 3",
        ),
        Column("drift_30", "double", "the same at period 30; both at equal cycles, runs' median"),
        Column("first_3", "double", "median first cycle with both at 100 %, period 3; inf never"),
        Column("first_10", "double", "the same at the universe's period"),
        Column("first_30", "double", "the same at period 30"),
        Column(
            "held_2500", "double", "share of AND/OR runs at 100 % from 2500 epochs on, or before"
        ),
        Column("xor_recall_pcs", "double", "XOR networks whose neighbours are mostly XOR, PC 1-3"),
        Column("xor_recall_symmetry", "double", "the same modulo symmetry; both of two layers"),
        Column("others_recall_pcs", "double", "mean of the same share of AND, OR and NOR, PC 1-3"),
        Column("and_xor_long", "double", "success rate at ten times the cycles; NaN: not trained"),
        Column("runs", "int32", "networks of each condition"),
        Column("run_epochs", "double", "trained, over all runs"),
    ),
)

PARTS = Schema(
    "parts of claims in universes",
    ("universe", "claim", "label"),
    (
        UNIVERSE,
        CLAIM,
        Column("label", "string", "what the number is"),
        VALUE,
        Column("low", "float", "95 % interval, lower end; NaN: none"),
        Column("high", "float", "95 % interval, upper end; NaN: none"),
        N,
        P,
        OUTCOME,
    ),
)

OUTCOMES = Schema(
    "claims in universes",
    ("universe", "claim"),
    (
        UNIVERSE,
        CLAIM,
        Column("label", "string", "of the part that decides"),
        VALUE,
        N,
        P,
        OUTCOME,
    ),
)

ACCEPTED = Schema("accepted universes", ("universe",), CHOSEN)

NEAREST = Schema("nearest universe", ("universe",), CHOSEN)
