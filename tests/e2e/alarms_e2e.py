"""`deploy alarms` against a served simulated cloud: a stack in every Region of every account, an alarm that is raised when a
command fails, and who is told.

Usage: alarms_e2e.py [CASE]; POSTERN names the program.
"""
import json
import time

import boto3

import e2e
import dr_rollout_e2e
from deploy_e2e import FLEET, HUB, LEDGER, PAYMENTS, World, rows
from sim_serve_e2e import truth

EVERYWHERE = FLEET.replace("regions: [us-east-1]", "regions: [us-east-1, eu-west-1]")


def in_region(world, service, account, region):
    """A client there, with the organisation's own role."""
    client = world.client(service, account)
    keys = client._request_signer._credentials.get_frozen_credentials()
    return boto3.client(service, region_name=region, endpoint_url=world.variables["AWS_ENDPOINT_URL"],
                        verify=world.variables["AWS_CA_BUNDLE"], aws_access_key_id=keys.access_key,
                        aws_secret_access_key=keys.secret_key, aws_session_token=keys.token)


def everywhere():
    with World(EVERYWHERE) as world:
        done = e2e.expect_code(world.run("deploy", "alarms", "--dry-run", "-o", "json"), 0)
        places = [(each["name"], each["region"], each["status"]) for each in done.document()["accounts"]]
        e2e.expect_equal(places, [(name, region, "would_create") for name in ("payments", "ledger")
                                  for region in ("us-east-1", "eu-west-1")], "places", done)
        done = e2e.expect_code(world.run("deploy", "alarms", "--yes", "-o", "json"), 0)
        e2e.expect_equal({each["status"] for each in done.document()["accounts"]}, {"created"}, "statuses", done)
        topics = [each["outputs"]["TopicArn"] for each in done.document()["accounts"]]
        e2e.expect(f"arn:aws:sns:eu-west-1:{LEDGER}:postern-alarms" in topics, f"topics: {topics}", done)
        done = e2e.expect_code(world.run("deploy", "alarms", "--yes", "-o", "json"), 0)
        e2e.expect_equal({each["status"] for each in done.document()["accounts"]}, {"unchanged"}, "a second time", done)
        alarms = in_region(world, "cloudwatch", LEDGER, "eu-west-1").describe_alarms()["MetricAlarms"]
        e2e.expect_equal({each["AlarmName"] for each in alarms},
                         {"postern-commands-failed", "postern-commands-timed-out", "postern-replication-lag"}, "alarms")
        e2e.expect_equal({each["TreatMissingData"] for each in alarms}, {"notBreaching"}, "missing data")
        rules = in_region(world, "events", LEDGER, "eu-west-1").list_rules(NamePrefix="postern-")["Rules"]
        e2e.expect_equal({each["Name"] for each in rules}, {"postern-replication-stalled", "postern-launch-failed"}, "rules")
        done = e2e.expect_code(world.run("deploy", "diff", "--for", "alarms", "--parameter", "LagLimitSeconds=900", "--region",
                                         "eu-west-1", "-o", "json"), 3)
        e2e.expect_equal([(each["region"], each["status"]) for each in done.document()["accounts"]],
                         [("eu-west-1", "would_change")] * 2, "the difference", done)
        e2e.expect_code(world.run("deploy", "delete", "--for", "alarms", "--account", "ledger", "--yes", "-o", "json"), 0)
        left = in_region(world, "cloudwatch", LEDGER, "eu-west-1").describe_alarms()["MetricAlarms"]
        e2e.expect_equal(left, [], "alarms after the deletion")


def topics():
    with World(EVERYWHERE) as world:
        given = f"TopicArn=arn:aws:sns:us-east-1:{HUB}:operations"
        done = e2e.expect_code(world.run("deploy", "alarms", "--parameter", given, "--dry-run"), 2)
        e2e.expect("a topic is of one Region" in done.err, "no word of the Region", done)
        done = e2e.expect_code(world.run("deploy", "alarms", "--parameter", given, "--region", "us-east-1", "--scope",
                                         "commands", "--yes", "-o", "json"), 0)
        e2e.expect_equal({each["outputs"]["TopicArn"] for each in done.document()["accounts"]}, {given[9:]}, "topics", done)
        e2e.expect_code(world.run("deploy", "alarms", "--parameter", "CommandsFailedThreshold=0", "--region", "us-west-2",
                                  "--yes"), 254)


