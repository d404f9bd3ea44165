#!/usr/bin/env python3
"""llama.cpp's own HTTP server (llama-server) out of the `xllamacpp` wheel, until it is ended.

Usage: llama_server.py MODEL.gguf PORT        (127.0.0.1 only)
Needs: pip install xllamacpp
"""
import signal
import sys

import xllamacpp

if len(sys.argv) != 3:
    sys.exit(__doc__)
params = xllamacpp.CommonParams()
params.model.path, params.hostnames, params.port = sys.argv[1], ["127.0.0.1"], int(sys.argv[2])
params.n_parallel, params.n_ctx = 4, 8192
params.cpuparams.n_threads = 1  # several servers that spin on shared cores only wait for each other
server = xllamacpp.Server(params)
signal.pause()
