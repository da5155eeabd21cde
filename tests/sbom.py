#!/usr/bin/env python3
"""What tools/sbom writes of a build has what SPDX 2.3 requires, and says what is linked.

Usage: tests/sbom.py BUILD. Prints each sentence that does not hold; exits 1 if there is any.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Of the schema of SPDX 2.3: what is required, and the values that are used here of each list.
DOCUMENT = {"SPDXID", "creationInfo", "dataLicense", "name", "spdxVersion", "documentNamespace"}
PACKAGE = {"SPDXID", "name", "downloadLocation"}
RELATION = {"spdxElementId", "relationshipType", "relatedSpdxElement"}
KINDS = {"DESCRIBES", "CONTAINS", "DYNAMIC_LINK", "STATIC_LINK", "DEPENDS_ON", "GENERATED_FROM"}
PURPOSES = {"APPLICATION", "LIBRARY", "SOURCE"}
LICENCE = r"[A-Za-z0-9.-]+|NOASSERTION"
DIGITS = {"SHA256": 64}
PURL = r"pkg:(deb/debian|npm/%40[a-z]+)/[a-z0-9.%B+-]+@[^ ?]+(\?arch=[a-z0-9]+)?"
broken = []


def holds(sentence, is_so):
    if not is_so:
        broken.append(sentence)


def written(build, epoch="1790000000"):
    done = subprocess.run([ROOT / "tools/sbom", "--build", build], capture_output=True, text=True,
                          env={**os.environ, "SOURCE_DATE_EPOCH": epoch})
    if done.returncode != 0:
        sys.exit(f"sbom: {done.stderr.strip()}")
    return done.stdout


def check_document(document):
    holds("the document has all that is required", DOCUMENT <= document.keys())
    holds("it says which version it is", document["spdxVersion"] == "SPDX-2.3")
    holds("its own licence is that of all SPDX documents", document["dataLicense"] == "CC0-1.0")
    holds("it has the id of a document", document["SPDXID"] == "SPDXRef-DOCUMENT")
    holds("its namespace is a URI without a fragment",
          re.fullmatch(r"https://[^ #]+", document["documentNamespace"]))
    creation = document["creationInfo"]
    holds("its time is SOURCE_DATE_EPOCH", creation["created"] == "2026-09-21T14:13:20Z")
    holds("its creator is a tool", all(re.match(r"Tool: \S+$", c) for c in creation["creators"]))


def check_package(package):
    name = package.get("name")
    holds(f"{name} has all that is required", PACKAGE <= package.keys())
    holds(f"{name} has a valid id", re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", package["SPDXID"]))
    holds(f"{name} has a version", package.get("versionInfo"))
    holds(f"{name} has a purpose", package.get("primaryPackagePurpose") in PURPOSES)
    for field in ("licenseConcluded", "licenseDeclared"):
        holds(f"{name} has a {field}", re.fullmatch(LICENCE, package.get(field, "")))
    # Files that were analysed would have to be listed, with a verification code.
    holds(f"{name} lists no files", package.get("filesAnalyzed") is False)
    for check in package.get("checksums", []):
        digits = DIGITS.get(check["algorithm"], -1)
        holds(f"{name} has a checksum", re.fullmatch(f"[0-9a-f]{{{digits}}}", check["checksumValue"]))
    for reference in package.get("externalRefs", []):
        holds(f"{name} has a package URL", reference["referenceType"] == "purl" and
              reference["referenceCategory"] == "PACKAGE-MANAGER" and
              re.fullmatch(PURL, reference["referenceLocator"]))


def check_relations(document):
    ids = [package["SPDXID"] for package in document["packages"]]
    holds("no id is there twice", len(ids) == len(set(ids)))
    related = set()
    for relation in document["relationships"]:
        holds("a relationship has all that is required", RELATION <= relation.keys())
        holds(f"{relation['relationshipType']} is a relationship",
              relation["relationshipType"] in KINDS)
        for end in (relation["spdxElementId"], relation["relatedSpdxElement"]):
            holds(f"{end} is in the document", end in ids or end == "SPDXRef-DOCUMENT")
        related.add(relation["relatedSpdxElement"])
    holds("each package is related to something", related == set(ids))


def linked(document, program, how):
    names = {package["SPDXID"]: package["name"] for package in document["packages"]}
    return {names[r["relatedSpdxElement"]] for r in document["relationships"]
            if r["spdxElementId"] == f"SPDXRef-waybill-{program}" and r["relationshipType"] in how}


def owners_of_libraries():
    """The package of each shared library, from dpkg's lists themselves."""
    owners = {}
    for lists in pathlib.Path("/var/lib/dpkg/info").glob("*.list"):
        owner = lists.stem.split(":")[0]
        for name in lists.read_text().splitlines():
            if ".so" in name and not os.path.islink(name):
                owners[os.path.realpath(name)] = owner
    return owners


# Asked another way than the tool does: the loader's own list of what it mapped, and dpkg's lists.
def check_linked(document, build, program, path, owners):
    said = subprocess.run([build / path, "--version"], capture_output=True, text=True, check=True,
                          env={"LD_TRACE_LOADED_OBJECTS": "1"}).stdout
    listed = linked(document, program, {"DYNAMIC_LINK", "DEPENDS_ON"})
    libraries = re.findall(r"=> (\S+) ", said)
    holds(f"the loader maps libraries for {program}", libraries)
    for library in libraries:
        owner = owners.get(os.path.realpath(library))
        holds(f"{owner} is listed of {program}", owner in listed)
    inside = linked(document, program, {"STATIC_LINK"})
    for header_only in ("libcli11-dev", "libmsgpack-cxx-dev", "nlohmann-json3-dev"):
        holds(f"{header_only} is listed as compiled into {program}", header_only in inside)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    text = written(build)
    holds("the same build gives the same bytes", text == written(build))
    document = json.loads(text)
    check_document(document)
    for package in document["packages"]:
        check_package(package)
    check_relations(document)
    owners = owners_of_libraries()
    for program, path in (("waybill", "tools/waybill"), ("waybill-kdc", "kdc/waybill-kdc"),
                          ("waybill-trigger", "trigger/waybill-trigger"),
                          ("waybill-worker", "worker/waybill-worker")):
        check_linked(document, build, program, path, owners)
    for sentence in broken:
        print(f"sbom: not so: {sentence}")
    if broken:
        return 1
    print(f"sbom: {len(document['packages'])} packages, "
          f"{len(document['relationships'])} relationships hold")
    return 0


sys.exit(main())
