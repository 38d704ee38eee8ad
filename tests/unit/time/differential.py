"""Times against an independent implementation: Python's datetime and zoneinfo.

    differential.py PROGRAM [SEED] [COUNT]

Makes COUNT random times, many of them around the hours in which clocks are set, lets PROGRAM (readings.c) read
them in all formats, and compares every result to the millisecond. Prints the seed, so that a failure can be repeated.
"""

import datetime
import random
import subprocess
import sys
import zoneinfo

EPOCH = datetime.datetime(1970, 1, 1)
UTC = datetime.timezone.utc
LAST_YEAR_OF_RULES = 2036
DAY_NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
MONTH_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def milliseconds(naive):
    """Of a time without a zone, as if it were UTC; cut, not rounded."""
    return (naive - EPOCH) // datetime.timedelta(milliseconds=1)


def in_range(ms):
    return milliseconds(datetime.datetime.min) <= ms <= milliseconds(datetime.datetime.max)


def by_rules(naive, zone):
    """A local time of a zone in UTC, the first where there are two; "refused" where there is none."""
    if naive.year > LAST_YEAR_OF_RULES:
        return "refused"
    offset = naive.replace(tzinfo=zone, fold=0).utcoffset()
    utc = milliseconds(naive) - offset // datetime.timedelta(milliseconds=1)
    if not in_range(utc):
        return "refused"
    back = (EPOCH + datetime.timedelta(milliseconds=utc)).replace(tzinfo=UTC).astimezone(zone)
    same = back.replace(tzinfo=None, microsecond=0) == naive.replace(microsecond=0)
    return str(utc) if same else "refused"


def by_offset(naive, minutes):
    ms = milliseconds(naive) - minutes * 60000
    return str(ms) if in_range(ms) else "refused"