def a_failure_is_told():
    with World() as world:
        socket = world.place.path("truth")
        done = e2e.expect_code(world.run("deploy", "alarms", "--account", "payments", "--yes", "-o", "json"), 0)
        topic = rows(done)["payments"]["outputs"]["TopicArn"]
        state = lambda: {each["AlarmName"]: each["StateValue"]
                         for each in world.client("cloudwatch", PAYMENTS).describe_alarms()["MetricAlarms"]}
        e2e.expect(state()["postern-commands-failed"] != "ALARM", f"before: {state()}")
        ways = world.place.write("operate.yaml", FLEET.replace(
            "roles: {observe: PosternObserve, operate: PosternOperate}", "role: OrganizationAccountAccessRole"))
        run = lambda command: world.place.run("--fleet", ways, "run", "-y", "-o", "json", "--account", "payments", "-s",
                                              "name:web-01", "--", command, environment=world.variables, timeout=120)
        e2e.expect_code(run("true"), 0)
        e2e.expect(state()["postern-commands-failed"] != "ALARM", f"after a success: {state()}")
        e2e.expect_code(run("exit 3"), 1)
        e2e.expect_equal(state()["postern-commands-failed"], "ALARM", "after one failure")
        told = [each for each in truth(socket)["messages"]["kept"] if each["topic"] == topic]
        e2e.expect_equal(len(told), 1, "messages")
        message = json.loads(told[0]["message"])
        e2e.expect_equal((message["AlarmName"], message["NewStateValue"]), ("postern-commands-failed", "ALARM"), "the message")


# "behind" stalled half an hour before the world began; the initiation of "fresh" will fail.
WATCHED = (f"version: 1\nname: watched\nseed: 5\nhub: \"{HUB}\"\nregions: [us-east-1, us-west-2]\naccounts:\n"
           f'  - {{id: "{HUB}", name: hub, users: [{dr_rollout_e2e.OPERATOR}]}}\n'
           + dr_rollout_e2e.account(PAYMENTS, "payments", """    drs:
      - region: us-west-2
        pace: 120
        servers: [{instance: behind, region: us-east-1, age: 7d}]
        faults:
          - {kind: stall, instance: behind, at: -30m}
          - {kind: step, instance: fresh, what: CREATE_SECURITY_GROUP}
""", dr_rollout_e2e.nodes("behind", 1), dr_rollout_e2e.nodes("fresh", 1)))
WATCHED_FLEET = f"""version: 1
hub: {{account: "{HUB}", region: us-east-1}}
defaults: {{role: OrganizationAccountAccessRole, regions: [us-east-1]}}
accounts:
  - {{id: "{PAYMENTS}", name: payments, dr: {{region: us-west-2}}}}
"""


def until(look, seconds=60):
    """The first answer that is something."""
    for _ in range(seconds * 5):
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError("it did not come")


def replication_is_watched():
    with dr_rollout_e2e.World(WATCHED, WATCHED_FLEET) as world:
        done = e2e.expect_code(world.run("deploy", "alarms", "--scope", "recovery", "--region", "us-west-2", "--parameter",
                                         "LagLimitSeconds=60", "--yes", "-o", "json"), 0)
        topic = rows(done)["payments"]["outputs"]["TopicArn"]
        told = lambda: [json.loads(each["message"]) for each in truth(world.socket)["messages"]["kept"] if each["topic"] == topic]
        cloudwatch = dr_rollout_e2e.clients_of(world, PAYMENTS)("cloudwatch", "us-west-2")
        until(lambda: [each for each in cloudwatch.describe_alarms()["MetricAlarms"]
                       if (each["AlarmName"], each["StateValue"]) == ("postern-replication-lag", "ALARM")])
        alarm = until(lambda: [each for each in told() if each.get("NewStateValue") == "ALARM"])[0]
        e2e.expect_equal(alarm["AlarmName"], "postern-replication-lag", "the alarm that is told")
        names = {each["MetricName"] for each in cloudwatch.list_metrics(Namespace="AWS/DRS")["Metrics"]}
        e2e.expect_equal(names, {"ActiveSourceServerCount", "Backlog", "LagDuration", "TotalSourceServerCount"}, "metrics")
        e2e.expect_equal([each for each in told() if each.get("source") == "aws.drs"], [], "what stalled before is no change")
        e2e.expect_code(world.run("dr", "rollout", "--yes", "-s", "name:fresh", "-o", "json"), 0)
        event = until(lambda: [each for each in told() if each.get("source") == "aws.drs"])[0]
        e2e.expect_equal((event["detail-type"], event["detail"]["state"]),
                         ("DRS Source Server Data Replication Stalled Change", "STALLED"), "the event that is told")


if __name__ == "__main__":
    e2e.run_cases([("everywhere", everywhere), ("topics", topics), ("a failure is told", a_failure_is_told),
                   ("replication is watched", replication_is_watched)])
