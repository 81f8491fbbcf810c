#!/usr/bin/env python3
"""Prints what botocore makes of 1000 generated configuration files, a JSON object a line: {"text": ..., "sections": {...} or null}.

Read by src/aws/auth/config_file_test.cpp. Nested values print as "<nested>". Exit status 77: no botocore here.
"""
import json
import os
import random
import sys
import tempfile

if len(sys.argv) > 1:
    sys.path.insert(0, sys.argv[1])
try:
    from botocore.configloader import raw_config_parse
except ImportError:
    sys.exit(77)

LINES = ["[default]", "[profile x]", "[ a ]", "[a]b]", " [ind]", "key = v", "Key=2", "k2: x = y", "k3=", "  nested = 1", "\tx=2",
         "# c", " ; c", "", "   ", "   cont", "s3 =", "  a = b", "   c", "= bad", "[x", "novalue", "k4 = a # b", "k5 = a ; b",
         '[profile "q r"]', "k6=\u00e9", "  [in]", "k7 =  spaced  ", "[]", "a=b=c", "   # indented comment", "k8 = 'x'"]

random.seed(20261121)
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "config")
    for _ in range(1000):
        head = ["[s]"] if random.random() < 0.8 else []
        body = [random.choice(LINES) for _ in range(random.randint(1, 9))]
        text = "\n".join(head + body) + random.choice(["\n", "", "\n\n"])
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        try:
            sections = {name: {key: "<nested>" if isinstance(value, dict) else value for key, value in values.items()}
                        for name, values in raw_config_parse(path).items()}
        except Exception:  # botocore refuses the file
            sections = None
        print(json.dumps({"text": text, "sections": sections}))
