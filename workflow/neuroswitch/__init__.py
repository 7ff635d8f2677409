"""Replication of two papers on task switching by neuromodulation."""
