"""The mathematics: hand-checked figures, properties, degenerate cases."""
