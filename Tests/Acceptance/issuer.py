"""An issuer of tokens: its keys, its server, and the tokens that it and its enemies make."""
import base64
import contextlib
import http.server
import json
import threading
import time
import warnings

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, utils
from joserfc import jwe, jws
from joserfc import jwt as jose
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

warnings.filterwarnings("ignore", module="jwt|joserfc|issuer")  # weak keys and old names are what is tried here

ISSUER, AUDIENCE = "https://id.hospital.example", "charter"
SECRET = "a secret of thirty-two bytes or more, for HS256"
PRIVATE = {"RS256": rsa.generate_private_key(65537, 2048), "ES256": ec.generate_private_key(ec.SECP256R1()),
           "EdDSA": ed25519.Ed25519PrivateKey.generate()}
FOREIGN = {"RS256": rsa.generate_private_key(65537, 2048), "ES256": ec.generate_private_key(ec.SECP256R1())}
SMALL = rsa.generate_private_key(65537, 1024)


def b64(data: bytes | dict | str) -> str:
    if isinstance(data, dict):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else data.encode()).rstrip(b"=").decode()


def pem(key) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def public_pem(key) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def jwk(key, kid: str | None, **more) -> dict:
    kind = RSAKey if isinstance(key, rsa.RSAPrivateKey) else ECKey if isinstance(key, ec.EllipticCurvePrivateKey) else OKPKey
    found = kind.import_key(pem(key)).as_dict(private=False)
    return found | ({"kid": kid} if kid else {}) | {"use": "sig"} | more


def key_set(**keys) -> dict:
    return {"keys": [jwk(key, kid) for kid, key in keys.items()]}


KEY_SET = {"keys": [jwk(PRIVATE["RS256"], "r1", alg="RS256"), jwk(PRIVATE["ES256"], "e1"), jwk(PRIVATE["EdDSA"], "d1"),
                    jwk(SMALL, "small"), {"kty": "oct", "k": b64("known to everybody"), "kid": "o1"},
                    {"kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB", "kid": "enc"}, {"kty": "new", "kid": "n1"},
                    jwk(ec.generate_private_key(ec.SECP384R1()), "e384")]}
KEY_OF = {"RS256": "r1", "ES256": "e1", "EdDSA": "d1"}


def claims(**changes) -> dict:
    now = int(time.time())
    said = {"iss": ISSUER, "aud": AUDIENCE, "sub": "u7", "iat": now, "nbf": now, "exp": now + 300, "age": 34,
            "https://hospital.example/profession": "physician", "realm_access": {"roles": ["staff", "unknown"]}}
    return {key: value for key, value in (said | changes).items() if value is not None}


def token(algorithm: str = "RS256", said: dict | None = None, head: dict | None = None, key=None, kid: str | None = "") -> str:
    """A token by pyjwt; `kid` "" is the issuer's own."""
    headers = {"kid": KEY_OF[algorithm] if kid == "" else kid} | (head or {})
    return jwt.encode(said or claims(), key or PRIVATE[algorithm], algorithm,
                      {name: value for name, value in headers.items() if value is not None})


def by_hand(head: dict | str, said, sign) -> str:
    """A token of parts that no library would make; `sign` maps the signed bytes to the signature's."""
    signed = f"{b64(head)}.{b64(said if isinstance(said, (dict, str)) else json.dumps(said))}"
    return f"{signed}.{b64(sign(signed.encode()))}"


