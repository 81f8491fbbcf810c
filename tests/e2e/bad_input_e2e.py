"""Bad input of every kind against the real program: files, words, endpoints, certificates, replies, credentials.

Each case asserts the exit code of DESIGN.md section 9 and the words that a user needs on stderr; every run besides:
nothing half-written on stdout, no crash, no secret, bounded memory and time. Usage: bad_input_e2e.py [CASE].
"""
import json
import os
import sys
import threading

import e2e
import hostile
from e2e import ENVIRONMENT, OTHER, SERVICE, USAGE

RSS_MAX_MIB = 400
CPU_SECONDS_MAX = 20
SECRET = "e2eBadInput/Secret/Access/Key/00000000001"
TOKEN = "e2eBadInputSessionToken0000000001"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAE2EBADINPUT00001", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN}
EXTERNAL_ID = "e2e-external-id"
FLEET = f"""version: 1
mode: read-write
hub: {{account: "111122223333", region: us-east-1}}
defaults: {{role: PosternOperator, regions: [us-east-1]}}
accounts:
  - {{id: "444455556666", name: payments-prod, external_id: {EXTERNAL_ID}}}
selectors:
  dr: {{tags: {{"dr:enabled": "true"}}}}
"""
PLACE = e2e.Place()
MIB = b" " * (1 << 20)


def run(code, *words, says=(), stdout="empty", **options):
    """One run and everything that holds for every run. `stdout`: empty, document (whole, without data) or any."""
    done = PLACE.run(*words, **options)
    e2e.expect_code(done, code)
    for word in says:
        e2e.expect(word in done.err, f"{word!r} is not on stderr", done)
    e2e.expect(done.err.strip() != "", "nothing on stderr", done)
    if stdout == "empty":
        e2e.expect_equal(done.out, "", "stdout", done)
    elif stdout == "document":
        document = done.document()
        e2e.expect(document["schema"].startswith("postern."), "schema", done)
        for row in document.get("accounts", []):
            e2e.expect_equal(row["status"], "failed", "status", done)
        if "targets" in document:
            e2e.expect_equal(document["targets"], [], "targets", done)
            e2e.expect(document["problems"], "no problem named", done)
    for secret in (SECRET, TOKEN, "Bearer", "Traceback"):
        e2e.expect(secret not in done.out + done.err, f"{secret} was shown", done)
    e2e.expect(done.rss_mib < RSS_MAX_MIB, f"{done.rss_mib:.0f} MiB held", done)
    e2e.expect(done.cpu_seconds < CPU_SECONDS_MAX, f"took {done.cpu_seconds:.1f} s of CPU", done)
    e2e.expect(len(done.err) < 20_000, f"{len(done.err)} characters on stderr", done)
    return done


# --- what the user writes ---------------------------------------------------------------------------------------------