def offset_text(minutes, colon):
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}{colon}{abs(minutes) % 60:02}"


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        # Those with a slash: what else is there are old abbreviations, and names of this machine.
        self.zones = sorted(name for name in zoneinfo.available_timezones() if "/" in name)

    def naive(self):
        kind = self.random.random()
        if kind < 0.6:
            year = self.random.randint(1970, 2040)
        elif kind < 0.8:
            year = self.random.randint(1850, 1970)
        else:
            year = self.random.choice([self.random.randint(1, 9999), 1, 2, 9998, 9999])
        second = datetime.timedelta(seconds=self.random.randrange(365 * 86400))
        return datetime.datetime(year, 1, 1) + second + datetime.timedelta(microseconds=self.random.randrange(10**6))

    def at_a_change(self, zone):
        """A local time within two hours of one at which the clocks are set, if there is one near."""
        low = self.naive().replace(year=self.random.randint(1900, LAST_YEAR_OF_RULES), month=1, day=1)
        high = low + datetime.timedelta(days=250)
        offset = low.replace(tzinfo=UTC).astimezone(zone).utcoffset()
        if high.replace(tzinfo=UTC).astimezone(zone).utcoffset() == offset:
            return self.naive()
        while high - low > datetime.timedelta(seconds=1):
            middle = low + (high - low) / 2
            same = middle.replace(tzinfo=UTC).astimezone(zone).utcoffset() == offset
            low, high = (middle, high) if same else (low, middle)
        near = datetime.timedelta(seconds=self.random.choice([0, 1, -1, 3599, 3600, self.random.randint(-7200, 7200)]))
        return (high + offset + near).replace(microsecond=0)

    def rules(self):
        name = self.random.choice(self.zones)
        zone = zoneinfo.ZoneInfo(name)
        naive = self.at_a_change(zone) if self.random.random() < 0.7 else self.naive()
        right = by_rules(naive, zone)
        if self.random.random() < 0.5:
            return "rfc3339", name, naive.isoformat(sep=" "), right
        text = f"{naive.day:02}.{naive.month:02}.{naive.year:04} {naive.time().isoformat('microseconds')}"
        return "%d.%m.%Y %H:%M:%S.%f", name, text, right

    def offset(self):
        naive = self.naive()
        minutes = self.random.choice([0, 60, -300, 345, self.random.randint(-1439, 1439)])
        colon = self.random.choice(["", ":"])
        right = by_offset(naive, minutes)
        if self.random.random() < 0.5:
            return "rfc3339", "", naive.isoformat() + offset_text(minutes, colon), right
        return "%FT%T.%f%z", "", naive.isoformat(timespec="microseconds") + offset_text(minutes, colon), right

    def mail(self):
        naive = self.naive().replace(microsecond=0)
        minutes = self.random.randint(-1439, 1439)
        wrong = self.random.random() < 0.1
        day = DAY_NAMES[(naive.weekday() + wrong) % 7]
        text = f"{day}, {naive.day} {MONTH_NAMES[naive.month - 1]} {naive.year:04} {naive.time().isoformat()} "
        return "rfc2822", "", text + offset_text(minutes, ""), "refused" if wrong else by_offset(naive, minutes)

    def calendar(self):
        """Days of which some are none, with the hour on a twelve-hour clock, or told by the day of the year."""
        year = self.random.choice([self.random.randint(1, 9999), 1900, 2000, 2024, 2026])
        hour = self.random.randint(0, 23)
        if self.random.random() < 0.3:
            day = self.random.randint(1, 366)
            date = datetime.date(year, 1, 1).toordinal() + day - 1
            fits = day < 366 or datetime.date(year, 12, 31).timetuple().tm_yday == 366
            right = str((date - EPOCH.toordinal()) * 86400000 + hour * 3600000) if fits else "refused"
            return "%Y-%j %H", "utc", f"{year:04}-{day:03} {hour}", right
        month, day = self.random.randint(1, 13), self.random.randint(0, 32)
        try:
            right = by_offset(datetime.datetime(year, month, day, hour), 0)
        except ValueError:
            right = "refused"
        half = "PM" if hour >= 12 else "am"
        return "%m/%d/%Y %I %p", "utc", f"{month}/{day}/{year:04} {hour % 12 or 12} {half}", right

    def number(self):
        naive = self.naive()
        microseconds = (naive - EPOCH) // datetime.timedelta(microseconds=1)
        unit, places = self.random.choice([("s", 6), ("ms", 3), ("us", 0)])
        sign = "-" if microseconds < 0 else ""
        digits = str(abs(microseconds)).rjust(places + 1, "0")
        text = digits if places == 0 else digits[:-places] + "." + digits[-places:]
        # What is finer than a millisecond is cut off, towards 1970.
        ms = abs(microseconds) // 1000
        return unit, "", sign + text, str(-ms if microseconds < 0 else ms)

    def reading(self):
        kinds = [self.rules, self.rules, self.rules, self.offset, self.mail, self.calendar, self.number]
        return self.random.choice(kinds)()


def main():
    program = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20260101
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 20000
    if not zoneinfo.available_timezones():
        print("skipped: there is no tzdata")
        return 77
    print(f"seed {seed}, {count} times")
    generator = Generator(seed)
    readings = [generator.reading() for _ in range(count)]
    lines = "".join("\t".join(reading[:3]) + "\n" for reading in readings)
    got = subprocess.run([program], input=lines, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    assert len(got) == len(readings), f"{len(readings)} times give {len(got)} results"
    wrong = 0
    refused = 0
    for reading, result in zip(readings, got):
        refused += reading[3] == "refused"
        if result != reading[3]:
            wrong += 1
            print(f"{' | '.join(reading[:3])}\n  gives     {result}\n  should be {reading[3]}")
    print(f"{len(readings)} times, {refused} of them to be refused, {wrong} wrong")
    # A generator that makes nothing but refusals, or none, proves little.
    assert 0.05 * count < refused < 0.5 * count
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