def rs256(data: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import padding
    return PRIVATE["RS256"].sign(data, padding.PKCS1v15(), hashes.SHA256())


def hs256(secret: bytes):
    import hashlib
    import hmac
    return lambda data: hmac.new(secret, data, hashlib.sha256).digest()


def good() -> dict[str, str]:
    """Tokens that show who somebody is, each with why it might be thought not to."""
    now = int(time.time())
    jose_keys = {"RS256": RSAKey.import_key(pem(PRIVATE["RS256"])), "ES256": ECKey.import_key(pem(PRIVATE["ES256"])),
                 "EdDSA": OKPKey.import_key(pem(PRIVATE["EdDSA"]))}
    made = {f"{name} by pyjwt": token(name) for name in PRIVATE}
    for name, key in jose_keys.items():
        made[f"{name} by joserfc"] = jose.encode({"alg": name, "kid": KEY_OF[name]}, claims(), key, algorithms=[name])
    return made | {
        "an audience among others": token(said=claims(aud=["other", AUDIENCE])),
        "no kid, where one key only signs so": token("EdDSA", kid=None),
        "of type at+jwt": token(head={"typ": "at+jwt"}),
        "without a type": token(head={"typ": None}),
        "expired within the leeway": token(said=claims(exp=now - 20)),
        "from a clock that is ahead within the leeway": token(said=claims(iat=now + 20, nbf=now + 20)),
        "without iat and nbf": token(said=claims(iat=None, nbf=None)),
        "with times that are no whole numbers": token(said=claims(exp=now + 100.5)),
        "with a head that points at keys of its own": token(head={"jku": "https://evil.example/jwks.json"}),
        "with members that nobody named": token(said=claims(admin=True, charter={"records": "on"})),
        "a year that is far away": token(said=claims(exp=4102444800)),
    }


def bad() -> dict[str, tuple[str, str]]:
    """Tokens that must show nothing, with why."""
    now = int(time.time())
    head = {"alg": "RS256", "kid": "r1", "typ": "JWT"}
    right = token()
    first, second, third = right.split(".")
    es = token("ES256")
    raw = base64.urlsafe_b64decode(es.split(".")[2] + "==")
    der = utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    evil = FOREIGN["RS256"]
    made = {
        "alg none": (by_hand({"alg": "none"}, claims(), lambda _: b""), "unsigned"),
        "alg nOnE": (by_hand({"alg": "nOnE"}, claims(), lambda _: b""), "unsigned"),
        "alg none with a signature": (by_hand({"alg": "none", "kid": "r1"}, claims(), rs256), "unsigned"),
        "alg none by pyjwt": (jwt.encode(claims(), None, "none"), "unsigned"),
        "no alg": (by_hand({"kid": "r1"}, claims(), rs256), "bad_head"),
        "alg that is no text": (by_hand({"alg": ["RS256"], "kid": "r1"}, claims(), rs256), "bad_head"),
        "alg empty": (by_hand({"alg": "", "kid": "r1"}, claims(), rs256), "algorithm"),
        "alg in lower case": (by_hand(head | {"alg": "rs256"}, claims(), rs256), "algorithm"),
        "RS384": (jwt.encode(claims(), PRIVATE["RS256"], "RS384", {"kid": "r1"}), "algorithm"),
        "PS256": (jwt.encode(claims(), PRIVATE["RS256"], "PS256", {"kid": "r1"}), "algorithm"),
        "HS256 with the public key as the secret": (
            by_hand(head | {"alg": "HS256"}, claims(), hs256(public_pem(PRIVATE["RS256"]))), "algorithm"),
        "HS256 with a key of the set": (by_hand({"alg": "HS256", "kid": "o1"}, claims(), hs256(b"known to everybody")), "algorithm"),
        "ES256 by the kid of the RSA key": (token("ES256", kid="r1"), "unknown_key"),
        "RS256 by the kid of the EC key": (token("RS256", kid="e1"), "unknown_key"),
        "a foreign key": (token(key=evil), "signature"),
        "a foreign key in the head (jwk)": (token(key=evil, head={"jwk": jwk(evil, "r1")}), "signature"),
        "a foreign key at an address in the head (jku)": (token(key=evil, head={"jku": "http://127.0.0.1:1/jwks.json"}), "signature"),
        "a foreign certificate in the head (x5c)": (token(key=evil, head={"x5c": [base64.b64encode(b"certificate").decode()]}), "signature"),
        "a foreign key with a kid of its own": (token(key=evil, kid="evil"), "unknown_key"),
        "a key too small": (jwt.encode(claims(), SMALL, "RS256", {"kid": "small"}), "unknown_key"),
        "a kid that is a path": (token(kid="../../../../etc/passwd"), "unknown_key"),
        "a kid that is SQL": (token(kid="r1' OR '1'='1"), "unknown_key"),
        "a kid that is a number": (by_hand({"alg": "RS256", "kid": 1}, claims(), rs256), "bad_head"),
        "expired": (token(said=claims(exp=now - 3600)), "expired"),
        "expired at zero": (token(said=claims(exp=0)), "expired"),
        "without exp": (token(said=claims(exp=None)), "time"),
        "exp that is a text": (by_hand(head, claims(exp="9999999999"), rs256), "time"),
        "exp that is a boolean": (by_hand(head, claims(exp=True), rs256), "time"),
        "exp beyond any number": (by_hand(head, json.dumps(claims(exp=now + 300)).replace(str(now + 300), "1e999"), rs256), "time"),
        "nbf to come": (token(said=claims(nbf=now + 3600)), "not_yet_valid"),
        "iat to come": (token(said=claims(iat=now + 3600)), "not_yet_valid"),
        "another issuer": (token(said=claims(iss="https://id.evil.example")), "issuer"),
        "an issuer that begins alike": (token(said=claims(iss=ISSUER + ".evil.example")), "issuer"),
        "an issuer with a slash": (token(said=claims(iss=ISSUER + "/")), "issuer"),
        "no issuer": (token(said=claims(iss=None)), "issuer"),
        "an issuer in a list": (by_hand(head, claims(iss=[ISSUER]), rs256), "issuer"),
        "another audience": (token(said=claims(aud="another")), "audience"),
        "no audience": (token(said=claims(aud=None)), "audience"),
        "an audience that holds the right one": (token(said=claims(aud="charter admin")), "audience"),
        "crit": (by_hand(head | {"crit": ["exp"]}, claims(), rs256), "critical"),
        "an unencoded payload (b64)": (by_hand(head | {"b64": False, "crit": ["b64"]}, claims(), rs256), "critical"),
        "of type logout+jwt": (token(head={"typ": "logout+jwt"}), "type"),
        "of a type that is no text": (by_hand(head | {"typ": 7}, claims(), rs256), "type"),
        "a changed payload": (f"{first}.{b64(claims(age=99))}.{third}", "signature"),
        "a changed head": (f"{b64({'alg': 'RS256', 'kid': 'r1', 'x': 1})}.{second}.{third}", "signature"),
        "no signature": (f"{first}.{second}.", "signature"),
        "half a signature": (f"{first}.{second}.{third[:len(third) // 2 // 4 * 4]}", "signature"),
        "another token's signature": (f"{first}.{second}.{token(said=claims(age=5)).split('.')[2]}", "signature"),
        "ES256 of zeros": (".".join(es.split(".")[:2]) + "." + b64(bytes(64)), "signature"),
        "ES256 in DER": (".".join(es.split(".")[:2]) + "." + b64(der), "signature"),
        "two parts": (f"{first}.{second}", "malformed"),
        "four parts": (f"{right}.{third}", "malformed"),
        "padded": (f"{first}.{second}.{third}==", "malformed"),
        "in plain base64": (by_hand(head, claims(), lambda _: b"").replace("-", "+")[:-1] + ".+/+/", "malformed"),
        "nothing": ("..", "bad_head"),
        "a word": ("token", "malformed"),
        "encrypted": (jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, b"{}", OctKey.import_key(b"k" * 32)), "encrypted"),
        "a token in a token": (jws.serialize_compact(head | {"cty": "JWT"}, right, RSAKey.import_key(pem(PRIVATE["RS256"]))), "bad_payload"),
        "a list": (by_hand(head, "[1]", rs256), "bad_payload"),
        "an issuer twice": (by_hand(head, '{"iss":"https://x.example",' + json.dumps(claims())[1:], rs256), "bad_payload"),
        "a head with alg twice": (by_hand('{"alg":"none","alg":"RS256","kid":"r1"}', claims(), rs256), "bad_head"),
        "a user that is a number": (by_hand(head, claims(sub=7), rs256), "member"),
        "roles that are no names": (token(said=claims(realm_access={"roles": [1, {}]})), "member"),
        "more than a token may have": (token(said=claims(more="x" * 17_000)), "too_large"),
    }
    return made


class Server:
    """Serves a key set at /jwks.json; a test says what else it does."""

    def __init__(self):
        self.keys, self.status, self.hangs, self.grows, self.drips, self.asked = KEY_SET, 200, 0.0, False, False, 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked += 1
                time.sleep(outer.hangs)
                with contextlib.suppress(OSError):
                    body = outer.keys if isinstance(outer.keys, bytes) else json.dumps(outer.keys).encode()
                    self.send_response(outer.status)
                    if not outer.grows:
                        self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    for byte in body if outer.drips else ():
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        time.sleep(1)
                    self.wfile.write(body)
                    for _ in range(2_000 if outer.grows else 0):
                        self.wfile.write(b" " * 65_536)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/jwks.json"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