FLEET_CASES = {  # name: (content, words on stderr)
    "open_list": ("version: 1\naccounts: [\n  {id: \"1\"\n", ["fleet.yaml:3:"]),
    "tab": ("version: 1\n\tmode: read-only\n", ["fleet.yaml:2:1", "tab"]),
    "bad_indent": ("version: 1\nhub:\n  account: \"111122223333\"\n region: x\n", ["fleet.yaml:4:"]),
    "unknown_key": ("version: 1\nacounts: []\n", ["fleet.yaml:2:1", "'acounts'", "did you mean 'accounts'"]),
    "unknown_inner_key": (FLEET.replace("external_id:", "externalid:"), ["fleet.yaml:6:", "external_id"]),
    "short_account": (FLEET.replace("444455556666", "4444"), ["fleet.yaml:6:10", "'4444'", "twelve"]),
    "duplicate_account": (FLEET.replace("selectors:", '  - {id: "444455556666", name: again}\nselectors:'),
                          ["fleet.yaml:7:"]),
    "duplicate_key": ("version: 1\nversion: 1\n", ["fleet.yaml:2:1", "version"]),
    "no_version": ("accounts: []\n", ["version"]),
    "later_version": ("version: 99\n", ["fleet.yaml:1:10", "version must be 1"]),
    "bad_region": (FLEET.replace("regions: [us-east-1]", "regions: [us_east_1]"), ["fleet.yaml:4:", "us_east_1"]),
    "bad_mode": (FLEET.replace("read-write", "read-wriet"), ["fleet.yaml:2:", "read-w"]),
    "bad_selector": (FLEET.replace('tags: {"dr:enabled": "true"}', "stat: running"), ["fleet.yaml:8:", "state"]),
    "binary": (b"\x00\x01\x02\xff\xfe" * 50, ["fleet.yaml"]),
    "invalid_utf8": (b"version: 1\nmode: \xff\xfe\xfd\n", ["fleet.yaml"]),
    "escapes": (b"version: 1\n\"\\e[31mred\\e[0m\": 1\n", ["fleet.yaml:2:1"]),
    "empty": ("", ["fleet.yaml"]),
    "list": ("- 1\n- 2\n", ["fleet.yaml:1:1"]),
    "scalar": ("hello\n", ["fleet.yaml:1:1"]),
    "deep": ("a: " + "[" * 100_000, ["fleet.yaml"]),
    "deep_maps": ("version: 1\n" + "{a: " * 50_000, ["fleet.yaml"]),
    "alias_bomb": ("a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [" + ",".join([f"*{chr(97 + i)}"] * 9) + "]\n" for i in range(12)),
                   ["fleet.yaml"]),
    "two_documents": (FLEET + "---\nversion: 1\n", ["fleet.yaml"]),
    "huge": (b"# " + b"x" * (40 << 20), ["fleet.yaml"]),
}


def fleet_file(name):
    content, says = FLEET_CASES[name]
    PLACE.write("fleet.yaml", content)
    done = run(USAGE, "-f", "fleet.yaml", "targets", says=says)
    e2e.expect("\x1b" not in done.err, "an escape sequence of the file reached the terminal", done)


