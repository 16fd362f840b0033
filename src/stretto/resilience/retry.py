"""Whether a call that failed is made again, and after how long: a pure decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stretto.policy import Retry, Trouble


def next_wait(
    rule: Retry,
    attempt: int,
    elapsed: float,
    trouble: Trouble | None,
    *,
    asked: float | None = None,
    draw: float = 0.5,
) -> float | None:
    """Seconds to wait before the next call; `None` to give up.

    Args:
        rule: What the policy says.
        attempt: Number of the call that failed, from 1.
        elapsed: Seconds since the first call began.
        trouble: What befell it.
        asked: Seconds the provider asked to wait (`Retry-After`).
        draw: A random number from 0 to 1 that places the wait within its jitter.
    """
    if trouble is None or trouble not in rule.on or attempt >= rule.attempts:
        return None
    if asked is not None and asked > rule.longest:
        return None
    wait = min(
        rule.longest, rule.wait * min(rule.factor ** (attempt - 1), rule.longest / rule.wait)
    )
    wait *= 1 + rule.jitter * (2 * draw - 1)
    wait = max(wait, asked or 0.0)
    return None if elapsed + wait > rule.total else wait
