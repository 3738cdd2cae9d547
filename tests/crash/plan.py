"""Which deaths there are to die: every point at its first passages, by everybody who can die there."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.crash.points import Doom, Passage


@dataclass(frozen=True, slots=True)
class Plan:
    """The dooms of one stack, in the order in which their points are passed, and how many points that are."""

    dooms: tuple[Doom, ...]
    points: int


def plan(passages: Iterable[Passage], victims: Sequence[str], most: int = 1) -> Plan:
    """The process itself dies at the first `most` passages of each point, each of the servers at the first one."""
    chosen = [passage for passage in passages if passage.nth <= most]
    dooms = [Doom(passage) for passage in chosen]
    dooms += [Doom(passage, victim) for passage in chosen if passage.nth == 1 for victim in victims]
    return Plan(tuple(dooms), len({(passage.process, passage.point) for passage in chosen}))


def drawn(dooms: Sequence[Doom], number: int, seed: int) -> list[Doom]:
    """So many of them, others for another seed."""
    return random.Random(seed).sample(dooms, min(number, len(dooms)))
