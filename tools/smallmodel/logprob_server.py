#!/usr/bin/env python3
"""A minimal completions server that gives log-probabilities of the prompt, over a real llama.cpp.

llama-server cannot (it refuses `echo`), so this shim calls the same library (libllama's C functions,
exported by the `xllamacpp` wheel's extension module) and answers POST /v1/completions in the shape of
vLLM's `echo` + `logprobs`, greedy decoding only, one request at a time. A bench tool, not a server.

Usage: logprob_server.py MODEL.gguf PORT [N_CTX]        (127.0.0.1 only)
Needs: pip install xllamacpp numpy
"""
import ctypes as C
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import xllamacpp.xllamacpp as module

lib = C.CDLL(module.__file__)


class Params(C.Structure):  # opaque, larger than any version's: last by-value argument or result
    _fields_ = [("word", C.c_uint32 * 256)]


class Batch(C.Structure):
    _fields_ = [("n_tokens", C.c_int32), ("token", C.POINTER(C.c_int32)), ("embd", C.c_void_p),
                ("pos", C.POINTER(C.c_int32)), ("n_seq_id", C.POINTER(C.c_int32)),
                ("seq_id", C.POINTER(C.POINTER(C.c_int32))), ("logits", C.POINTER(C.c_int8))]


def fn(name, result, *args):
    f = getattr(lib, name)
    f.restype, f.argtypes = result, args
    return f


P = C.c_void_p
model_params = fn("llama_model_default_params", Params)
context_params = fn("llama_context_default_params", Params)
load_model = fn("llama_model_load_from_file", P, C.c_char_p, Params)
new_context = fn("llama_init_from_model", P, P, Params)
get_vocab = fn("llama_model_get_vocab", P, P)
n_vocab_of = fn("llama_vocab_n_tokens", C.c_int32, P)
tokenize_raw = fn("llama_tokenize", C.c_int32, P, C.c_char_p, C.c_int32, C.POINTER(C.c_int32),
                  C.c_int32, C.c_bool, C.c_bool)
piece_raw = fn("llama_token_to_piece", C.c_int32, P, C.c_int32, C.c_char_p, C.c_int32, C.c_int32,
               C.c_bool)
is_eog = fn("llama_vocab_is_eog", C.c_bool, P, C.c_int32)
batch_init = fn("llama_batch_init", Batch, C.c_int32, C.c_int32, C.c_int32)
decode_raw = fn("llama_decode", C.c_int32, P, Batch)
logits_at = fn("llama_get_logits_ith", C.POINTER(C.c_float), P, C.c_int32)
set_threads = fn("llama_set_n_threads", None, P, C.c_int32, C.c_int32)
memory_of = fn("llama_get_memory", P, P)
memory_clear = fn("llama_memory_clear", None, P, C.c_bool)


