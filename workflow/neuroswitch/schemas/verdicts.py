"""The tables of verdicts, column by column."""

from neuroswitch.schemas.columns import Column, Schema

CLAIM = Column("claim", "string", "number of the claim in config/claims.yaml")
VARIANT = Column(
    "variant",
    "string",
    "after_retraining or zero_shot (success), as_published or corrected (paper 2), or none",
)
NUMBER = (
    Column("value", "double", "what was measured; NaN: not testable"),
    Column("low", "double", "95 % interval, lower end; NaN: none"),
    Column("high", "double", "95 % interval, upper end; NaN: none"),
)
COUNT = Column("n", "int32", "runs, seeds or networks behind the value; 0: not testable")
FILES = Column("files", "string", "tables that were read, below the folder of results, by ;")
VERDICTS_ARE = "reproduced, direction only, not reproduced, calibrated or not testable"

VERDICTS = Schema(
    "verdicts",
    ("claim", "variant", "role", "label"),
    (
        CLAIM,
        VARIANT,
        Column("role", "string", "judged, or beside: shown, not judged"),
        Column("label", "string", "what the number is"),
        Column("paper", "int32", "1 or 2; 0: a hypothesis of this project"),
        Column("place", "string", "in the paper"),
        Column("statement", "string", "the claim"),
        Column("reported", "string", "what the paper reports"),
        *NUMBER,
        Column("interval", "string", "wilson (rates), bootstrap (over runs or seeds) or none"),
        Column("null", "double", "what the interval must exclude; NaN: nothing"),
        COUNT,
        Column("criterion", "string", "when the claim holds"),
        Column("verdict", "string", f"{VERDICTS_ARE}; empty beside"),
        Column("reason", "string", "why, in words"),
        FILES,
        Column("columns", "string", "columns that the value is computed from, by ;"),
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
        *NUMBER,
        COUNT,
        Column("verdict", "string", f"under the alternative: {VERDICTS_ARE}"),
        Column("primary_verdict", "string", "under the primary choices"),
        Column("flips", "bool", "the verdicts differ, and the alternative is testable"),
        FILES,
    ),
)
