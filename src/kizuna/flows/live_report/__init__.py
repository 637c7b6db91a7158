"""The measured effect of the live operator: gathered, reckoned as a job, kept, told on a page."""
