"""What happens with mail that comes in: taken durably, read, put where it belongs, and what follows from it."""
