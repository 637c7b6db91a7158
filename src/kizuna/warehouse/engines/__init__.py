"""One adapter per analytic engine; each runs the same SQL text and none changes what it means."""
