"""What the metadata of a commit tells, as include/kafka/completions.h has it: which messages behind the committed
offset have ended."""

import string

DIGITS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def numbers(content):
    number, shift = 0, 0
    for value in map(DIGITS.index, content):
        number |= (value & 31) << shift
        shift += 5
        if value < 32:
            yield number
            number, shift = 0, 0


def runs(committed, metadata):
    """The runs of offsets that have ended, each with its first and its last."""
    if not metadata:
        return []
    program, content, _ = metadata.split(":")
    assert program == "rokt-relay/1", metadata
    found, place = [], committed
    distances = iter(numbers(content))
    for distance in distances:
        first = place + distance
        last = first + next(distances)
        found.append((first, last))
        place = last + 2
    return found
