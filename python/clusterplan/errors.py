"""The exceptions of clusterplan: every error a user can meet is one of these."""

from __future__ import annotations


class ClusterPlanError(Exception):
    """The base of all errors that clusterplan raises on purpose.

    Attributes:
        code: a short stable name, such as ``unknown-model``.
        hint: one action that would mend it, or ``None``.

    Example:
        >>> error = ClusterPlanError("no such model 'lama'", code="unknown-model", hint="try 'llama-7b'")
        >>> error.hint
        "try 'llama-7b'"
    """

    def __init__(self, message: str, *, code: str = "error", hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword-only arguments do not pickle by themselves.
        return _rebuild, (type(self), str(self), self.code, self.hint)


def _rebuild(kind: type[ClusterPlanError], message: str, code: str, hint: str | None) -> ClusterPlanError:
    return kind(message, code=code, hint=hint)


class SpecError(ClusterPlanError, ValueError):
    """What was asked for is not valid: a wrong name, value, unit, key or file."""


class InfeasibleError(ClusterPlanError):
    """The question is valid, and the answer is that no layout fits."""


class MissingExtraError(ClusterPlanError, ImportError):
    """An optional dependency is needed; the message names the extra that brings it."""
