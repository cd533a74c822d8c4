"""The vocabulary: frozen, hashable records and closed sets; imports nothing but the standard library.

JSON that strangers wrote (arguments, results, schemas) stays text in fields named `*_json`, exactly as received or
canonical where the field says so, because parsing would lose 25.60 and 2^53+1. Every record here has one protobuf
message of the same name and the same field names; `shared.runtime.wire` translates by name.
"""
