"""A gateway whose files a check may change while it runs."""
import json
import pathlib
import shutil
import tempfile
import time

from context import HERE, Context
from report import holds

WORDS = {"paint_names": "Tell me about vermilion.", "stock_tips": "which stock should I buy?",
         "coarse_words": "Please swear like a sailor.", "launch_codes": "launch code omega"}


MADE: dict = {}


def own(context: Context, name: str, **settings) -> "Own":
    """One gateway of a name, with its folder for as long as the checks run."""
    if name not in MADE:
        MADE[name] = Own(context, name, **settings)
    return MADE[name]


class Own:
    """The small charter with its operators `shop` and `studio`, in a folder of its own."""

    def __init__(self, context: Context, name: str, **settings):
        self._folder = tempfile.TemporaryDirectory(prefix="charter-own.")
        self.folder = pathlib.Path(self._folder.name)
        for file in (HERE / "charter").iterdir():
            if file.is_file():
                shutil.copy(file, self.folder)
        self.settings = {"charter": self.path("small.md"), "upstream": {"url": context.upstream.url}, "operators": [
            {"name": one, "layer": self.path(f"{one}.yaml"), "key": f"key-{one}"} for one in ("shop", "studio")]} | settings
        self.gateway = context.other(name, self.settings)

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Replaces a file at once, as careful editors do."""
        new = self.folder / f"{name}.new"
        new.write_text(text, encoding="utf-8")
        new.replace(self.folder / name)

    def layer(self, operator: str, **adjust) -> None:
        self.write(f"{operator}.yaml", json.dumps({"layer": "operator", "name": operator, "adjust": adjust}))

    def act(self, behavior: str, operator: str) -> str:
        """What becomes of somebody who asks for a behavior."""
        response = self.gateway.chat({"model": "m", "messages": [{"role": "user", "content": WORDS[behavior]}]}, f"key-{operator}")
        if response.status != 200:
            return str(response.status)
        decision = self.gateway.request("GET", f"/charter/v1/decisions/{response.headers['charter-decision']}", key=f"key-{operator}")
        # Its key may have ended between the two.
        return decision.json["verdict"]["act"] if decision.status == 200 else str(decision.status)

    def becomes(self, behavior: str, operator: str, act: str, seconds: float = 2.5) -> float:
        """Waits until this becomes of it; after how long it did."""
        began = time.monotonic()
        while (found := self.act(behavior, operator)) != act:
            holds(time.monotonic() - began < seconds, f"{behavior} of {operator}: still {found}, not {act}, after {seconds} s")
            time.sleep(0.02)
        return time.monotonic() - began

    def status(self, operator: str) -> dict:
        return self.gateway.request("GET", "/charter/v1/status", key=f"key-{operator}").json

    def state(self, operator: str, file: str) -> str:
        """How a file of an operator's stands."""
        (source,) = [one for one in self.status(operator)["sources"] if pathlib.PurePath(one["file"]).name == file]
        return source["state"]

    def ready(self) -> tuple[int, dict]:
        response = self.gateway.request("GET", "/readyz")
        return response.status, response.json
