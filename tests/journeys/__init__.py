"""Journeys over the real wire and in a real browser."""
