"""From the equations of a network's step to compiled passes: symbols, adjoint, schedule, code."""
