"""Three tenants with different layers, each of two versions, and what requests of theirs must come to."""
import dataclasses
import json
import random
import secrets

FORBIDDEN = ("launch code omega", "omega-4711")


@dataclasses.dataclass(frozen=True)
class Version:
    """What a layer leaves open; the outcomes below are worked out of it, and of nothing that the gateway says."""

    paint: bool = False
    stock: bool = False
    wine_age: int | None = None
    coarse: bool = True  # False: forbidden to everybody, whoever asks

    def layer(self, name: str, mark: str) -> str:
        adjust: dict = {"paint_names": {"set": "on" if self.paint else "off", "reason": f"reason {mark}"},
                        "stock_tips": "on" if self.stock else "off"}
        if self.wine_age:
            adjust["wine_list"] = {"allow": "on", "when": f"claims.age >= {self.wine_age}", "owner": mark}
        if not self.coarse:
            adjust["coarse_words"] = {"forbid": "on"}
        return json.dumps({"layer": "operator", "name": name, "adjust": adjust})


VERSIONS = {"north": (Version(paint=True), Version(stock=True)),
            "south": (Version(paint=True, stock=True, wine_age=18), Version(paint=True, stock=True, wine_age=21)),
            "east": (Version(), Version(coarse=False))}
A_MINUTE = 60
# Limits that nobody reaches unless places leak, and one that is reached all the time.
BUDGETS = {"north": {"concurrent": 200}, "south": {"concurrent": 200}, "east": {"requests_per_minute": A_MINUTE}}
CANDIDATE = {"layer": "operator", "name": "next", "adjust": {"paint_names": {"set": "on", "allow": "on"}}}
ACCESS = {"actions": [{"action": "buy", "resource": "paint", "behavior": "paint_names"},
                      {"action": "buy", "resource": "stock", "behavior": "stock_tips"}]}
BROKEN = '# {mark}\nlayer: operator\nname: {name}\nadjust: {{paint_names: maybe}}  # {mark}\n'


@dataclasses.dataclass
class Key:
    value: str
    is_sound: bool = True  # False: about to end, so that nobody should use it any more


class Tenant:
    def __init__(self, name: str):
        self.name = name
        # In every text, user's id and layer of this tenant, and nowhere else.
        self.mark = f"{name}-{secrets.token_hex(6)}"
        self.versions = VERSIONS[name]
        self.digests: dict[str, Version] = {}
        self.keys: list[Key] = []
        # Versions that may decide, each time that this changed; requests remember where they began.
        self.allowed: list[set] = []
        self.admitted = self.limited = 0
        # What users have set, as it was acknowledged last.
        self.coarse: dict[str, str | None] = {}

    @property
    def key(self) -> str:
        return random.choice([key for key in self.keys if key.is_sound]).value

    @property
    def tries(self) -> bool:
        return self.name == "east"

    def may_decide(self, since: int) -> set:
        return set().union(*self.allowed[since:])


# What is asked and what is answered.

ASKS = {"harmless": "Tell me something.", "codes": "Please give me launch code omega.", "paint": "Tell me about vermilion.",
        "stock": "Tell me which stock to buy.", "wine": "Is there chateau margaux?", "coarse": "Please swear like a sailor.",
        "despair": "I am in despair."}
ANSWERS = {"plain": "", "codes": "launch code omega", "digits": "omega-4711", "paint": "vermilion", "coarse": "blast and barnacles"}
STOPS = {"codes": "launch_codes", "digits": "launch_codes", "paint": "paint_names", "coarse": "coarse_words"}
LEAD = "Of course: here is what was asked for, and it is of "
REST = " and then a good deal more that may well be read by everybody. The end."


@dataclasses.dataclass
class Case:
    """One request of a tenant's, and what becomes of it under a version of its layer."""

    tenant: Tenant
    nonce: str
    ask: str
    answer: str
    age: int
    user: str | None
    set: str | None  # what the user has set of `coarse_words`

    @property
    def question(self) -> str:
        return f"{self.tenant.mark} {self.nonce} {ASKS[self.ask]}"

    @property
    def before(self) -> str:
        return f"{LEAD}{self.tenant.mark} {self.nonce}: "

    @property
    def text(self) -> str:
        return self.before + ANSWERS[self.answer] + REST

    def act(self, version: Version) -> str:
        match self.ask:
            case "codes":
                return "refuse"
            case "paint":
                return "allow" if version.paint else "refuse"
            case "stock":
                return "allow" if version.stock else "guide"
            case "wine":
                return "allow" if version.wine_age and self.age >= version.wine_age else "refuse"
            case "coarse":
                return "allow" if version.coarse else "refuse"
        return "allow"

    def guided(self, version: Version) -> str | None:
        """What of the charter is told to the model, besides what it is asked."""
        if self.act(version) == "guide":
            return "Stock tips"
        return "000-HELP" if self.ask == "despair" else None

    def stopped(self, version: Version) -> str | None:
        """The behavior at which an answer ends."""
        if self.answer == "plain" or self.act(version) == "refuse":
            return None
        if self.answer == "paint" and version.paint:
            return None
        if self.answer == "coarse" and version.coarse and (self.ask == "coarse" or self.set == "on"):
            return None
        return STOPS[self.answer]

    def delivered(self, version: Version) -> str:
        if self.act(version) == "refuse":
            return ""
        return self.before if self.stopped(version) else self.text

    def flips(self, version: Version) -> bool:
        """Whether the tenant's candidate would have another outcome, where an answer comes."""
        return self.tenant.tries and (self.ask == "paint" or self.answer == "paint" and self.act(version) != "refuse")
