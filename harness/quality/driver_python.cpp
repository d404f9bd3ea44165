// The Python side of an execution (drivers.hpp).

#include "quality/drivers.hpp"

namespace abgate::quality {

// The trusted half D reads the tests and the nonce only after it has split off the half C that runs
// the candidate, and cannot be looked into. In mode "apart" the tests run in D and call the
// candidate over a pipe: what comes back is plain data, so a candidate cannot talk its way past an
// assertion. In mode "together", for tests that need the candidate's own objects, they run in C,
// and C says how it went.
const char* const kPythonDriver = R"PY(
import ast, builtins, ctypes, itertools, json, os, struct, sys, types

MAX_MESSAGE = 64 << 20
MAX_ITEMS = 1 << 20


class Unsupported(Exception):
    pass


class CandidateEnded(BaseException):
    pass


def encode(v, depth=0):
    if depth > 200:
        raise Unsupported("nested too deeply")
    t = type(v)
    if v is None or t is bool or t is str:
        return v
    many = lambda items: [encode(i, depth + 1) for i in itertools.islice(items, MAX_ITEMS)]
    if isinstance(v, bool):
        return bool(v)
    if isinstance(v, int):
        return ["i", hex(int(v))]
    if isinstance(v, float):
        return ["f", float(v).hex()]
    if isinstance(v, str):
        return str.__str__(v)
    if isinstance(v, (bytes, bytearray)):
        return ["b" if isinstance(v, bytes) else "B", bytes(v).hex()]
    if isinstance(v, complex):
        return ["c", v.real.hex(), v.imag.hex()]
    for tag, kind in (("l", list), ("t", tuple), ("s", set), ("z", frozenset)):
        if isinstance(v, kind):
            return [tag, many(kind.__iter__(v))]
    if isinstance(v, dict):
        return ["d", [[encode(k, depth + 1), encode(x, depth + 1)] for k, x in dict.items(v)]]
    if t is range:
        return ["r", v.start, v.stop, v.step]
    if t.__module__ in ("decimal", "fractions") and t.__name__ in ("Decimal", "Fraction"):
        return ["n", t.__name__, str(v)]
    if t.__name__ in ("dict_keys", "dict_values", "dict_items", "deque", "array"):
        return ["l", many(iter(v))]
    if hasattr(t, "__next__"):
        return ["g", many(v)]
    raise Unsupported("a value of type %s" % t.__name__)


def decode(v, depth=0):
    if depth > 250:
        raise Unsupported("nested too deeply")
    if v is None or isinstance(v, (bool, str)):
        return v
    if not isinstance(v, list) or not v:
        raise Unsupported("a broken reply")
    tag, rest = v[0], v[1:]
    if tag == "i":
        return int(rest[0], 16)
    if tag == "f":
        return float.fromhex(rest[0])
    if tag == "b":
        return bytes.fromhex(rest[0])
    if tag == "B":
        return bytearray.fromhex(rest[0])
    if tag == "c":
        return complex(float.fromhex(rest[0]), float.fromhex(rest[1]))
    if tag == "d":
        return {decode(k, depth + 1): decode(x, depth + 1) for k, x in rest[0]}
    if tag == "r":
        return range(*rest)
    if tag == "n":
        import decimal, fractions
        return {"Decimal": decimal.Decimal, "Fraction": fractions.Fraction}[rest[0]](rest[1])
    items = [decode(i, depth + 1) for i in rest[0]]
    return {"l": list, "t": tuple, "s": set, "z": frozenset, "g": iter}[tag](items)


def send(fd, message):
    data = json.dumps(message).encode()
    data = struct.pack(">I", len(data)) + data
    try:
        while data:
            data = data[os.write(fd, data):]
    except BrokenPipeError:
        pass  # the other side is gone; its last words are still to be read


def exactly(fd, size):
    data = bytearray()
    while len(data) < size:
        part = os.read(fd, min(size - len(data), 1 << 20))
        if not part:
            raise CandidateEnded("the program ended before its tests did")
        data += part
    return bytes(data)


def receive(fd):
    size = struct.unpack(">I", exactly(fd, 4))[0]
    if size > MAX_MESSAGE:
        raise Unsupported("a reply of %d bytes" % size)
    return json.loads(exactly(fd, size))


def say(e):
    return ("%s: %s" % (type(e).__name__, e))[:400]


def classify(e):
    if isinstance(e, AssertionError):
        return "assert_fail"
    if isinstance(e, MemoryError):
        return "oom"
    return "exception"


# The half that runs the candidate.

def load(name, source):
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, name + ".py", "exec", dont_inherit=True), module.__dict__)
    return module.__dict__


def call(space, request):
    function = space[request[1]]
    args = decode(request[2])
    kwargs = dict(decode(request[3]))
    try:
        result = encode(function(*args, **kwargs))
    except Unsupported as e:
        return ["unsupported", str(e)]
    except Exception as e:
        names = [c.__name__ for c in type(e).__mro__]
        return ["raise", names, str(e)[:400]]
    try:
        return ["value", result, encode(args)]
    except Unsupported:
        return ["value", result, None]


