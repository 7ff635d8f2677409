"""Numbers that paper 1 reports, which claims judge and figures draw."""

AND_XOR = 0.3
"""Share of AND/XOR runs that succeed (section 3, Figure 4C)."""

SMALL = 10
"""Hidden units from which down the extra input drops (section 4)."""
