"""Kizuna's tests: journeys over the real wire and in a real browser, a mirror of src, and the house rules."""
