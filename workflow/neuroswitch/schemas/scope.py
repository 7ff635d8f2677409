"""Tables of what holds where in the multiverse of paper 1, column by column."""

from neuroswitch.schemas.columns import Column, Schema

CLAIM = Column("claim", "string", "number of the claim: S of paper 1, X ours")
CHOICE = Column("choice", "string", "an open choice; shift is bias_shift with its distribution")
LEVEL = Column("level", "string", "a value of the choice, or a quarter of its values; none")
POSITION = Column("position", "int32", "of the level among those of the choice, from 0")

SCOPE = Schema(
    "scope of claims",
    ("claim", "choice", "level", "outcome"),
    (
        CLAIM,
        Column("choice", "string", f"{CHOICE.meaning}; all: every universe, at one level all"),
        LEVEL,
        POSITION,
        Column("outcome", "string", "supported, contradicted, neither or not testable"),
        Column("share", "double", "of universes at the level that have the outcome"),
        Column("low", "double", "Wilson 95 % interval of the share, lower end"),
        Column("high", "double", "Wilson 95 % interval of the share, upper end"),
        Column("universes", "int32", "at the level"),
    ),
)

DECIDING = Schema(
    "what decides claims",
    ("claim", "choice"),
    (
        CLAIM,
        CHOICE,
        Column("label", "string", "of the part whose number is predicted; empty: none"),
        Column("importance", "double", "fall of R^2 when the choice is permuted; NaN: too few"),
        Column("total_effect", "double", "half of it: share of variance that the choice brings"),
        Column("r2", "double", "of ranked numbers in held-out universes; NaN: too few"),
        Column("universes", "int32", "that have the number"),
        Column("decided", "bool", "R^2 is at least 0.1"),
    ),
)

TOGETHER = Schema(
    "claims together",
    ("claim", "other"),
    (
        CLAIM,
        Column("other", "string", "number of another claim, after the first in the usual order"),
        Column("universes", "int32", "in which both are testable"),
        Column("supported", "int32", "of these, where the first is supported"),
        Column("other_supported", "int32", "where the other is supported"),
        Column("both", "int32", "where both are supported"),
        Column("share", "double", "both / universes; NaN: no universe"),
        Column("low", "double", "Wilson 95 % interval of the share, lower end"),
        Column("high", "double", "Wilson 95 % interval of the share, upper end"),
        Column("chance", "double", "product of the two shares"),
        Column("p", "double", "of chance, by Fisher's exact test, two-sided"),
        Column("p_adjusted", "double", "after Holm's correction over all pairs"),
    ),
)

LARGEST_SETS = Schema(
    "largest sets of claims",
    ("rank",),
    (
        Column("rank", "int32", "from 1, the set of most claims"),
        Column("claims", "string", "supported in one universe, by spaces"),
        Column("size", "int32", "claims in the set"),
        Column("universes", "int32", "in which all of them are supported"),
        Column("example", "int32", "one of these universes, that of the lowest number"),
    ),
)

POSTERIOR = Schema(
    "posterior of choices",
    ("choice", "level"),
    (
        CHOICE,
        LEVEL,
        POSITION,
        Column("prior", "double", "share of the universes of the multiverse at the level"),
        Column("prior_low", "double", "Wilson 95 % interval of it, lower end"),
        Column("prior_high", "double", "Wilson 95 % interval of it, upper end"),
        Column("first", "double", "share of those accepted of the multiverse at the level"),
        Column("first_low", "double", "Wilson 95 % interval of it, lower end"),
        Column("first_high", "double", "Wilson 95 % interval of it, upper end"),
        Column("posterior", "double", "the same, with those drawn near the paper's numbers"),
        Column("posterior_low", "double", "Wilson 95 % interval of it, lower end"),
        Column("posterior_high", "double", "Wilson 95 % interval of it, upper end"),
        Column("universes", "int32", "of the multiverse"),
        Column("accepted", "int32", "the nearest to what the paper reports, as many in both cases"),
        Column(
            "effective",
            "double",
            "equally weighted universes that would tell the share `posterior` as exactly (Kish)",
        ),
    ),
)

TERM = "deviation from the report in tolerances, at most 10: "

DISTANCES = Schema(
    "distances to the report",
    ("universe",),
    (
        Column("universe", "int32", "number of the universe"),
        Column("round", "int32", "1: drawn from the priors; 2: like the nearest of these"),
        Column("distance", "double", "sum of the terms"),
        Column("peak_3", "double", TERM + "peak loss at period 3"),
        Column("peak_30", "double", TERM + "peak loss at period 30"),
        Column("drift_3", "double", TERM + "drift of the peaks at period 3"),
        Column("drift_30", "double", TERM + "drift of the peaks at period 30"),
        Column("held_2500", "double", TERM + "share of runs at 100 % from 2500 epochs on"),
        Column("cycles_ratio", "double", TERM + "cycles to 100 % at 30, over the fewer at 3, 10"),
        Column("and_or", "double", TERM + "success rate of AND/OR"),
        Column("and_xor", "double", TERM + "success rate of AND/XOR"),
        Column("xor_alone", "double", TERM + "success rate of XOR without modulation"),
        Column(
            "xor_margin_pcs", "double", TERM + "XOR's recall in PC 1-3 above chance and others'"
        ),
        Column(
            "accepted",
            "bool",
            "among the nearest of both rounds, as many as in the first",
        ),
    ),
)

COMPARISON = Schema(
    "reconstructed setting beside the report",
    ("experiment", "position"),
    (
        Column("experiment", "string", "name in the configuration"),
        Column("position", "int32", "of the quantity in the table, from 0"),
        Column(
            "quantity",
            "string",
            "as in the table of universes; epochs_*: first_* in epochs; 10: the usual period",
        ),
        Column("reported_low", "double", "what paper 1 reports, lower end; NaN: no number"),
        Column("reported_high", "double", "what paper 1 reports, upper end"),
        Column("value", "double", "of fresh runs: a share, or the median over runs"),
        Column("low", "double", "its 95 % interval, lower end"),
        Column("high", "double", "its 95 % interval, upper end"),
        Column("interval", "string", "wilson, of a share; or order statistics, of a median"),
        Column("n", "int32", "fresh runs"),
        Column("nearest", "double", "the same in the universe that was nearest; NaN: not kept"),
        Column("source", "string", "where paper 1 reports it"),
    ),
)
