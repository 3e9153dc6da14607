"""TLS, mutual TLS and HTTP/2."""
import concurrent.futures
import contextlib
import datetime
import functools
import http.client
import ipaddress
import json
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

import openai
import httpx2 as httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from context import HERE, Context, free_port
from report import Group, Skipped, equal, holds, raises
from upstream import written

check = Group("tls")
ASK = {"model": "m", "messages": [{"role": "user", "content": "Hello."}]}


class Certificates:
    """An authority of one's own, with certificates for a server and for a client, in PEM."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="charter-tls.")
        self._authority = self._write("authority", None)
        self._write("server", self._authority)
        self._write("client", self._authority)
        self._write("stranger", self._write("other", None))

    def path(self, name: str) -> str:
        return str(pathlib.Path(self._folder.name, name))

    def _write(self, name: str, issuer):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer[0].subject if issuer else subject)
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
                   .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True))
        if issuer:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        else:
            builder = builder.add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), True)
        certificate = builder.sign(issuer[1] if issuer else key, hashes.SHA256())
        pathlib.Path(self.path(f"{name}.pem")).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        pathlib.Path(self.path(f"{name}.key")).write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return certificate, key

    def client(self, name: str | None = None) -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=self.path("authority.pem"))
        if name:
            made.load_cert_chain(self.path(f"{name}.pem"), self.path(f"{name}.key"))
        return made


@functools.cache
def certificates() -> Certificates:
    return Certificates()


def settings(context: Context, **tls) -> dict:
    files = certificates()
    folder = HERE / "charter"
    return {"charter": str(folder / "small.md"), "upstream": {"url": context.upstream.url},
            "operators": [{"name": "shop", "layer": str(folder / "shop.yaml"), "key": "key-shop"}],
            "tls": {"certificate": files.path("server.pem"), "key": files.path("server.key")} | tls}


def one(context):
    return context.other("tls", settings(context), tls=certificates().client())


def mutual(context):
    return context.other("tls mutual", settings(context, client_ca=certificates().path("authority.pem")),
                         tls=certificates().client("client"))


@check("the official client speaks TLS, streamed and not")
def _(context):
    gateway = one(context)
    client = openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="key-shop", max_retries=0, timeout=20,
                           http_client=httpx.Client(verify=certificates().client()))
    equal(client.chat.completions.create(**ASK).choices[0].message.content, "Hello.")
    text = "".join(chunk.choices[0].delta.content or "" for chunk in client.chat.completions.create(
        **ASK, stream=True, extra_body={"script": written(text="A longer answer. " * 50, every=5)}))
    equal(text, "A longer answer. " * 50)
    holds(f"https://127.0.0.1:{gateway.port}/v1" in gateway.written(), gateway.written())


@check("without TLS, or with an old version of it, there is no connection")
def _(context):
    gateway = one(context)
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=5)) as plain:
        def ask():
            plain.request("GET", "/healthz")
            return plain.getresponse().status
        try:
            found = ask()
        except (http.client.HTTPException, OSError):
            found = None
        equal(found, None)
    old = certificates().client()
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", gateway.port, timeout=5, context=old)) as connection:
        raises(ssl.SSLError, lambda: tls_error(connection))
    equal(gateway.request("GET", "/healthz").status, 200)


def tls_error(connection):
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    except ssl.SSLError as error:
        raise ssl.SSLError(str(error)) from error


@check("where the settings say who signs clients' certificates, nobody comes in without one, or with another's")
def _(context):
    gateway = mutual(context)
    equal(gateway.chat(ASK, "key-shop").status, 200)
    equal(gateway.chat(ASK, "key-wrong").status, 401)
    for name in (None, "stranger"):
        stranger = http.client.HTTPSConnection("127.0.0.1", gateway.port, timeout=5, context=certificates().client(name))
        with contextlib.closing(stranger):
            try:
                stranger.request("GET", "/healthz")
                found = stranger.getresponse().status
            except (ssl.SSLError, http.client.HTTPException, OSError):
                found = None
            equal(found, None, f"{name}")
    equal(gateway.request("GET", "/healthz").status, 200)


def curl(gateway, *arguments: str, timeout: float = 20) -> subprocess.CompletedProcess:
    if not shutil.which("curl"):
        raise Skipped("there is no curl")
    return subprocess.run(["curl", "-sS", "--cacert", certificates().path("authority.pem"), "--http2", *arguments],
                          capture_output=True, text=True, timeout=timeout)


@check("HTTP/2 is spoken where the client offers it, streamed and not")
def _(context):
    gateway = one(context)
    for stream in (False, True):
        body = json.dumps(ASK | {"stream": stream, "script": written(text="A longer answer. " * 20, every=5)})
        done = curl(gateway, "-w", "\n%{http_version} %{http_code}", "-H", "Authorization: Bearer key-shop",
                    "-H", "Content-Type: application/json", "--data-binary", body, f"{gateway.url}/v1/chat/completions")
        equal((done.stdout.rsplit("\n", 1)[-1], done.stderr), ("2 200", ""), f"stream {stream}")
        holds(("[DONE]" in done.stdout) == stream, done.stdout[-200:])
    done = curl(gateway, "-w", "%{http_version} %{http_code}", "-o", "/dev/null", f"{gateway.url}/readyz")
    equal(done.stdout, "2 200")


@check("a client of HTTP/2 that goes away ends the upstream, too")
def _(context):
    gateway = one(context)
    body = json.dumps(ASK | {"stream": True, "script": written(text="A longer answer. " * 50, every=5, stall=[5, 15])})
    try:
        curl(gateway, "-H", "Authorization: Bearer key-shop", "-H", "Content-Type: application/json",
             "--data-binary", body, f"{gateway.url}/v1/chat/completions", timeout=1.5)
    except subprocess.TimeoutExpired:
        pass
    seen = context.upstream.seen[-1]
    context.within(3, lambda: seen.closed is not None, "the upstream is left")
    began = time.monotonic()
    equal(gateway.chat(ASK, "key-shop").status, 200)
    holds(time.monotonic() - began < 5, "it waits")


@check("SIGTERM lets a stream of HTTP/2 end within `drain`, and cuts it after that")
def _(context):
    for drain, stall, whole in ((20, 1.5, True), (1, 15, False)):
        gateway = context.other(f"tls drain {drain}", settings(context) | {"drain": drain}, tls=certificates().client())
        body = json.dumps(ASK | {"stream": True, "script": written(text="A longer answer. " * 50, every=5, stall=[5, stall])})
        before = len(context.upstream.seen)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            done = pool.submit(curl, gateway, "-H", "Authorization: Bearer key-shop", "-H", "Content-Type: application/json",
                               "--data-binary", body, f"{gateway.url}/v1/chat/completions")
            context.within(5, lambda: len(context.upstream.seen) > before, "the request")
            time.sleep(0.3)
            gateway.process.send_signal(signal.SIGTERM)
            equal(gateway.process.wait(8), 0, f"drain {drain}")
            found = done.result(10)
            equal(("[DONE]" in found.stdout, found.returncode == 0), (whole, whole), f"drain {drain}: {found.stderr}")


@check("who connects and says nothing is not waited for, and everybody else is served meanwhile")
def _(context):
    gateway = one(context)
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=14) as silent:
        equal(gateway.request("GET", "/healthz").status, 200)
        began = time.monotonic()
        equal(silent.recv(1), b"")
        holds(8 < time.monotonic() - began < 13, f"{time.monotonic() - began:.1f} s")


@check("`charter status` asks over TLS, and trusts nobody whom it was not told to trust")
def _(context):
    gateway = one(context)
    for extra, code in ((["--ca", certificates().path("authority.pem")], 0), ([], 3)):
        done = subprocess.run([str(context.binary), "status", gateway.url, "--key", "key-shop", *extra],
                              capture_output=True, text=True, timeout=20)
        equal(done.returncode, code, done.stderr)


@check("a certificate or key that is none keeps the gateway from starting, and is named")
def _(context):
    if context.binary is None:
        raise Skipped("there is no gateway in this run")
    files = certificates()
    for tls, name in (({"certificate": files.path("server.key")}, "server.key"), ({"key": files.path("server.pem")}, "server.pem"),
                      ({"key": files.path("client.key")}, "client.key"), ({"client_ca": files.path("nowhere.pem")}, "nowhere.pem")):
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder, "charter.yaml")
            config.write_text(json.dumps(settings(context, **tls) | {"listen": f"127.0.0.1:{free_port()}"}), encoding="utf-8")
            ended = subprocess.run([str(context.binary), "serve", "--config", str(config)], capture_output=True, text=True, timeout=20)
        equal(ended.returncode, 2, ended.stderr)
        holds(name in ended.stderr, ended.stderr)
