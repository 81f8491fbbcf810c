"""`deploy roles --via stackset` against a served simulated cloud: the organisation's accounts get their roles at once, each with
an ExternalId of its own; the management account does not, and is told so.

Usage: stack_set_e2e.py [CASE]; POSTERN names the program.
"""
import json

import e2e
from deploy_e2e import DUTIES, HEAD, HUB, LEDGER, PAYMENTS, World, rows

BOTH = HEAD + f"""accounts:
  - {{id: "{PAYMENTS}", name: payments}}
  - {{id: "{LEDGER}", name: ledger}}
"""
WITH_MANAGEMENT = BOTH + f'  - {{id: "{HUB}", name: management}}\n'
VIA = ("--via", "stackset")


def root_of(world):
    return world.client("organizations").list_roots()["Roots"][0]["Id"]


def whole_organisation():
    with World(BOTH) as world:
        e2e.expect_code(world.run("deploy", "roles", "--for", "hub", *DUTIES, "--yes"), 0)
        target = (*VIA, *DUTIES, "--ou", root_of(world))
        done = e2e.expect_code(world.run("deploy", "roles", *target, "--dry-run", "-o", "json"), 0)
        e2e.expect_equal(done.document()["status"], "would_create", "status", done)
        e2e.expect_code(world.run("deploy", "diff", *target, "-o", "json"), 3)
        done = e2e.expect_code(world.run("deploy", "roles", *target, "--yes", "-o", "json"), 0)
        e2e.expect(f"the management account {HUB} gets nothing from this" in done.err, "the management account is silently without", done)
        made = {each["account_id"]: each for each in done.document()["accounts"]}
        e2e.expect({PAYMENTS, LEDGER} <= set(made) and HUB not in made, f"accounts: {sorted(made)}", done)
        e2e.expect_equal({each["status"] for each in made.values()}, {"created"}, "statuses", done)
        ids = {account: each["external_id"] for account, each in made.items()}
        prefix = ids[PAYMENTS][:-13]
        e2e.expect(len(prefix) == 32 and ids[LEDGER] == f"{prefix}-{LEDGER}", f"ExternalIds: {ids}", done)
        e2e.expect(f'external_id: "{ids[LEDGER]}"' in done.err, "the ExternalIds are not told", done)
        e2e.expect("accounts through" in done.err, "no progress", done)

        done = e2e.expect_code(world.run("deploy", "roles", *target, "--yes", "-o", "json"), 0)
        e2e.expect_equal(done.document()["status"], "unchanged", "a second time", done)
        e2e.expect_code(world.run("deploy", "diff", *target), 0)
        text = BOTH
        for account, name in ((PAYMENTS, "payments"), (LEDGER, "ledger")):
            text = text.replace(f"name: {name}", f"name: {name}, external_id: {ids[account]}")
        world.place.write("fleet.yaml", text)
        e2e.expect_code(world.run("accounts", "check", environment=world.let_us_in()), 0)
        world.place.write("fleet.yaml", text.replace(ids[LEDGER], ids[PAYMENTS]))
        done = world.run("accounts", "check", environment=world.let_us_in())
        e2e.expect_code(done, 1)  # another account's ExternalId is none

        world.place.write("fleet.yaml", text)
        changed = (*target, "--node-tag", "team=web", "-o", "json")
        done = e2e.expect_code(world.run("deploy", "diff", *changed), 3)
        e2e.expect_equal(done.document()["changes"], ["the template"], "changes", done)
        done = e2e.expect_code(world.run("deploy", "roles", *changed, "--yes"), 0)
        e2e.expect_equal(rows(done)["ledger"]["status"], "changed", "status", done)
        e2e.expect_equal(rows(done)["ledger"]["external_id"], ids[LEDGER], "the ExternalId is kept", done)

        e2e.expect_code(world.run("deploy", "delete", *VIA, "--dry-run"), 0)
        e2e.expect(world.stacks(LEDGER), "a dry run deletes")
        done = e2e.expect_code(world.run("deploy", "delete", *VIA, "--yes", "-o", "json"), 0)
        e2e.expect_equal(done.document()["status"], "deleted", "status", done)
        e2e.expect_equal(world.stacks(LEDGER), {}, "stacks")
        done = e2e.expect_code(world.run("deploy", "delete", *VIA, "--yes", "-o", "json"), 0)
        e2e.expect_equal(done.document()["status"], "absent", "status", done)


