#!/usr/bin/env python3
"""A client of the shape that `vllm bench serve` has: one aiohttp session, one task a request,
chunks read with iter_any, split at blank lines, json.loads on each event, a stamp each.

aiohttp_client.py PORT STREAMS EVENTS AFTER_S WINDOW_S
aiohttp_client.py PORT STREAMS rate REQUESTS
"""
import asyncio
import json
import resource
import sys
import time

import aiohttp


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def cpu():
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


async def request(session, url, tokens, arrivals):
    payload = {"model": "null", "prompt": "def add(a, b):", "max_tokens": tokens, "stream": True,
               "ignore_eos": True, "temperature": 0, "stream_options": {"include_usage": True}}
    buffer = ""
    text = ""
    async with session.post(url, json=payload) as response:
        async for chunk in response.content.iter_any():
            buffer += chunk.decode("utf-8")
            while "\n\n" in buffer:
                event, buffer = buffer.split("\n\n", 1)
                data = event.strip().removeprefix("data: ")
                if data == "[DONE]":
                    continue
                stamp = time.monotonic_ns()
                choice = json.loads(data)["choices"][0]["text"]
                text += choice
                arrivals.append((stamp, int(choice)))


async def main():
    port, streams = int(sys.argv[1]), int(sys.argv[2])
    url = f"http://127.0.0.1:{port}/v1/completions"
    connector = aiohttp.TCPConnector(limit=streams, limit_per_host=streams, ttl_dns_cache=300,
                                     use_dns_cache=True, keepalive_timeout=60,
                                     enable_cleanup_closed=True, force_close=False)
    arrivals = []
    timeout = aiohttp.ClientTimeout(total=6 * 3600)
    async with aiohttp.ClientSession(connector=connector, trust_env=True,
                                     timeout=timeout) as session:
        if sys.argv[3] == "rate":
            requests = int(sys.argv[4])
            semaphore = asyncio.Semaphore(streams)

            async def limited():
                async with semaphore:
                    await request(session, url, 1, arrivals)

            begin = time.monotonic()
            await asyncio.gather(*(asyncio.create_task(limited()) for _ in range(requests)))
            seconds = time.monotonic() - begin
            print(json.dumps({"client": "Python aiohttp", "streams": streams,
                              "requests_per_s": round(len(arrivals) / seconds)}))
            return
        events, after, length = int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5])
        window = {}

        async def sample():
            await asyncio.sleep(after)
            window.update(begin=time.monotonic_ns(), cpu=cpu(), resident=resident())
            await asyncio.sleep(length)
            window.update(end=time.monotonic_ns(), cpu_end=cpu())

        before = resident()
        tasks = [asyncio.create_task(sample())]
        tasks += [asyncio.create_task(request(session, url, events, arrivals))
                  for _ in range(streams)]
        results = await asyncio.gather(*tasks, return_exceptions=True)
        failed = sum(isinstance(r, BaseException) for r in results)
        errors = sorted(a - s for a, s in arrivals if window["begin"] <= a < window["end"])
        used, wall = window["cpu_end"] - window["cpu"], (window["end"] - window["begin"]) * 1e-9
        count = max(1, len(errors))
        at = lambda q: errors[int(q * (len(errors) - 1))] * 1e-3 if errors else 0
        print(json.dumps({"client": "Python aiohttp", "streams": streams,
                          "cpu_us_per_event": used * 1e6 / count, "events_per_s": count / wall,
                          "cpu_percent": 100 * used / wall, "p50_us": at(0.5), "p99_us": at(0.99),
                          "bytes_per_stream": (window["resident"] - before) // streams,
                          "failed": failed}))


asyncio.run(main())
