"""What is measured of the gateway from outside: its process, and its log as it is written."""
import collections
import json
import pathlib
import time


def sample(pid: int) -> tuple[float, float, int, int]:
    """When, resident MB, threads, open files."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    files = sum(1 for _ in pathlib.Path(f"/proc/{pid}/fd").iterdir())
    return time.monotonic(), int(fields["VmRSS"].split()[0]) / 1024, int(fields["Threads"]), files


def growth(points: list[tuple[float, float]]) -> float:
    """By how much a line through the points rises from the first to the last: least squares."""
    if len(points) < 3:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    across = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / across if across else 0.0
    return slope * (points[-1][0] - points[0][0])


class Log:
    """The gateway's log, read as it grows; its lines of calls of a model are matched with the answers that were seen.

    Whichever of the two comes first waits for the other, so that what is kept is what is on its way.
    """

    def __init__(self, path: pathlib.Path, marks: list[str], finding):
        self._file = path.open("rb")
        self._marks, self._finding = [mark.encode() for mark in marks], finding
        self._rest = b""
        self.lines = self.matched = 0
        self.expected: dict[str, dict] = {}
        self.unclaimed: dict[str, dict] = {}

    def expect(self, decision: str, **fields) -> None:
        """An answer has been seen; its line says the same."""
        line = self.unclaimed.pop(decision, None)
        if line is None:
            self.expected[decision] = fields
        else:
            self._match(line, fields)

    def read(self) -> None:
        data = self._file.read()
        if not data:
            return
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for mark in self._marks:
            if mark in data:
                self._finding("leaks", "the log has words of a request, a user's id or a layer")
        for line in lines:
            self.lines += 1
            if line.startswith(b"{"):
                entry = json.loads(line)
                if (entry["route"] or "").startswith("/v1/") and entry["operator"]:
                    self._seen(entry)
            elif b" error " in line or b"Fatal" in line:
                self._finding("errors", f"the log: {line[:300].decode(errors='replace')}")

    def _seen(self, entry: dict) -> None:
        fields = self.expected.pop(entry["id"], None)
        if fields is not None:
            self._match(entry, fields)
        elif entry["id"] in self.unclaimed:
            self._finding("records", f"two lines of decision {entry['id']}")
        else:
            self.unclaimed[entry["id"]] = entry

    def _match(self, entry: dict, fields: dict) -> None:
        self.matched += 1
        wrong = {name: (entry[name], value) for name, value in fields.items() if entry[name] != value}
        if wrong:
            self._finding("records", f"the log of {entry['id']}: {wrong}")

    def left(self) -> collections.Counter:
        """Lines that no answer was seen of, by operator."""
        return collections.Counter(entry["operator"] for entry in self.unclaimed.values())
