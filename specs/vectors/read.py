#!/usr/bin/env python3
"""Reads the vectors in another language, with nothing but Python's own library, and recomputes what
needs a hash alone: labelled hashes, roots of batches, tags of presentations, ids of delegated
tickets, links of the audit chain, MACs of stored records. Usage: read.py FOLDER. Fails at the first
case that does not hold.
"""
import hashlib
import sys


def cases(path):
    """The cases of one file: lists of (name, value)."""
    lines = [line for line in open(path, encoding="utf-8").read().split("\n") if line[:1] != "#"]
    for block in "\n".join(lines).strip().split("\n\n"):
        yield [tuple(part.strip() for part in line.split("=", 1))
               for line in block.strip().split("\n")]


def H(label, *parts, key=b""):
    """Protocol 1: BLAKE2b-256, the label as personalisation, each part behind its length."""
    data = b"".join(len(part).to_bytes(4, "little") + part for part in parts)
    person = label.encode().ljust(16, b"\0")
    return hashlib.blake2b(data, digest_size=32, key=key, person=person).digest()


def value(wire, at=0):
    """One value of a message that is canonical, and where the next one begins."""
    def number(size):
        return int.from_bytes(wire[at + 1:at + 1 + size], "big"), at + 1 + size

    tag = wire[at]
    if tag < 0x80:
        return tag, at + 1
    if 0xCC <= tag <= 0xCF:
        return number(1 << (tag - 0xCC))
    if 0xA0 <= tag <= 0xBF:
        size, at = tag & 0x1F, at + 1
    elif tag in (0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB):
        size, at = number({0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}[tag])
    else:
        count, at = (tag & 0x0F, at + 1) if tag < 0xA0 else number({0xDC: 2, 0xDD: 4}[tag])
        items = []
        for _ in range(count):
            item, at = value(wire, at)
            items.append(item)
        return items, at
    return wire[at:at + size], at + size


def check_hash(case):
    parts = [bytes.fromhex(text) for name, text in case["all"] if name == "part"]
    return H(case["label"], *parts, key=bytes.fromhex(case.get("key", ""))).hex() == case["out"]


def check_batch(case):
    _, index, path, _ = value(bytes.fromhex(case["proof"]))[0]
    at = H("WB1 leaf", bytes.fromhex(case["header"]), bytes.fromhex(case["body"]))
    good = at.hex() == case["leaf"]
    for level, sibling in enumerate(path):
        at = H("WB1 node", sibling, at) if index >> level & 1 else H("WB1 node", at, sibling)
    return good and at.hex() == case["root"]


def check_presentation(case):
    ticket, caveats, authenticator, tag = value(bytes.fromhex(case["presentation"]))[0]
    chain = H("WB1 chain", ticket, key=bytes.fromhex(case["session"]))
    for caveat in caveats:
        chain = H("WB1 caveat", caveat, key=chain)
    if case.get("ticket_id") not in (None, H("WB1 delegated", tag)[:16].hex()):
        return False
    return chain.hex() == case["chain"] and H("WB1 final", authenticator, key=chain) == tag


def check_chain(case):
    link = bytes(32)
    for row in [text.split() for name, text in case["all"] if name == "row"]:
        link = H("WB1 audit", link, bytes.fromhex(row[1]))
        if link.hex() != row[2]:
            return False
    return True


def check_record(case):
    stored, value = bytes.fromhex(case["stored"]), bytes.fromhex(case["value"])
    mac = H("WB1 record", case["table"].encode(), bytes.fromhex(case["key"]), value,
            key=bytes.fromhex(case["master_key"]))
    return stored == value + mac


done = 0
for file, kinds, check in (("primitives.txt", ["hash"], check_hash),
                           ("batch.txt", [None], check_batch),
                           ("presentation.txt", ["request", "delegation"], check_presentation),
                           ("audit.txt", ["chain"], check_chain),
                           ("record.txt", ["record"], check_record)):
    for lines in cases(f"{sys.argv[1]}/{file}"):
        case = dict(lines, all=lines)
        good = case.get("expect", "ok") == "ok" and "fault" not in case
        if good and case.get("kind") in kinds:
            if not check(case):
                sys.exit(f"{file}: {case['name']}: does not hold")
            done += 1
print(f"{done} cases hold")
