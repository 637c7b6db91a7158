"""The analytic store behind one face: sealed segments, portable SQL in queries/, one adapter per engine."""
