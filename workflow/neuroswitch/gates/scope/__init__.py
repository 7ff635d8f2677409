"""What the multiverse of paper 1 says: where its claims hold, what decides that, what fits it."""
