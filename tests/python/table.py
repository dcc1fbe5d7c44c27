"""A second reader of tables, written from decision-table/src/FORMAT.md alone.

It is there to be compared with, so it is plain rather than fast, and verifies only
the frame and the digest: its tables were written by our own compiler.

A line of JSON each: {"table": path, "request": {...}} comes in, and goes out as
{"allowed": bool, "reason": code or null, "rule": number or null}. With "root" and
"key" as well, the question is where a request for this Service goes, and the answer
null, or {"split": name, "backends": [[service, weight, port]], "chosen": backend}.
A table that is none is answered with {"refused": why}. Bytes are texts of which
each character is one byte; what a request has not is left out.
"""

import hashlib
import json
import re
import struct
import sys
import zlib
from functools import cache

LABEL = b"\x89SMI\r\n\x1a\n"
(SCOPE, DESTINATIONS, PEERS, SERVICES, METHODS, PORTS, LEVELS, AUTOMATA, ACCESS, SPLITS,
 SHARES, PROVENANCE) = range(1, 13)
PROTOCOLS = {"http": 1, "tcp": 2, "udp": 3}
# Path, method, host, headers.
OF_REQUESTS = {4, 5, 6, 7}
REASONS = [None, "destination_not_covered", "peer_not_allowed", "port_not_allowed",
           "path_not_allowed", "method_not_allowed", "host_not_allowed", "header_not_allowed"]
IDENTITY = [re.compile(rb"spiffe://[\w.-][\w./-]*", re.ASCII), re.compile(rb"[\w.-]+", re.ASCII)]
LONGEST_IDENTITY = [2048, 253]


class Refused(Exception):
    """Why bytes are no table."""


class Denied(Exception):
    """Why a request is denied before the diagram is walked."""


def word(data, at):
    return int.from_bytes(data[at:at + 4], "little")


def words(data, at, count):
    return list(struct.unpack_from(f"<{count}I", data, at))


def require(condition, problem):
    if not condition:
        raise Refused(problem)


class Table:
    def __init__(self, data):
        self.sections = sections(data)
        self.identities = data[11]
        self.scope = self.sections[SCOPE]
        count = word(self.sections[PORTS], 0)
        self.ports = struct.unpack_from(f"<{count}H", self.sections[PORTS], 4)
        self.levels = levels(self.sections[LEVELS])
        self.automata = automata(self.sections[AUTOMATA])

    def name(self, kind, name):
        """The class of a name."""
        section = self.sections[kind]
        buckets = word(section, 0)
        bucket = 0 if buckets == 1 else (hash_of(name) & 0xffffffff) * buckets >> 32
        at, end = words(section, 4 + 4 * bucket, 2)
        records = section[4 + 4 * (buckets + 1):]
        while at < end:
            of_record, length = words(records, at, 2)
            if records[at + 8:at + 8 + length] == name:
                return of_record
            at += 8 + length + -length % 4
        return 0

    def is_identity(self, text):
        form = self.identities
        return len(text) <= LONGEST_IDENTITY[form] and bool(IDENTITY[form].fullmatch(text))

    def decide(self, request):
        try:
            leaf = self.walk(ACCESS, self.facts(request), request)
        except Denied as denied:
            return {"allowed": False, "reason": str(denied), "rule": None}
        rule = leaf & 0x7ffffff
        reason = REASONS[leaf >> 27 & 7]
        return {"allowed": reason is None, "reason": reason,
                "rule": None if rule == 0x7ffffff else rule}

    def facts(self, request):
        """The classes that are the same wherever they are asked for, and the path."""
        destination = request["destination"]
        if destination is None:
            destination = self.scope
            if not destination:
                raise Denied("malformed_request")
        path = path_of(request) if request["protocol"] == "http" else b""
        peer = request["peer"]
        if not peer:
            raise Denied("missing_peer")
        peer_class = self.name(PEERS, peer)
        if peer_class == 0 and not self.is_identity(peer):
            raise Denied("malformed_peer")
        destination_class = self.name(DESTINATIONS, destination)
        if self.scope and destination != self.scope and destination_class == 0:
            raise Denied("destination_not_covered")
        return {0: PROTOCOLS[request["protocol"]], 1: destination_class, 2: peer_class, 8: 0,
                "path": path}

    def walk(self, kind, facts, request):
        """The leaf of a diagram."""
        section = self.sections[kind]
        reference = word(section, 0)
        while reference & 1 << 31 == 0:
            head, count, otherwise = words(section, 4 + 4 * reference, 3)
            edges = words(section, 4 + 4 * (reference + 3), 2 * count)
            targets = dict(zip(edges[::2], edges[1::2]))
            of_level = self.class_at(self.levels[head & 0x3fffffff], facts, request)
            reference = targets.get(of_level, otherwise)
        return reference

    def class_at(self, level, facts, request):
        attribute, automaton, header = level
        if attribute in facts:
            return facts[attribute]
        if facts[0] != PROTOCOLS["http"] and attribute in OF_REQUESTS:
            return 0
        if attribute == 3:
            port = request["port"]
            return self.ports.index(port) + 1 if port in self.ports else 0
        if attribute == 4:
            return self.automata[automaton].class_of(facts["path"])
        if attribute == 5:
            return 0 if request["method"] is None else self.name(METHODS, request["method"])
        if attribute == 6:
            host = host_of(request["authority"])
            return 0 if host is None else self.automata[automaton].class_of(host)
        values = [value for name, value in request["headers"] if name.lower() == header]
        return self.automata[automaton].class_of_all(values)

    def share(self, root, request):
        """The name of the split and the backends; None when no split applies."""
        service = self.name(SERVICES, root)
        if service == 0:
            return None
        try:
            path = path_of(request) if request["protocol"] == "http" else None
        except Denied:
            path = None
        facts = {0: 2 if path is None else 1, 1: 0, 2: 0, 8: service, "path": path or b""}
        leaf = self.walk(SPLITS, facts, request)
        return self.share_at(leaf & 0x7ffffff) if leaf >> 27 & 7 == 0 else None

    def share_at(self, index):
        section = self.sections[SHARES]
        shares, backends = words(section, 0, 2)
        text = section[8 + 12 * shares + 16 * backends:]
        offset, length, first = words(section, 8 + 12 * index, 3)
        last = word(section, 8 + 12 * (index + 1) + 8) if index + 1 < shares else backends
        name = text[offset:offset + length].decode()
        of_share = []
        for backend in range(first, last):
            offset, length, weight, port = words(section, 8 + 12 * shares + 16 * backend, 4)
            of_share.append([text[offset:offset + length].decode(), weight, port or None])
        return name, of_share


