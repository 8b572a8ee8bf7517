"""What pefile says of the PE files named as arguments: one JSON object a line."""
import json
import sys

import pefile

RESOURCES = pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_RESOURCE"]


def fixed(high, low):
    return f"{high >> 16}.{high & 0xFFFF}.{low >> 16}.{low & 0xFFFF}"


def directory(pe, index):
    entries = pe.OPTIONAL_HEADER.DATA_DIRECTORY
    return entries[index] if index < len(entries) else None


def facts_of(path):
    pe = pefile.PE(path, fast_load=True)
    pe.parse_data_directories(directories=[RESOURCES])
    facts = {
        "machine": pe.FILE_HEADER.Machine,
        "subsystem": pe.OPTIONAL_HEADER.Subsystem,
        "dotNet": bool(directory(pe, 14) and directory(pe, 14).VirtualAddress),
        "isLibrary": pe.is_dll(),
        "hasCertificateTable": bool(directory(pe, 4) and directory(pe, 4).Size),
        "strings": {},
    }
    if getattr(pe, "VS_FIXEDFILEINFO", None):
        info = pe.VS_FIXEDFILEINFO[0]
        facts["fixedFileVersion"] = fixed(info.FileVersionMS, info.FileVersionLS)
        facts["fixedProductVersion"] = fixed(info.ProductVersionMS, info.ProductVersionLS)
    for entry in (getattr(pe, "FileInfo", None) or [[]])[0]:
        for table in getattr(entry, "StringTable", [])[:1]:
            for key, value in table.entries.items():
                facts["strings"].setdefault(key.decode(), value.decode())
    return facts


for path in sys.argv[1:]:
    try:
        print(json.dumps(facts_of(path)))
    except pefile.PEFormatError as error:
        print(json.dumps({"error": str(error)}))
