"""What plistlib says of the property lists named as arguments: one JSON object a line."""
import base64
import json
import plistlib
import sys


def plain(value):
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, bytes):
        return {"data": base64.b64encode(value).decode()}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return {"integer": str(value)}
    if isinstance(value, plistlib.UID):
        return {"uid": value.data}
    if hasattr(value, "isoformat"):
        # Dates of property lists are UTC.
        return {"date": value.replace(microsecond=0).isoformat() + "Z"}
    return value


for path in sys.argv[1:]:
    try:
        with open(path, "rb") as file:
            answer = {"value": plain(plistlib.load(file))}
        print(json.dumps(answer))
    except Exception as error:
        print(json.dumps({"error": repr(error)}))
