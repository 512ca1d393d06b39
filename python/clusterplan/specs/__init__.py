"""What a person writes: model, accelerator, cluster, stack, training and search space, as frozen values.

The models live in submodules and are imported from there, so that reading a unit does not load pydantic.
"""
