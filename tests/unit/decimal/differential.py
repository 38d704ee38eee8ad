"""Decimals against an independent implementation: Python's decimal module.

    differential.py PROGRAM [SEED] [COUNT]

Makes COUNT random operations, the extremes among them, lets PROGRAM (operations.c) run them, and compares every
result to the digit. Prints the seed, so that a failure can be repeated.
"""

import decimal
import random
import subprocess
import sys

DIGITS = 1000
ROUNDINGS = {
    "half_up": decimal.ROUND_HALF_UP,
    "half_even": decimal.ROUND_HALF_EVEN,
    "down": decimal.ROUND_DOWN,
    "up": decimal.ROUND_UP,
    "floor": decimal.ROUND_FLOOR,
    "ceiling": decimal.ROUND_CEILING,
}
# Exact but for quantize(): no result of the operations here has as many digits.
EXACT = decimal.Context(prec=20 * DIGITS, traps=[decimal.Inexact, decimal.InvalidOperation])
ROUNDED = decimal.Context(prec=20 * DIGITS, traps=[decimal.InvalidOperation])


def plain(value):
    """As decimal_text() writes it, or "refused" when it has more digits than a decimal may."""
    if value.is_zero():
        value = value.copy_abs()
    if value.as_tuple().exponent > 0:
        value = value.quantize(decimal.Decimal(1), context=EXACT)
    text = f"{value:f}"
    return text if sum(character.isdigit() for character in text) <= DIGITS else "refused"


TWO_OPERANDS = {"add", "subtract", "multiply", "divide", "compare"}


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def size(self):
        """Mostly as in orders; often around the size of a limb; sometimes at the limit."""
        kind = self.random.random()
        if kind < 0.5:
            return self.random.randint(1, 8)
        if kind < 0.8:
            return self.random.randint(8, 40)
        if kind < 0.95:
            return self.random.randint(40, 600)
        return self.random.choice([499, 500, 501, 998, 999, 1000])

    def digits(self):
        size = self.size()
        kind = self.random.random()
        if kind < 0.5:
            return "".join(self.random.choices("0123456789", k=size))
        if kind < 0.65:  # runs of one digit: carries through many places, limbs that are full or empty
            return "".join(self.random.choice("099999") * self.random.randint(1, 30) for _ in range(size))[:size]
        if kind < 0.8:
            return "9" * size
        if kind < 0.9:
            return "1" + "0" * (size - 1)
        return "0" * size

    def number(self):
        digits = self.digits()
        point = self.random.randint(0, len(digits) - 1)
        if self.random.random() < 0.3:
            point = 0
        text = digits if point == 0 else digits[:-point] + "." + digits[-point:]
        if self.random.random() < 0.1 and len(digits) < 100:
            text += self.random.choice("eE") + str(self.random.randint(-200, 200))
        return self.random.choice(["", "", "-", "+"]) + text

    def half(self, scale):
        """A number that lies in the middle, or just beside it."""
        digits = str(self.random.randint(0, 10 ** self.random.randint(1, 20)))
        rest = self.random.choice(["5", "50", "500", "51", "5001", "49", "4999", "05", "0", "000", "0001"])
        text = f"{digits}.{''.join(self.random.choices('0123456789', k=scale))}{rest}"
        return self.random.choice(["", "-"]) + text

    def divisible(self, scale):
        """A dividend and a divisor whose quotient ends in a half, or is whole."""
        divisor = decimal.Decimal(self.random.randint(1, 10 ** self.random.randint(1, 40)))
        quotient = decimal.Decimal(self.half(scale))
        power = decimal.Decimal(1).scaleb(self.random.randint(-20, 0))
        divisor = EXACT.multiply(divisor, power)
        return plain(EXACT.multiply(quotient, divisor)), plain(divisor)

    def scale(self):
        return self.random.choice([0, 1, 2, 2, 3, 4, 8, 20, self.random.randint(0, 999), 999, 1000])

    def operation(self):
        name = self.random.choice(["add", "subtract", "multiply", "divide", "divide", "round", "round", "shift",
                                   "negate", "absolute", "compare", "bytes"])
        rounding = self.random.choice(list(ROUNDINGS))
        scale = self.scale()
        if name == "bytes":
            size = self.random.choice([1, 1, 2, 3, 4, 8, 9, 16, 17, 300, 414, 415, 416, 417])
            data = self.random.choice([self.random.randbytes(size), b"\0" * size, b"\xff" * size,
                                       b"\x80" + b"\0" * (size - 1), b"\x7f" + b"\xff" * (size - 1)])
            return [name, data.hex(), str(self.random.choice([0, 2, -2, 18, 38, -127, 999]))]
        if name == "divide":
            a, b = self.divisible(min(scale, 30)) if self.random.random() < 0.4 else (self.number(), self.number())
            return [name, a, b, str(scale), rounding]
        if name == "round":
            number = self.half(scale) if self.random.random() < 0.5 else self.number()
            return [name, number, str(scale), rounding]
        if name == "shift":
            return [name, self.number(), str(self.random.randint(-1100, 1100) if self.random.random() < 0.3
                                             else self.random.randint(-9, 9))]
        if name not in TWO_OPERANDS:
            return [name, self.number()]
        number = self.number()
        same = self.random.choice([number, plain(-decimal.Decimal(number))])
        return [name, number, same if self.random.random() < 0.1 else self.number()]


