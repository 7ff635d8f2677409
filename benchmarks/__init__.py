"""The peers: how people write the same training, timed beside ours in one process."""
