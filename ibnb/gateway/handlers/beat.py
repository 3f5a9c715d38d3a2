"""Things that happen on the beat: at every whole multiple of so many seconds.

Rule: streams beat together, so that what is sent in one second is sent in the order of subscription.
"""

from __future__ import annotations

from collections.abc import Callable

from ..world import Subscription, World

# How often streams are looked at: seconds.
BEAT = 1.0


def on_the_beat(world: World, seconds: float, action: Callable[[], object], subscription: Subscription) -> None:
    """Call `action` at each whole multiple of `seconds` after now, while `subscription` is active."""

    def tick() -> None:
        if not subscription.active:
            return
        action()
        if subscription.active:
            subscription.timers[:] = [world.clock.call_at(next_beat(world, seconds), tick)]

    subscription.timers.append(world.clock.call_at(next_beat(world, seconds), tick))


def next_beat(world: World, seconds: float) -> float:
    """Return the first whole multiple of `seconds` after now."""
    return (world.clock.now() // seconds + 1) * seconds