def management_account():
    """It is among the accounts: it gets a stack of its own, with the same prefix."""
    with World(WITH_MANAGEMENT) as world:
        e2e.expect_code(world.run("deploy", "roles", "--for", "hub", *DUTIES, "--yes"), 0)
        # A role of that name in the hub as well.
        target = (*VIA, "--duty", "observe", "--ou", root_of(world), "--yes", "-o", "json")
        done = e2e.expect_code(world.run("deploy", "roles", *target), 0)
        e2e.expect("it is among the accounts and gets a stack of its own" in done.err, "no word of its own stack", done)
        own = world.stacks(HUB)["postern-roles"]
        given = {each["ParameterKey"]: each["ParameterValue"] for each in own["Parameters"]}
        e2e.expect_equal(given["ExternalIdPrefix"] + "-" + LEDGER, rows(done)["ledger"]["external_id"], "its prefix", done)
        e2e.expect_code(world.run("deploy", "diff", *VIA, "--duty", "observe", "--ou", root_of(world)), 0)


def failures():
    with World(BOTH) as world:
        e2e.expect_code(world.run("deploy", "roles", "--for", "hub", *DUTIES, "--yes"), 0)
        done = e2e.expect_code(world.run("deploy", "roles", *VIA, *DUTIES, "--yes"), 2)
        e2e.expect("--ou" in done.err, "the units are not asked for", done)
        e2e.expect_code(world.run("deploy", "roles", *VIA, "--ou", "prod", "--yes"), 2)
        e2e.expect_code(world.run("deploy", "roles", *VIA, "--for", "hub", "--ou", root_of(world)), 2)
        e2e.expect_code(world.run("deploy", "roles", *VIA, "--compat", "brief", "--ou", root_of(world)), 2)
        e2e.expect_code(world.run("accounts", "add", "999900001111", *VIA, "--yes"), 2)
        target = (*VIA, *DUTIES, "--ou", root_of(world))
        done = e2e.expect_code(world.run("--read-only", "deploy", "roles", *target, "--dry-run"), 3)
        e2e.expect_code(world.run("deploy", "roles", *target), 2)  # nobody agrees
        # One account has such a role already: it fails, the others do not.
        trust = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
        world.client("iam", LEDGER).create_role(RoleName="PosternObserve", AssumeRolePolicyDocument=json.dumps(trust))
        done = e2e.expect_code(world.run("deploy", "roles", *target, "--yes", "-o", "json"), 1)
        e2e.expect_equal(rows(done)["payments"]["status"], "created", "payments", done)
        e2e.expect_equal(rows(done)["ledger"]["status"], "failed", "ledger", done)
        e2e.expect("already exists" in rows(done)["ledger"]["reason"], "the cause is not told", done)


def delegated():
    """From a delegated administrator, with CallAs."""
    with World(BOTH) as world:
        e2e.expect_code(world.run("deploy", "roles", "--for", "hub", *DUTIES, "--yes"), 0)
        root = root_of(world)
        keys = world.client("sts", PAYMENTS)._request_signer._credentials.get_frozen_credentials()
        there = {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key, "AWS_SESSION_TOKEN": keys.token}
        target = (*VIA, *DUTIES, "--ou", root, "--yes", "-o", "json")
        done = world.run("deploy", "roles", *target, environment=there)
        e2e.expect(done.code not in (0, 1), "anybody deploys to the organisation", done)
        world.client("organizations").register_delegated_administrator(
            AccountId=PAYMENTS, ServicePrincipal="member.org.stacksets.cloudformation.amazonaws.com")
        done = e2e.expect_code(world.run("deploy", "roles", *target, environment=there), 0)
        e2e.expect("as delegated administrator" in done.err, "it does not say as whom", done)
        e2e.expect_equal(rows(done)["ledger"]["status"], "created", "ledger", done)
        e2e.expect_equal(world.client("cloudformation").list_stack_sets(Status="ACTIVE")["Summaries"][0]["StackSetName"],
                         "postern-roles", "whose it is")


if __name__ == "__main__":
    e2e.run_cases([("whole organisation", whole_organisation), ("management account", management_account),
                   ("failures", failures), ("delegated", delegated)])
