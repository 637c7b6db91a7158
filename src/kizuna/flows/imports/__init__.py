"""Files that a shop hands over: orders, customers, products, rates, events. Each import is repeat-safe and reported."""