def sections(data):
    """The sections of a table by kind, those that are absent without bytes."""
    require(data[:8] == LABEL, "the label is missing")
    require(len(data) >= 56, "it ends too early")
    version, dialect, identities, length, checksum = struct.unpack_from("<HBBII", data, 8)
    require(version == 1, "the version is unknown")
    require(length == len(data), "the length differs")
    require(checksum == zlib.crc32(data[20:], zlib.crc32(data[:16])), "the checksum differs")
    require(dialect < 4 and identities < 2, "dialect or form of identities are unknown")
    count = word(data, 52)
    found = dict.fromkeys(range(SCOPE, PROVENANCE + 1), b"")
    before, expected = 0, 56 + 12 * count
    for entry in range(count):
        kind, offset, length = words(data, 56 + 12 * entry, 3)
        require(before < kind <= PROVENANCE, "a section is unknown or out of order")
        require(offset == expected, "a section is not where it should be")
        found[kind] = data[offset:offset + length]
        before, expected = kind, offset + length + -length % 4
    require(expected == len(data), "the last section does not end the table")
    digest = hashlib.sha256(struct.pack("<HBB", version, dialect, identities))
    for kind in range(SCOPE, PROVENANCE):
        digest.update(struct.pack("<II", kind, len(found[kind])) + found[kind])
    require(digest.digest() == data[20:52], "the digest differs")
    return found


def levels(section):
    """Attribute, automaton and name of a header, of each level."""
    count = word(section, 0)
    text = section[4 + 16 * count:]
    entries = [words(section, 4 + 16 * level, 4) for level in range(count)]
    return [(attribute, automaton, text[offset:offset + length])
            for attribute, automaton, offset, length in entries]


def automata(section):
    count = word(section, 0)
    offsets = words(section, 4, count + 1)
    body = section[4 + 4 * (count + 1):]
    return [Automaton(body[start:end]) for start, end in zip(offsets, offsets[1:])]