def quotient(a, b, scale, rounding):
    """By whole numbers: one rounding at the end, whatever the size."""
    numerator, denominator = a.as_integer_ratio()
    below, above = b.as_integer_ratio()
    numerator, denominator = numerator * above * 10**scale, denominator * below
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    whole, rest = divmod(numerator, denominator)
    # Two digits say on which side of the half the rest lies.
    finer = whole * 100 + (0 if rest == 0 else 50 if 2 * rest == denominator else 25 if 2 * rest < denominator else 75)
    value = decimal.Decimal(finer).scaleb(-2, context=EXACT).quantize(decimal.Decimal(1), ROUNDINGS[rounding], ROUNDED)
    return value.scaleb(-scale, context=EXACT)


def operand(text):
    """None when it has too many digits. In plain notation, as its scale has a part in the results': 1e2 has none."""
    text = plain(decimal.Decimal(text)) if text != "refused" else text
    return None if text == "refused" else decimal.Decimal(text)


def expected(name, *words):
    if name == "bytes":
        value = decimal.Decimal(int.from_bytes(bytes.fromhex(words[0]), "big", signed=True))
        scale = int(words[1])
        return "refused" if plain(value) == "refused" else shifted(value, scale)
    a = operand(words[0])
    b = operand(words[1]) if name in TWO_OPERANDS else 0
    if a is None or b is None:
        return "refused"
    if name == "divide":
        scale = int(words[2])
        return "refused" if b.is_zero() or scale >= DIGITS else plain(quotient(a, b, scale, words[3]))
    if name == "round":
        scale = int(words[1])
        if scale >= DIGITS:
            return "refused"
        return plain(a.quantize(decimal.Decimal(1).scaleb(-scale), ROUNDINGS[words[2]], ROUNDED))
    if name == "shift":
        return shifted(a, int(words[1]))
    if name in ("negate", "absolute"):
        return plain(a.copy_negate() if name == "negate" else a.copy_abs())
    return plain(getattr(EXACT, name)(a, b))


def shifted(value, places):
    return plain(value.scaleb(-places, context=EXACT))


def main():
    program = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260101
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 20000
    print(f"seed {seed}, {count} operations")
    generator = Generator(seed)
    operations = [generator.operation() for _ in range(count)]
    lines = "".join(" ".join(operation) + "\n" for operation in operations)
    got = subprocess.run([program], input=lines, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    wrong = 0
    refused = 0
    assert len(got) == len(operations), f"{len(operations)} operations give {len(got)} results"
    for operation, result in zip(operations, got):
        right = expected(*operation)
        refused += right == "refused"
        if result != right:
            wrong += 1
            print(f"{' '.join(operation)}\n  gives     {result}\n  should be {right}")
    print(f"{len(operations)} operations, {refused} of them past the limits, {wrong} wrong")
    # A generator that makes nothing but refusals, or none, proves little.
    assert 0.01 * count < refused < 0.3 * count
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
