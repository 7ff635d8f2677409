"""The tables of verdicts, column by column."""

from neuroswitch.schemas.columns import Column, Schema

CLAIM = Column("claim", "string", "S and number: of paper 1; N of paper 2; X ours; R and O beyond")
VARIANT = Column(
    "variant", "string", "of paper 2: as_published, as_published:rank_4 or one_protocol; else none"
)
NUMBER = (
    Column("value", "double", "what was measured; 0.5 is 50 % by unit %; NaN: not testable"),
    Column("low", "double", "95 % interval, lower end; NaN: none"),
    Column("high", "double", "95 % interval, upper end; NaN: none"),
)
COUNT = Column("n", "int32", "runs, seeds or networks behind the value; 0: not testable")
FILES = Column("files", "string", "tables that were read, below the folder of results, by ;")
OUTCOMES_ARE = (
    "supported, contradicted, inconclusive, not specific; typical, occurs, not found; not testable"
)

VERDICTS = Schema(
    "verdicts",
    ("claim", "variant", "role", "label"),
    (
        CLAIM,
        VARIANT,
        Column("role", "string", "claim: the part that decides it; part: each; beside: not judged"),
        Column("label", "string", "what the number is"),
        Column("paper", "int32", "1 or 2; 3: beyond them; 0: a hypothesis of this project"),
        Column("place", "string", "in the paper"),
        Column("statement", "string", "the claim"),
        Column("reported", "string", "what the paper reports"),
        Column("criterion", "string", "when the claim is supported"),
        Column("sentence", "string", "what was measured, as a sentence; empty beside"),
        Column("unit", "string", "of the value; % and points are stored as shares of 1"),
        *NUMBER,
        Column("interval", "string", "wilson, newcombe, order statistics, bootstrap or none"),
        COUNT,
        Column("bound", "string", "what the part is compared with: side and threshold, or a rule"),
        Column("null_control", "string", "where the effect cannot exist; empty: no control"),
        Column("null_value", "double", "the same number there; NaN: no control"),
        Column("null_low", "double", "its 95 % interval, lower end"),
        Column("null_high", "double", "its 95 % interval, upper end"),
        Column("null_unit", "string", "of the three; empty: no control"),
        Column("p", "double", "two-sided; NaN: decided by an interval, or not judged"),
        Column("p_adjusted", "double", "after Holm's correction over the claims of the paper"),
        Column("outcome", "string", f"{OUTCOMES_ARE}; empty beside"),
        Column("reason", "string", "why it cannot be tested, or why it is undecided; else empty"),
        FILES,
        Column("columns", "string", "columns that the claim is computed from, by ;"),
    ),
)

SENSITIVITY = Schema(
    "verdicts under alternatives",
    ("claim", "variant", "alternative"),
    (
        CLAIM,
        VARIANT,
        Column("ambiguity", "string", "entry of config/ambiguities.yaml"),
        Column("alternative", "string", "its alternative"),
        Column("label", "string", "of the alternative"),
        Column("sentence", "string", "what the deciding part measured, as a sentence"),
        Column("unit", "string", "of the value; % and points are stored as shares of 1"),
        *NUMBER,
        COUNT,
        Column("outcome", "string", f"under the alternative, without Holm's: {OUTCOMES_ARE}"),
        Column("primary_outcome", "string", "under the primary choices, without Holm's too"),
        Column("flips", "bool", "the outcomes differ, and the alternative is testable"),
        Column("reason", "string", "why it cannot be tested; else empty"),
        FILES,
    ),
)
