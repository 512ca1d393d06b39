"""From a question to plans: the problem document, the call of the engine, and its answer as frozen values.

The modules are imported from where they stand, so that reading one does not load the others.
"""
