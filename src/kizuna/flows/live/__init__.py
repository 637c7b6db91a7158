"""The live operator: what happens when visitors come, write, wait, are answered and leave."""
