"""The tables of knowledge."""