class Model:
    def __init__(self, path, n_ctx):
        fn("llama_backend_init", None)()
        self.name, self.n_ctx = os.path.basename(path), n_ctx
        self.model = load_model(path.encode(), model_params())
        params = context_params()
        # llama_context_params begins: n_ctx, n_batch, n_ubatch.
        params.word[0], params.word[1], params.word[2] = n_ctx, n_ctx, 512
        self.context = new_context(self.model, params)
        assert self.model and self.context, "cannot load " + path
        # One thread a server: several servers that spin on shared cores only wait for each other.
        set_threads(self.context, 1, 1)
        self.vocab = get_vocab(self.model)
        self.n_vocab = n_vocab_of(self.vocab)
        self.batch = batch_init(n_ctx, 0, 1)
        self.lock = threading.Lock()

    def tokenize(self, text):
        raw = text.encode()
        ids = (C.c_int32 * (len(raw) + 8))()
        n = tokenize_raw(self.vocab, raw, len(raw), ids, len(ids), True, True)
        return list(ids[:n])

    def piece(self, token):
        buffer = C.create_string_buffer(256)
        n = piece_raw(self.vocab, token, buffer, 256, 0, True)
        return buffer.raw[:max(n, 0)]

    def decode(self, ids, start, every):
        """ln p of the next token after each of `ids` (all, or the last only)."""
        for i, token in enumerate(ids):
            self.batch.token[i], self.batch.pos[i] = token, start + i
            self.batch.n_seq_id[i], self.batch.seq_id[i][0] = 1, 0
            self.batch.logits[i] = every or i == len(ids) - 1
        self.batch.n_tokens = len(ids)
        if decode_raw(self.context, self.batch) != 0:
            raise RuntimeError("llama_decode failed")
        rows = range(len(ids)) if every else [len(ids) - 1]
        out = np.stack([np.ctypeslib.as_array(logits_at(self.context, i), (self.n_vocab,)) for i in rows])
        out = out.astype(np.float64)
        out -= out.max(axis=1, keepdims=True)
        return out - np.log(np.exp(out).sum(axis=1, keepdims=True))

    def complete(self, prompt, max_tokens, echo, k, stops):
        with self.lock:
            ids = self.tokenize(prompt)
            if not ids or len(ids) + max_tokens > self.n_ctx:
                raise ValueError(f"{len(ids)} prompt tokens and {max_tokens} more do not fit {self.n_ctx}")
            memory_clear(memory_of(self.context), True)
            rows = self.decode(ids, 0, echo and k is not None)
            known = [None] + list(rows[:-1]) if len(rows) > 1 else [None] * len(ids)
            out, last, text, reason = [], rows[-1], b"", "length"
            while len(out) < max_tokens:
                token = int(last.argmax())
                if is_eog(self.vocab, token):
                    reason = "stop"
                    break
                out.append(token)
                known.append(last)
                text += self.piece(token)
                shown = text.decode(errors="replace")
                hit = [shown.find(s) for s in stops if s in shown]
                if hit:
                    text, reason = shown[:min(hit)].encode(), "stop"
                    break
                if len(out) < max_tokens:
                    last = self.decode([token], len(ids) + len(out) - 1, False)[0]
        every = ids + out if echo else out
        known = known if echo else known[len(ids):]
        logprobs = None
        if k is not None:
            name = lambda t: self.piece(t).decode(errors="replace")
            tops = []
            for token, row in zip(every, known):
                if row is None:
                    tops.append(None)
                    continue
                best = np.argpartition(row, -max(k, 1))[-max(k, 1):] if k else []
                tops.append({**{name(int(t)): float(row[t]) for t in best}, name(token): float(row[token])})
            logprobs = {"tokens": [name(t) for t in every],
                        "token_logprobs": [None if r is None else float(r[t]) for t, r in zip(every, known)],
                        "top_logprobs": tops, "text_offset": []}
        answer = (prompt if echo else "") + text.decode(errors="replace")
        usage = {"prompt_tokens": len(ids), "completion_tokens": len(out), "total_tokens": len(ids) + len(out)}
        return answer, reason, logprobs, usage


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body, kind="application/json"):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def do_GET(self):
        if self.path == "/v1/models":
            return self.reply(200, {"object": "list", "data": [
                {"id": MODEL.name, "object": "model", "max_model_len": MODEL.n_ctx}]})
        self.reply(404, {"error": {"message": "no such path"}})

    def do_POST(self):
        ask = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/completions":
            return self.reply(404, {"error": {"message": "no such path"}})
        stops = ask.get("stop") or []
        try:
            text, reason, logprobs, usage = MODEL.complete(
                ask["prompt"], ask.get("max_tokens") or 16, bool(ask.get("echo")), ask.get("logprobs"),
                [stops] if isinstance(stops, str) else stops)
        except Exception as error:
            return self.reply(400, {"error": {"message": str(error)}})
        base = {"id": "cmpl-0", "object": "text_completion", "model": MODEL.name}
        choice = {"index": 0, "text": text, "logprobs": logprobs, "finish_reason": reason}
        if not ask.get("stream"):
            return self.reply(200, {**base, "choices": [choice], "usage": usage})
        events = [{**base, "choices": [{**choice, "finish_reason": None}]},
                  {**base, "choices": [{**choice, "text": "", "logprobs": None}]},
                  {**base, "choices": [], "usage": usage}]
        raw = "".join("data: " + json.dumps(e) + "\n\n" for e in events) + "data: [DONE]\n\n"
        self.reply(200, raw.encode(), "text/event-stream")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    MODEL = Model(sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else 2048)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
