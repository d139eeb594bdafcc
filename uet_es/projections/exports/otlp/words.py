"""Our words in those of the semantic conventions for CI/CD and generative AI.

Source: https://opentelemetry.io/docs/specs/semconv/cicd/ (1.44) ·
https://github.com/open-telemetry/semantic-conventions-genai
"""

from collections.abc import Sequence
from typing import Literal

Result = Literal["success", "failure", "error", "timeout", "cancellation", "skip"]

#: Results for which a span counts as failed and says ``error.type``.
FAILED: frozenset[Result] = frozenset({"failure", "error", "timeout"})
_SEVERAL = "_OTHER"  #: what the conventions say where no single ``error.type`` fits

_OF_REASON: dict[str, Result] = {
    "timeout": "timeout",
    "heartbeat": "timeout",
    "start": "error",
    "merge": "error",
    "lost": "error",
    "forked": "cancellation",
    "interrupted": "cancellation",
    "cancelled": "cancellation",
}
_OF_RUN: dict[str, Result] = {
    "succeeded": "success",
    "failed": "failure",
    "cancelled": "cancellation",
}
_OF_MERGE: dict[str, Result] = {
    "landed": "success",
    "conflicted": "failure",
    "failed": "error",
}
_WORKER: dict[str, str] = {
    "SPAWNING": "offline",
    "IDLE": "available",
    "BUSY": "busy",
    "DRAINING": "busy",
    "TERMINATED": "offline",
}
#: Names before the slash of ``provider/model`` that the conventions spell otherwise.
_OF_PREFIX = {
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
_OF_MODEL = {
    "claude": "anthropic",
    "codestral": "mistral_ai",
    "command": "cohere",
    "deepseek": "deepseek",
    "devstral": "mistral_ai",
    "gemini": "gcp.gemini",
    "gpt": "openai",
    "grok": "x_ai",
    "kimi": "moonshot_ai",
    "mistral": "mistral_ai",
    "o1": "openai",
    "o3": "openai",
    "o4": "openai",
    "sonar": "perplexity",
}


def result_of_run(outcome: str | None) -> Result | None:
    """How a run ended; None while it goes on."""
    return None if outcome is None else _OF_RUN[outcome]


def result_of_attempt(outcome: str | None, reason: str | None) -> Result | None:
    """How an attempt ended; None while it runs."""
    match outcome:
        case None:
            return None
        case "succeeded":
            return "success"
        case "failed":
            return _OF_REASON.get(reason or "", "failure")
        case _:
            return "cancellation"


def result_of_workstream(state: str, reason: str | None, *, began: bool) -> Result | None:
    """How a workstream ended; None while it goes on."""
    match state:
        case "SUCCEEDED":
            return "success"
        case "FAILED":
            return _OF_REASON.get(reason or "", "failure")
        case "CANCELLED":
            return "cancellation" if began or reason == "asked" else "skip"
        case _:
            return None


def result_of_merge(result: str | None) -> Result | None:
    """How a merge ended; None while it waits."""
    return None if result is None else _OF_MERGE[result]


def state_of_change(result: str | None) -> str:
    """What became of a change: ``open`` while it waits, ``merged`` or ``closed``."""
    return {None: "open", "landed": "merged"}.get(result, "closed")


def error_of_run(codes: Sequence[str]) -> str:
    """The ``error.type`` of a run whose workstreams failed with ``codes``."""
    return codes[0] if len(codes) == 1 else _SEVERAL


def state_of_worker(state: str) -> str:
    """``available``, ``busy`` or ``offline``."""
    return _WORKER[state]


def provider_of(model: str) -> str:
    """Who offers ``model``, as far as its name tells; ``unknown`` where it does not."""
    prefix, slash, _ = model.lower().partition("/")
    if slash:
        return _OF_PREFIX.get(prefix, prefix)
    for begins, provider in _OF_MODEL.items():
        if prefix.startswith(begins):
            return provider
    return "unknown"