def unreadable_files():
    run(USAGE, "-f", "nowhere.yaml", "targets", says=["nowhere.yaml", "No such file"])
    run(USAGE, "-f", PLACE.folder, "targets", says=[PLACE.folder, "irectory"])
    PLACE.write("fleet.yaml", FLEET)
    run(USAGE, "-f", "fleet.yaml", "run", "-y", "--script", "nowhere.sh", says=["nowhere.sh", "No such file"])
    run(ENVIRONMENT, "-f", "fleet.yaml", "--ca-bundle", "nowhere.pem", "targets", says=["nowhere.pem"])
    PLACE.write("garbage.pem", "no certificate here\n")
    run(ENVIRONMENT, "-f", "fleet.yaml", "--ca-bundle", "garbage.pem", "targets", says=["garbage.pem"])
    PLACE.write("secret.yaml", FLEET.replace(EXTERNAL_ID, '"file:nowhere.txt"'))
    run(USAGE, "-f", "secret.yaml", "targets", says=["ExternalId", "nowhere.txt"], stdout="document",
        environment={**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    PLACE.write("secret.yaml", FLEET.replace(EXTERNAL_ID, '"env:E2E_NOT_SET"'))
    run(USAGE, "-f", "secret.yaml", "targets", says=["ExternalId", "E2E_NOT_SET"], stdout="document",
        environment={**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    if os.geteuid() != 0:
        PLACE.write("closed.yaml", FLEET, mode=0)
        run(USAGE, "-f", "closed.yaml", "targets", says=["closed.yaml", "ermission"])


WORD_CASES = {
    "command": (["targts"], ["'targts'", "did you mean 'targets'"]),
    "subcommand": (["accounts", "chek"], ["'chek'", "did you mean 'accounts check'"]),
    "option": (["targets", "--regin", "x"], ["--regin", "did you mean '--region'"]),
    "option_without_value": (["targets", "--region"], ["--region"]),
    "output": (["targets", "-o", "yaml"], ["'yaml'", "ndjson"]),
    "page_size": (["targets", "--page-size", "3"], ["--page-size", "5 to 1000"]),
    "page_size_huge": (["targets", "--page-size", "99999999999999999999"], ["--page-size"]),
    "timeout": (["targets", "--timeout", "3x"], ["--timeout", "'3x'"]),
    "account": (["targets", "-a", "paymets-prod"], ["'paymets-prod'", "did you mean 'payments-prod'"]),
    "account_id": (["targets", "-a", "123456789012"], ["123456789012"]),
    "region": (["targets", "-r", "mars-north-1x!"], ["mars-north-1x!"]),
    "selector_open": (["targets", "-s", "a=b and (name:x"], ["column 9", "never closed", "\n            ^"]),
    "selector_unknown": (["targets", "-s", "@drr"], ["@drr", "did you mean '@dr'"]),
    "selector_id": (["targets", "-s", "id:i-xyz"], ["i-xyz"]),
    "selector_deep": (["targets", "-s", "(" * 20_000 + "name:x" + ")" * 20_000], ["selector"]),
    "selector_long": (["targets", "-s", "not " * 20_000 + "name:x"], ["selector"]),
    "query": (["targets", "-q", "targets[?"], ["--query", "column 10", "^"]),
    "query_deep": (["targets", "-q", "[" * 20_000], ["--query"]),
    "query_function": (["accounts", "list", "-q", "nosuch(@)"], ["--query", "nosuch"]),
    "no_command": (["run", "-y"], ["no command"]),
    "both_commands": (["run", "-y", "--script", "x.sh", "--", "uptime"], ["not both"]),
    "execution_timeout": (["run", "-y", "--execution-timeout", "1s", "--", "x"], ["--execution-timeout", "5 seconds"]),
    "role_arn": (["targets", "--role-arn", "arn:aws:iam::12:role/x"], ["'12'", "twelve"]),
    "endpoint": (["targets", "--endpoint-url", "ftp://127.0.0.1"], ["ftp://127.0.0.1", "http"]),
    "invalid_utf8": (["targets", "-s", b"name:\xff\xfe"], ["UTF-8"]),
    "control_characters": (["targets", "-s", "@\x1b[31mred"], []),
}


def words(name):
    arguments, says = WORD_CASES[name]
    PLACE.write("fleet.yaml", FLEET)
    PLACE.write("x.sh", "uptime\n")
    arguments = [os.fsdecode(word) if isinstance(word, bytes) else word for word in arguments]
    done = run(USAGE, "-f", "fleet.yaml", *arguments, says=says,
               environment={**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    e2e.expect("\x1b" not in done.err, "an escape sequence reached the terminal", done)


def aws_configuration():
    PLACE.write("config", "[profile a\nregion = x\n")
    run(ENVIRONMENT, "-r", "us-east-1", "targets", says=["config"], environment={"AWS_CONFIG_FILE": PLACE.path("config")})
    PLACE.write("config", "[profile a]\nregion = us-east-1\nrole_arn = arn:aws:iam::444455556666:role/r\n"
                          "source_profile = b\n[profile b]\nrole_arn = arn:aws:iam::444455556666:role/r\nsource_profile = a\n")
    for asked, says in (("nosuch", ["nosuch"]), ("a", ["profile", "a", "b"])):
        run(ENVIRONMENT, "-p", asked, "-r", "us-east-1", "accounts", "check", says=says, stdout="any",
            environment={"AWS_CONFIG_FILE": PLACE.path("config")})


# --- where it goes ----------------------------------------------------------------------------------------------------

def ask(code, url, *words, says=(), environment=None, stdout="document", **options):
    """A question without a fleet file, to one endpoint."""
    variables = {**KEYS, "AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1", **(environment or {})}
    return run(code, *(words or ("targets",)), "-o", "json", says=says, environment=variables, stdout=stdout, **options)


def connection_refused():
    port = e2e.free_port()
    for words_ in (("targets",), ("accounts", "check")):
        ask(ENVIRONMENT, f"http://127.0.0.1:{port}", *words_, says=[f"127.0.0.1:{port}", "refused", "us-east-1"])
    PLACE.write("fleet.yaml", FLEET)
    ask(ENVIRONMENT, f"http://127.0.0.1:{port}", "-f", "fleet.yaml", "targets",
        says=[f"127.0.0.1:{port}", "refused", "payments-prod"])
    ask(ENVIRONMENT, f"http://127.0.0.1:{port}", "-f", "fleet.yaml", "run", "-y", "--", "uptime", stdout="empty",
        says=[f"127.0.0.1:{port}", "refused", "payments-prod"])


def name_not_found():
    ask(ENVIRONMENT, "http://no-such-host.invalid", says=["no-such-host.invalid"])


def no_network():
    # The kernel refuses a TCP connection to the broadcast address as it does with no route at all.
    ask(ENVIRONMENT, "http://255.255.255.255:80", says=["255.255.255.255:80", "nreachable"])


def proxy_down():
    port = e2e.free_port()
    ask(ENVIRONMENT, "https://ec2.us-east-1.amazonaws.com", says=[f"127.0.0.1:{port}", "proxy"],
        environment={"HTTPS_PROXY": f"http://127.0.0.1:{port}"})


def tls_does_not_verify():
    context, pem = hostile.certificate(PLACE, "localhost")
    with hostile.Server(lambda request: hostile.WELL[request.operation()], context) as server:
        url = f"https://localhost:{server.port}"
        ask(ENVIRONMENT, url, says=[f"localhost:{server.port}", "certificate", "AWS_CA_BUNDLE"])
        e2e.expect_equal(server.operations, [], "requests over a connection that did not verify")
        other = f"https://127.0.0.1:{server.port}"
        ask(ENVIRONMENT, other, says=["127.0.0.1", "certificate"], environment={"AWS_CA_BUNDLE": pem})
        e2e.expect_equal(server.operations, [], "requests to a host of another name")
        done = PLACE.run("targets", "-o", "json", environment={**KEYS, "AWS_ENDPOINT_URL": url, "AWS_CA_BUNDLE": pem,
                                                               "AWS_REGION": "us-east-1"})
        e2e.expect_code(done, 0)
        e2e.expect_equal(done.document()["targets"][0]["ssm"]["status"], "online", "status", done)


def tls_expired():
    context, pem = hostile.certificate(PLACE, "localhost", ended=True)
    with hostile.Server(lambda request: hostile.WELL[request.operation()], context) as server:
        ask(ENVIRONMENT, f"https://localhost:{server.port}", says=["certificate", "expired"],
            environment={"AWS_CA_BUNDLE": pem})


def http_on_tls_port():
    context, _ = hostile.certificate(PLACE, "localhost")
    with hostile.Server(lambda request: hostile.WELL[request.operation()], context) as server:
        ask(ENVIRONMENT, f"http://127.0.0.1:{server.port}", says=[f"127.0.0.1:{server.port}"])


def tls_on_http_port():
    with hostile.Server(lambda request: hostile.WELL[request.operation()]) as server:
        ask(ENVIRONMENT, f"https://127.0.0.1:{server.port}", says=[f"127.0.0.1:{server.port}", "TLS"])


# --- what comes back --------------------------------------------------------------------------------------------------

PAGE = "<!DOCTYPE html>\n<html><head><title>Hotel WLAN</title></head><body>Please log in</body></html>\n"


def cut(whole):
    """The head promises all of it, the connection ends in the middle."""
    yield whole[:-len(whole.partition(b"\r\n\r\n")[2]) // 2]


def endless_headers():
    yield b"HTTP/1.1 200 OK\r\n"
    for i in range(3_000_000):
        yield b"X-Header-%d: %s\r\n" % (i, b"x" * 100)


def silence(seconds=15):
    """Nothing at all until the client has long gone."""
    for _ in range(int(seconds / 0.1)):
        NEVER.wait(0.1)
        yield b""


def drip(seconds=15):
    """A body that goes on and on, one byte at a time."""
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
    for _ in range(int(seconds / 0.1)):
        NEVER.wait(0.1)
        yield b"1\r\n \r\n"


NEVER = threading.Event()


def reply(xml, as_json):
    """A behaviour: `xml` or `as_json` (functions that make an answer) by protocol."""
    return lambda request: (as_json if request.is_json() else xml)()


def nested_xml(depth, operation):
    return f"<{operation}Response>" + "<a>" * depth + "</a>" * depth + f"</{operation}Response>"


REPLIES = {  # name: (of an XML operation, of a JSON operation, words that say it)
    "html_page": (lambda: hostile.response(PAGE, content_type="text/html"),
                  lambda: hostile.response(PAGE, content_type="text/html"), ["text/html"]),
    "html_502": (lambda: hostile.response(PAGE, "502 Bad Gateway", "text/html"),
                 lambda: hostile.response(PAGE, "502 Bad Gateway", "text/html"), ["502", "text/html"]),
    "empty": (lambda: hostile.response(""), lambda: hostile.json_response(""), []),
    "cut_body": (lambda: cut(hostile.response(hostile.INSTANCES)), lambda: cut(hostile.json_response(hostile.NODES)), []),
    "cut_text": (lambda: hostile.response(hostile.INSTANCES[:200]), lambda: hostile.json_response(hostile.NODES[:40]),
                 []),
    "100_mib": (lambda: hostile.chunked("text/xml", [MIB] * 100),
                lambda: hostile.chunked("application/x-amz-json-1.1", [MIB] * 100), ["larger than postern accepts"]),
    "100_mib_promised": (lambda: b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n<a>",
                         lambda: b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n{", ["larger than postern accepts"]),
    "many_elements": (
        lambda: hostile.chunked("text/xml", [b"<a>", *[b"<a/>" * (1 << 18)] * 40, b"</a>"]),
        lambda: hostile.chunked("application/x-amz-json-1.1", [b'{"a":[0', *[b",0" * (1 << 19)] * 40, b"]}"]), []),
    "nested": (lambda: hostile.response(nested_xml(100_000, "DescribeInstances")),
               lambda: hostile.json_response('{"InstanceInformationList":' + "[" * 100_000 + "]" * 100_000 + "}"), []),
    "nested_objects": (lambda: hostile.response("<a>" * 500_000), lambda: hostile.json_response('{"a":' * 100_000), []),
    "invalid_utf8": (lambda: hostile.response(hostile.INSTANCES.encode().replace(b"running", b"run\xff\xfe")),
                     lambda: hostile.json_response(hostile.NODES.encode().replace(b"Online", b"On\xff\xfe")), []),
    "xml_entities": (lambda: hostile.response('<!DOCTYPE a [<!ENTITY b "' + "x" * 1000 + '">'
                                              '<!ENTITY c SYSTEM "file:///etc/passwd">]><a>&b;&c;</a>'),
                     lambda: hostile.json_response('{"InstanceInformationList": 7}'), []),
    "wrong_types": (lambda: hostile.response("<DescribeInstancesResponse>text</DescribeInstancesResponse>"),
                    lambda: hostile.json_response('[1, "x", null]'), []),
    "endless_headers": (endless_headers, endless_headers, []),
    "no_http": (lambda: b"SSH-2.0-OpenSSH_9.2\r\n" * 50, lambda: b"\x00\x01\x02" * 500, []),
    "closes": (lambda: None, lambda: None, []),
    "redirect": (lambda: hostile.response("", "301 Moved", headers=["Location: http://127.0.0.1:9/"]),
                 lambda: hostile.response("", "307 Moved", headers=["Location: http://127.0.0.1:9/"]), ["30"]),
    "negative_length": (lambda: b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n<a/>",
                        lambda: b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", []),
    "huge_chunk": (lambda: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
                   lambda: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n", []),
    "page_of_terminal_codes": (
        lambda: hostile.response("\x1b]0;owned\x07\x1b[31m" + PAGE, "500 Error", "text/html\x1b[31m"),
        lambda: hostile.json_response('{"__type":"X\\u001b[31m","message":"\\u001b]0;owned\\u0007"}', "400 Bad")
        , []),
}
# Replies after which the answer stands all the same: nothing in them contradicts the protocol.
LENIENT = {"xml": {"empty", "wrong_types"}, "json": {"empty", "many_elements"}}


def hostile_xml(name):
    """Of EC2, which the whole command hangs on."""
    xml, _, says = REPLIES[name]
    with hostile.Server(reply(xml, lambda: hostile.WELL["DescribeInstanceInformation"])) as server:
        done = PLACE.run("targets", "-o", "json", environment={
            **KEYS, "AWS_ENDPOINT_URL": server.url, "AWS_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "2"}, timeout=40)
        check_reply(done, server)
        if done.code == 0:
            e2e.expect(name in LENIENT["xml"], "taken for an answer", done)
            return
        e2e.expect(done.code in (SERVICE, ENVIRONMENT), "exit code", done)
        for word in (*says, "us-east-1"):
            e2e.expect(word in done.err, f"{word!r} is not on stderr", done)
        e2e.expect(done.document()["problems"] and not done.document()["targets"], "the problem is named", done)


def hostile_json(name):
    """Of Systems Manager, whose silence makes targets unknown."""
    _, as_json, says = REPLIES[name]
    with hostile.Server(reply(lambda: hostile.WELL["DescribeInstances"], as_json)) as server:
        done = PLACE.run("targets", "-o", "json", environment={
            **KEYS, "AWS_ENDPOINT_URL": server.url, "AWS_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "2"}, timeout=40)
        check_reply(done, server)
        e2e.expect_code(done, 0)
        node = done.document()["targets"][0]["ssm"]
        if name in LENIENT["json"]:
            e2e.expect(node["status"] != "online", "never shown as healthy", done)
            return
        e2e.expect_equal(node["status"], "unknown", "status", done)
        for word in says:
            e2e.expect(word in node["reason"], f"{word!r} is not in the reason", done)


def check_reply(done, server):
    e2e.expect(done.rss_mib < RSS_MAX_MIB, f"{done.rss_mib:.0f} MiB held", done)
    e2e.expect(done.cpu_seconds < CPU_SECONDS_MAX, f"took {done.cpu_seconds:.1f} s of CPU", done)
    e2e.expect(SECRET not in done.out + done.err and TOKEN not in done.out + done.err, "a secret was shown", done)
    e2e.expect("\x1b" not in done.err, "an escape sequence of the reply reached the terminal", done)
    e2e.expect(len(done.err) < 20_000 and len(done.out) < 20_000, "too much said", done)


def hostile_identity():
    """Of STS: `accounts check` with each broken reply fails and says so."""
    for name, (xml, _, _) in REPLIES.items():
        with hostile.Server(lambda request: xml()) as server:
            done = PLACE.run("accounts", "check", "-o", "json", environment={
                **KEYS, "AWS_ENDPOINT_URL": server.url, "AWS_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1"}, timeout=40)
            check_reply(done, server)
            e2e.expect(done.code in (1, SERVICE, ENVIRONMENT), f"exit code after {name}", done)
            e2e.expect_equal(done.document()["accounts"][0]["status"], "failed", name, done)


def never_answers():
    for behaviour in (lambda request: silence(), lambda request: drip()):
        with hostile.Server(behaviour) as server:
            for words_ in (("targets",), ("accounts", "check")):
                done = ask(OTHER, server.url, *words_, "--timeout", "3s", says=["time"], stdout="any")
                e2e.expect(2.5 < done.seconds < 8, f"--timeout 3s took {done.seconds:.1f} s", done)


# --- who asks ---------------------------------------------------------------------------------------------------------

def error_xml(code, message):
    return hostile.response(f'<ErrorResponse xmlns="{hostile.NAMESPACES["sts"]}"><Error><Type>Sender</Type><Code>{code}'
                            f"</Code><Message>{message}</Message></Error><RequestId>r-9</RequestId></ErrorResponse>",
                            "403 Forbidden")


def expired_credentials():
    PLACE.write("fleet.yaml", FLEET)
    refused = error_xml("ExpiredToken", "The security token included in the request is expired")
    with hostile.Server(lambda request: refused) as server:
        for words_ in (("-f", "fleet.yaml", "accounts", "check"), ("-f", "fleet.yaml", "targets"), ("targets",),
                       ("accounts", "check")):
            ask(ENVIRONMENT, server.url, *words_, says=["expired"])
        ask(ENVIRONMENT, server.url, "-f", "fleet.yaml", "run", "-y", "--", "uptime", says=["expired"], stdout="empty")


def wrong_secret():
    refused = error_xml("SignatureDoesNotMatch", "The request signature we calculated does not match")
    with hostile.Server(lambda request: refused) as server:
        ask(ENVIRONMENT, server.url, "accounts", "check", says=["signature"])


def no_credentials():
    PLACE.write("fleet.yaml", FLEET)
    for words_ in (("targets",), ("accounts", "check"), ("-f", "fleet.yaml", "accounts", "check"),
                   ("-f", "fleet.yaml", "targets"), ("-f", "fleet.yaml", "run", "-y", "--", "uptime")):
        done = PLACE.run(*words_, "-o", "json", environment={"AWS_REGION": "us-east-1",
                                                             "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
        e2e.expect_code(done, ENVIRONMENT)
        for word in ("credentials", "AWS_ACCESS_KEY_ID"):
            e2e.expect(word in done.err, f"{word!r} is not on stderr", done)
        if done.out:
            json.loads(done.out)


def half_credentials():
    done = run(ENVIRONMENT, "targets", "-r", "us-east-1", says=["AWS_SECRET_ACCESS_KEY"], stdout="any", environment={
        "AWS_ACCESS_KEY_ID": KEYS["AWS_ACCESS_KEY_ID"], "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    e2e.expect("127.0.0.1:9" not in done.err, "nothing was to be asked", done)


def scripts():
    PLACE.write("empty.sh", b"")
    PLACE.write("large.sh", b"\xff" * 50_000)
    PLACE.write("fleet.yaml", FLEET)
    run(USAGE, "-f", "fleet.yaml", "run", "-y", "--script", "empty.sh", says=["empty.sh is empty"])
    run(USAGE, "-f", "fleet.yaml", "run", "-y", "--script", "large.sh", says=["50000 as it is", "61440"])
    run(USAGE, "-f", "fleet.yaml", "run", "-y", "--script", os.fsdecode(b"\xff.sh"), says=["UTF-8"])
    for bad in ("A", "=x", "1A=x", "A-B=x", "postern_x=y", "UID=0"):
        run(USAGE, "-f", "fleet.yaml", "run", "-y", "--env", bad, "--", "true", says=["environment variable"])


def no_region():
    run(USAGE, "targets", says=["--region", "AWS_REGION"], environment={**KEYS, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})


def main():
    cases = []

    def table(prefix, function, names):
        cases.extend((f"{prefix} {name}", lambda name=name: function(name)) for name in names)

    table("fleet", fleet_file, FLEET_CASES)
    table("words", words, WORD_CASES)
    for function in (unreadable_files, aws_configuration, connection_refused, name_not_found, no_network, proxy_down,
                     tls_does_not_verify, tls_expired, http_on_tls_port, tls_on_http_port):
        cases.append((function.__name__, function))
    table("xml", hostile_xml, REPLIES)
    table("json", hostile_json, REPLIES)
    for function in (hostile_identity, never_answers, expired_credentials, wrong_secret, no_credentials,
                     half_credentials, scripts, no_region):
        cases.append((function.__name__, function))
    with PLACE:
        e2e.run_cases(cases)


if __name__ == "__main__":
    sys.exit(main())
