"""What the training of the networks shares: layers, schedule, state, export."""