def candidate_half(requests, replies):
    source = open("program.py", encoding="utf-8", errors="surrogatepass").read()
    try:
        compile(source, "candidate.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as e:
        send(replies, ["failed", "syntax_error", say(e)])
        os._exit(1)
    first = receive(requests)
    try:
        if first[0] == "together":
            space = load("candidate", source + "\n" + first[1])
            if first[2]:
                space["check"](space[first[2]])
            exec(compile(first[3], "tests.py", "exec", dont_inherit=True), space)
            send(replies, ["done"])
            send(replies, ["passed", receive(requests)])
        else:
            space = load("candidate", source)
            send(replies, ["loaded", sorted(k for k in space if callable(space[k]))])
            while True:
                send(replies, call(space, receive(requests)))
    except CandidateEnded:
        pass
    except SyntaxError as e:
        send(replies, ["failed", "exception", say(e)])
    except BaseException as e:
        send(replies, ["failed", classify(e), say(e)])
    os._exit(1)


# The trusted half.

def top_level_names(tree):
    names = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((a.asname or a.name).split(".")[0] for a in node.names)
        else:
            names.update(n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return names


def parsed(source):
    for tail in ("", "\n    pass\n"):
        try:
            return ast.parse(source + tail)
        except (SyntaxError, ValueError):
            pass
    return None


def may_run_apart(job):
    """The tests may use the entry point and what the prompt itself defines, nothing else of the candidate's."""
    tests, reference, prompt = ast.parse(job["tests"]), parsed(job["reference"]), parsed(job["prompt"])
    if reference is None or not job["entry_point"]:
        return False
    used = {n.id for n in ast.walk(tests) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    own = top_level_names(reference) - (top_level_names(prompt) if prompt else set())
    defined = {n.name for n in reference.body if isinstance(n, ast.FunctionDef)}
    return job["entry_point"] in defined and not (used & own) - {job["entry_point"]}


def make_proxy(name, requests, replies):
    def proxy(*args, **kwargs):
        send(requests, ["call", name, encode(list(args)), encode(list(kwargs.items()))])
        reply = receive(replies)
        if reply[0] == "value":
            after = decode(reply[2]) if reply[2] is not None else []
            for mine, theirs in zip(args, after):
                if type(mine) is type(theirs) and isinstance(mine, (list, bytearray)):
                    mine[:] = theirs
                elif type(mine) is type(theirs) and isinstance(mine, (dict, set)):
                    mine.clear()
                    mine.update(theirs)
            return decode(reply[1])
        if reply[0] == "raise":
            for base in reply[1]:
                kind = getattr(builtins, base, None)
                if isinstance(kind, type) and issubclass(kind, Exception) and kind is not AssertionError:
                    try:
                        error = kind(reply[2])
                    except TypeError:
                        continue
                    raise error
        if reply[0] == "unsupported":
            raise Unsupported(reply[1])
        raise CandidateEnded("%s" % (reply[1:],))
    proxy.__name__ = proxy.__qualname__ = name
    return proxy


def judge(job, requests, replies):
    tests = ast.parse(job["tests"])
    has_check = any(isinstance(n, ast.FunctionDef) and n.name == "check" for n in tests.body)
    called = any(isinstance(n, ast.Expr) and isinstance(n.value, ast.Call) and
                 getattr(n.value.func, "id", "") == "check" for n in tests.body)
    check = job["entry_point"] if has_check and not called else ""
    if job["mode"] == "together":
        token = os.urandom(16).hex()
        send(requests, ["together", job["tests"], check, job["checks"]])
        reply = receive(replies)
        if reply == ["done"]:  # only now is there a token, so that no candidate finds it before
            send(requests, token)
            if receive(replies) == ["passed", token]:
                return "pass", ""
            return "exception", "no verdict"
        return (reply[1], reply[2]) if reply[0] == "failed" else ("exception", "no verdict")
    if not may_run_apart(job):
        return "unsupported", "tests use more of the program than the entry point"
    send(requests, ["apart"])
    reply = receive(replies)
    if reply[0] != "loaded":
        return (reply[1], reply[2]) if reply[0] == "failed" else ("exception", "no verdict")
    entry = job["entry_point"]
    if entry not in reply[1]:
        return "exception", "NameError: %s is not defined" % entry
    try:
        space = load("trusted", job["reference"])
    except BaseException as e:
        return "unsupported", say(e)
    proxy = make_proxy(entry, requests, replies)
    space[entry] = space["candidate"] = proxy
    exec(compile(tests, "tests.py", "exec", dont_inherit=True), space)
    if check:
        space["check"](proxy)
    return "pass", ""


def main():
    to_c, from_d = os.pipe()
    to_d, from_c = os.pipe()
    if os.fork() == 0:
        for fd in (3, 4, from_d, to_d):
            os.close(fd)
        candidate_half(to_c, from_c)
    os.close(to_c)
    os.close(from_c)
    if ctypes.CDLL(None).prctl(4, 0, 0, 0, 0) != 0:  # PR_SET_DUMPABLE: no one may look in here
        os._exit(3)
    with open(3, "rb") as f:
        job = json.loads(f.read())
    nonce = job.pop("nonce")
    try:
        verdict, detail = judge(job, from_d, to_d)
    except Unsupported as e:
        verdict, detail = "unsupported", str(e)
    except BaseException as e:
        verdict, detail = classify(e), say(e)
    detail = detail.encode("utf-8", "replace").decode()
    os.write(4, ("%s %s\n%s" % (nonce, verdict, detail)).encode()[:8000])
    os._exit(0)


main()
)PY";

}  // namespace abgate::quality