class Automaton:
    def __init__(self, data):
        slots, self.rows, self.columns, self.start, _, meets = words(data, 0, 6)
        self.slots = data[24:24 + 16 * slots]
        at = 24 + len(self.slots)
        self.column_of = data[at:at + 256] if self.rows else b""
        at += len(self.column_of)
        self.cells = words(data, at, self.rows * (self.columns + 1))
        triples = struct.iter_unpack("<3H", data[at + 4 * len(self.cells):][:6 * meets])
        self.meets = {(a, b): both for a, b, both in triples}

    def class_of(self, text):
        try:
            text.decode()
        except UnicodeDecodeError:
            return 0
        at = self.start
        while True:
            if at & 1 << 31:
                row = self.cells[(at & 0x7fffffff) * (self.columns + 1):][:self.columns + 1]
                if not text:
                    return row[0]
                at, text = row[1 + self.column_of[text[0]]], text[1:]
                continue
            slot = self.slots[16 * at:16 * at + 16]
            kind, count, of_slot, target = struct.unpack_from("<BBHI", slot)
            if kind == 0:
                return 0
            if kind == 4 or not text:
                return of_slot
            if kind == 1:
                if not text.startswith(slot[8:8 + count]):
                    return 0
                at, text = target, text[count:]
            else:
                at, text = self.range_of(at, count, text[0], target), text[1:]

    def range_of(self, at, count, byte, otherwise):
        own = 16 * at + 8
        more = [16 * (at + 1 + index // 2) + (4, 10)[index % 2] for index in range(count - 1)]
        for place in [own, *more]:
            first, last, target = struct.unpack_from("<BBI", self.slots, place)
            if first <= byte <= last:
                return target
        return otherwise

    def class_of_all(self, values):
        """What all values of a header have in common."""
        classes = [self.class_of(value) for value in values]
        common = classes[0] if classes else 0
        for other in classes[1:]:
            if other != common:
                common = self.meets.get((min(common, other), max(common, other)), 0)
        return common


def path_of(request):
    """The canonical path of a request with HTTP."""
    target = request["path"]
    if not request["method"] or target is None:
        raise Denied("malformed_request")
    path = target.partition(b"?")[0]
    segments = path.split(b"/")[1:]
    if (re.search(rb"[\x00-\x1f\x7f#]", target) or not path.startswith(b"/") or b"//" in path
            or not all(map(is_canonical, segments))):
        raise Denied("non_canonical_path")
    return path


def is_canonical(segment):
    if b"\\" in segment or re.search(rb"%(?![0-9A-Fa-f]{2})", segment):
        return False
    if re.search(rb"%(00|2f|5c)", segment, re.IGNORECASE):
        return False
    for escapes in re.findall(rb"(?:%..)+", segment):
        try:
            bytes.fromhex(escapes.decode().replace("%", "")).decode()
        except UnicodeDecodeError:
            return False
    decoded = re.sub(rb"%(..)", lambda escape: bytes.fromhex(escape[1].decode()), segment)
    return (not re.search(rb"%[0-9A-Fa-f]{2}", decoded)
            and decoded.partition(b";")[0] not in (b".", b".."))


def host_of(authority):
    if authority is None:
        return None
    match = re.fullmatch(rb"(\[[^\]]*\]|[^\[:][^:]*|)(?::[0-9]*)?", authority, re.DOTALL)
    if not match:
        return None
    host = match[1].removesuffix(b".")
    is_fine = re.fullmatch(rb"[!-~]*", host) and not set(host) & set(b"@,/\\?#;\"'")
    return host if is_fine else None


MASK = (1 << 64) - 1
MULTIPLIER = 0x9e3779b97f4a7c15


def mix(state, number):
    mixed = (state ^ number) * MULTIPLIER & MASK
    return mixed ^ mixed >> 32


@cache
def hash_of(name):
    blocks = [name[at:at + 16] for at in range(0, len(name) - 15, 16)]
    if len(name) < 16:
        blocks = [name.ljust(16, b"\0")]
    elif len(name) % 16:
        blocks.append(name[-16:])
    one, two = len(name), MULTIPLIER
    for block in blocks:
        one = mix(one, int.from_bytes(block[:8], "little"))
        two = mix(two, int.from_bytes(block[8:], "little"))
    return mix(one, two)


def choose(backends, root, key):
    hashed = hash_of(key)
    number = hash_of(root) ^ (hashed << 32 & MASK | hashed >> 32)
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9 & MASK
    number = (number ^ number >> 27) * 0x94d049bb133111eb & MASK
    number ^= number >> 31
    point = number * sum(weight for _, weight, _ in backends) >> 64
    for backend in backends:
        point -= backend[1]
        if point < 0:
            return backend


@cache
def table(path):
    with open(path, "rb") as file:
        return Table(file.read())


def to_bytes(value):
    """Texts as the bytes that they stand for."""
    return value.encode("latin-1") if isinstance(value, str) else value


def request_of(texts):
    parts = ("peer", "destination", "port", "method", "path", "authority")
    request = {part: to_bytes(texts.get(part)) for part in parts}
    request["protocol"] = texts.get("protocol", "http")
    request["headers"] = [tuple(map(to_bytes, pair)) for pair in texts.get("headers", [])]
    return request


def answer(question):
    request = request_of(question["request"])
    try:
        of_question = table(question["table"])
    except Refused as refused:
        return {"refused": str(refused)}
    if "root" not in question:
        return of_question.decide(request)
    root, key = to_bytes(question["root"]), to_bytes(question["key"])
    share = of_question.share(root, request)
    if share is None:
        return None
    split, backends = share
    return {"split": split, "backends": backends, "chosen": choose(backends, root, key)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
