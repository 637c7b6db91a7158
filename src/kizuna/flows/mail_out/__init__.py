"""Mail on its way out: queued, sent by the worker, delivered or come back, unsubscribed from; what DNS says of us."""
