"""Pure mathematics of the model: arrays and numbers in, arrays and numbers out.

No Django, no database, no clock, no randomness of its own. Instants are epoch microseconds (UTC), money is integer
minor units. Which rule comes from which paper stands in each module.
"""
