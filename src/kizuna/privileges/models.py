"""The tables of privileges."""
