"""DRS sites against a served simulated cloud: `dr prepare`, `dr init`, `dr config`, from accounts in which nothing is set up.

Usage: dr_site_e2e.py [CASE]; POSTERN names the program.
"""
import json

import boto3

import e2e
from sim_serve_e2e import Serving

HUB, PAYMENTS, LEDGER = "111122223333", "444455556666", "777788889999"
KEYS = {"aws_access_key_id": "AKIASIMULATED0000001", "aws_secret_access_key": "made-up"}
CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
DRS = "arn:aws:iam::aws:policy/service-role/AWSElasticDisasterRecoveryEc2InstancePolicy"

# The profile web contains node-role, and a role called web exists too: names prove nothing.
WORLD = f"""version: 1
name: sites
seed: 7
hub: "{HUB}"
accounts:
  - id: "{HUB}"
    name: hub
    users: [{{name: operator, access_key_id: {KEYS['aws_access_key_id']}, secret_access_key: {KEYS['aws_secret_access_key']}, allow: "*"}}]
  - id: "{PAYMENTS}"
    name: payments
    roles:
      - {{name: Admin, trust: [{{principals: "arn:aws:iam::{HUB}:root", external_ids: payments-1}}], allow: "*"}}
      - {{name: node-role, attached: ["{CORE}"]}}
      - {{name: web, attached: ["{CORE}"]}}
      - name: inline-role
        attached: ["{CORE}"]
        policies:
          agent: {{Version: "2012-10-17", Statement: {{Effect: Allow, Action: "drs:*", Resource: "*"}}}}
      - name: guarded-role
        attached: ["{CORE}"]
        policies:
          guard: {{Version: "2012-10-17", Statement: {{Effect: Deny, Action: "drs:*", Resource: "*"}}}}
    instance_profiles:
      - {{name: web, role: node-role}}
      - {{name: batch, role: node-role}}
      - {{name: inline, role: inline-role}}
      - {{name: guarded, role: guarded-role}}
    drs: [{{region: us-west-2, initialized: off}}]
    networks:
      - region: us-west-2
        vpcs:
          - name: staging
            cidr: 10.50.0.0/16
            subnets: [{{name: staging, cidr: 10.50.0.0/24}}]
            groups:
              - {{name: replication, rules: [{{protocol: tcp, ports: 1500, peer: 10.0.0.0/8}}]}}
              - {{name: open, rules: [{{protocol: tcp, ports: 1500, peer: 0.0.0.0/0}}]}}
    instances:
      - {{name: "web-{{n}}", count: 2, region: us-east-1, profile: web, tags: &dr {{"dr:enabled": "true", "dr:recovery-strategy": drs}}}}
      - {{name: other, region: us-east-1, profile: batch}}
      - {{name: inline, region: us-east-1, profile: inline, tags: *dr}}
      - {{name: guarded, region: us-east-1, profile: guarded, tags: *dr}}
      - {{name: bare, region: us-east-1, profile: none, agent: none, tags: *dr}}
  - id: "{LEDGER}"
    name: ledger
    roles:
      - name: Admin
        trust: [{{principals: "arn:aws:iam::{HUB}:root", external_ids: ledger-1}}]
        allow: ["ec2:Describe*", "ssm:Describe*", "sts:GetCallerIdentity"]
    drs: [{{region: us-west-2, initialized: off}}]
    instances:
      - {{name: "ledger-{{n}}", count: 2, region: us-east-1, tags: *dr}}
"""
FLEET = f"""version: 1
hub: {{account: "{HUB}", region: us-east-1}}
defaults: {{role: Admin, regions: [us-east-1]}}
accounts:
  - {{id: "{PAYMENTS}", name: payments, external_id: payments-1, dr: {{region: us-west-2}}}}
  - {{id: "{LEDGER}", name: ledger, external_id: ledger-1, dr: {{region: us-west-2}}}}
"""


class World:
    """A serving cloud and a fleet file."""

    def __init__(self, world=WORLD, fleet=FLEET):
        self.place, self.world, self.fleet_text = e2e.Place(), world, fleet

    def __enter__(self):
        self.cloud = Serving(self.place, "--world", self.place.write("world.yaml", self.world)).__enter__()
        self.variables = {**self.cloud.variables(), "POSTERN_LEDGER": self.place.path("ledger.db"),
                          "POSTERN_FLEET": self.place.write("fleet.yaml", self.fleet_text)}
        return self

    def __exit__(self, *_):
        self.cloud.__exit__()
        self.place.__exit__()

    def client(self, service, region="us-west-2", account=PAYMENTS, external_id="payments-1", role="Admin"):
        made = lambda name, **more: boto3.client(name, region_name=region, endpoint_url=self.variables["AWS_ENDPOINT_URL"],
                                                 verify=self.variables["AWS_CA_BUNDLE"], **more)
        session = made("sts", **KEYS).assume_role(RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="look",
                                                  ExternalId=external_id)["Credentials"]
        return made(service, aws_access_key_id=session["AccessKeyId"], aws_secret_access_key=session["SecretAccessKey"],
                    aws_session_token=session["SessionToken"])

    def run(self, *words, environment=None):
        return self.place.run(*words, environment={**self.variables, **(environment or {})}, timeout=120)

    def attached(self, role):
        answer = self.client("iam").list_attached_role_policies(RoleName=role)
        return sorted(each["PolicyArn"] for each in answer["AttachedPolicies"])


def by_name(done, key="nodes", name="name"):
    return {each[name]: each for each in done.document()[key]}


def prepare_the_right_role():
    with World() as world:
        payments = ("--account", "payments", "-o", "json")
        done = e2e.expect_code(world.run("dr", "prepare", *payments, "--dry-run"), 1)
        nodes = by_name(done)
        e2e.expect_equal({name: each["verdict"] for name, each in nodes.items()},
                         {"web-1": "PROFILE_LACKS_DRS_POLICY", "web-2": "PROFILE_LACKS_DRS_POLICY", "inline": "ok",
                          "guarded": "PROFILE_LACKS_DRS_POLICY", "bare": "NO_INSTANCE_PROFILE"}, "verdicts", done)
        e2e.expect_equal(nodes["web-1"]["role"], "node-role", "the role of the profile web", done)
        e2e.expect_equal(nodes["web-1"]["status"], "would_change", "status", done)
        e2e.expect("denied by policy" in nodes["guarded"]["reason"], "the deny is not named", done)
        e2e.expect("batch (1 instance), web (2 instances)" in done.err, "who else has the role is not told", done)
        change = by_name(done, "roles", "role")["node-role"]["change"]
        e2e.expect_equal({each["name"]: each["instances"] for each in change["profiles"]}, {"web": 2, "batch": 1}, "profiles", done)
        e2e.expect_equal(world.attached("node-role"), [CORE], "policies after a dry run", done)

        e2e.expect("read-only" in e2e.expect_code(world.run("--read-only", "dr", "prepare", *payments, "--yes"), 3).err, "rail")
        e2e.expect("--yes goes ahead" in e2e.expect_code(world.run("dr", "prepare", *payments), 2).err, "no word of --yes")
        done = e2e.expect_code(world.run("--read-only", "dr", "prepare", *payments, "-n"), 1)

        done = e2e.expect_code(world.run("dr", "prepare", *payments, "--yes"), 1)
        e2e.expect_equal(by_name(done)["web-2"]["status"], "attached", "status", done)
        e2e.expect_equal(world.attached("node-role"), sorted([CORE, DRS]), "node-role", done)
        e2e.expect_equal([world.attached(role) for role in ("web", "inline-role", "guarded-role")], [[CORE]] * 3, "others", done)
        done = e2e.expect_code(world.run("dr", "prepare", *payments, "--yes", "-s", "name:web-*"), 0)
        e2e.expect("nothing to change" in done.err, "a second time", done)


def prepare_without_permission():
    with World() as world:
        done = e2e.expect_code(world.run("dr", "prepare", "-o", "json", "--yes"), 4)
        nodes = by_name(done)
        e2e.expect_equal(nodes["web-1"]["status"], "attached", "the other account", done)
        e2e.expect_equal(nodes["ledger-1"]["status"], "unknown", "the account without permission", done)
        e2e.expect("iam:GetInstanceProfile" in nodes["ledger-1"]["reason"], "the permission is not named", done)
        done = e2e.expect_code(world.run("dr", "prepare", "--output", "table", "--account", "ledger", "-n"), 4)
        e2e.expect("ledger-1" in done.out, "the table", done)


def staging(world):
    """The subnet, and the security groups by name."""
    ec2 = world.client("ec2")
    subnet = next(each for each in ec2.describe_subnets()["Subnets"] if each["CidrBlock"] == "10.50.0.0/24")
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [subnet["VpcId"]]}])["SecurityGroups"]
    return subnet["SubnetId"], {each["GroupName"]: each["GroupId"] for each in groups}


def site_of(done):
    sites = done.document()["sites"]
    e2e.expect_equal(len(sites), 1, "sites", done)
    return sites[0]


PAY = ("--account", "payments", "-o", "json")


def launch_template(world):
    """By our own eyes: apt's boto3 does not know these templates yet."""
    return site_of(e2e.expect_code(world.run("dr", "config", "show", *PAY, "--templates"), 0))["launch_template"]


def init_from_nothing():
    with World() as world:
        subnet, groups = staging(world)
        done = e2e.expect_code(world.run("dr", "init", *PAY, "--dry-run"), 3)
        e2e.expect("the staging subnet is missing: --subnet-id" in done.err, "the subnet is not asked for", done)
        e2e.expect_equal(site_of(done)["status"], "blocked", "status", done)
        done = e2e.expect_code(world.run("dr", "init", *PAY, "--subnet-id", "subnet-0123456789abcdef0", "-n"), 3)
        e2e.expect("there is no subnet subnet-0123456789abcdef0" in done.err, "an unknown subnet", done)
        done = world.run("dr", "init", *PAY, "-n", "--subnet-id", subnet, "--security-group", groups["open"], "--source-cidr", "10.0.0.0/8")
        e2e.expect("lets 0.0.0.0/0 in on TCP 1500" in e2e.expect_code(done, 0).err, "an open group", done)

        wanted = ("--subnet-id", subnet, "--security-group", groups["replication"], "--pit-policy", "10m/1h,1h/24h", "--bandwidth", "100")
        done = e2e.expect_code(world.run("dr", "init", *PAY, *wanted, "-n"), 0)
        e2e.expect_equal([each["step"] for each in site_of(done)["steps"]],
                         ["initialize", "replication_template", "launch_template"], "steps", done)
        e2e.expect("routing                 private" in done.err and subnet in done.err, "the plan is not shown", done)
        e2e.expect("read-only" in e2e.expect_code(world.run("--read-only", "dr", "init", *PAY, *wanted, "-y"), 3).err, "rail")
        e2e.expect("--yes goes ahead" in e2e.expect_code(world.run("dr", "init", *PAY, *wanted), 2).err, "no word of --yes")

        done = e2e.expect_code(world.run("dr", "init", *PAY, *wanted, "--yes"), 0)
        e2e.expect_equal(site_of(done)["status"], "done", "status", done)
        drs = world.client("drs")
        made = drs.describe_replication_configuration_templates()["items"]
        e2e.expect_equal(len(made), 1, "replication templates")
        e2e.expect_equal([made[0][key] for key in ("stagingAreaSubnetId", "dataPlaneRouting", "createPublicIP", "bandwidthThrottling",
                                                   "associateDefaultSecurityGroup", "ebsEncryption")],
                         [subnet, "PRIVATE_IP", False, 100, False, "DEFAULT"], "the replication template")
        e2e.expect_equal([(each["units"], each["interval"], each["retentionDuration"]) for each in made[0]["pitPolicy"]],
                         [("MINUTE", 10, 60), ("HOUR", 1, 24)], "points in time")
        e2e.expect_equal(launch_template(world)["disposition"], "started", "the launch template")
        world.client("iam").get_role(RoleName="AWSElasticDisasterRecoveryAgentRole")

        done = e2e.expect_code(world.run("dr", "init", *PAY, *wanted, "--yes"), 0)
        e2e.expect_equal(site_of(done)["status"], "unchanged", "a second time", done)
        e2e.expect("nothing to do" in done.err, "a second time", done)
        done = e2e.expect_code(world.run("dr", "init", *PAY, "--bandwidth", "50", "--disposition", "stopped", "-y"), 0)
        e2e.expect("bandwidth               100 -> 50" in done.err, "the change is not shown", done)
        e2e.expect_equal(launch_template(world)["disposition"], "stopped", "disposition")


def init_says_what_is_wrong():
    with World() as world:
        subnet, _ = staging(world)
        done = e2e.expect_code(world.run("dr", "init", "--subnet-id", subnet, "-n"), 2)
        e2e.expect("belong to one site" in done.err, "one subnet for two sites", done)
        for words, what in ((("--key", "arn:aws:kms:us-west-2:1:key/a", "--encryption", "none"), "--encryption custom"),
                            (("--pit-policy", "1m/1h"), "at least 10m"), (("--subnet-id", "sg-1"), "should start with subnet-"),
                            (("--routing", "sideways"), "private")):
            e2e.expect(what in e2e.expect_code(world.run("dr", "init", *PAY, *words), 2).err, f"no word of {what}")


def init_with_a_denied_account():
    settings = "dr: {region: us-west-2, replication: {subnet: SUBNET, security_groups: [GROUP]}}}"
    with World() as world:
        subnet, groups = staging(world)
        settings = settings.replace("SUBNET", subnet).replace("GROUP", groups["replication"])
        world.place.write("fleet.yaml", FLEET.replace("dr: {region: us-west-2}}", settings, 1))
        done = e2e.expect_code(world.run("dr", "init", "-o", "json", "--yes"), 1)
        sites = by_name(done, "sites")
        e2e.expect_equal([sites["payments"]["status"], sites["ledger"]["status"]], ["done", "failed"], "statuses", done)
        e2e.expect_equal(sites["ledger"]["error"]["code"], "AccessDeniedException", "the error", done)
        e2e.expect("--via ROLE" in done.err, "no word of --via", done)
        done = e2e.expect_code(world.run("dr", "init", "--account", "ledger", "-n"), 254)
        # Whose account it is may always set it up; where it has no subnet, a person must say so.
        done = e2e.expect_code(world.run("dr", "init", "--account", "ledger", "--via", "OrganizationAccountAccessRole", "-n"), 3)
        e2e.expect("the staging subnet is missing" in done.err, "the way in by another role", done)


def staging_accounts():
    fleet = FLEET.replace("dr: {region: us-west-2}}", f'dr: {{region: us-west-2, staging_account: "{LEDGER}"}}}}', 1)
    world_text = WORLD.replace('"sts:GetCallerIdentity"]', '"sts:GetCallerIdentity", "iam:GetRole", "drs:*"]')
    with World(world_text, fleet) as world:
        subnet, groups = staging(world)
        places = ("--subnet-id", subnet, "--security-group", groups["replication"])
        done = e2e.expect_code(world.run("dr", "init", "-o", "json", "--account", "payments", *places, "-y"), 0)
        e2e.expect("is not among the chosen accounts" in done.err, "what could not be verified", done)
        done = e2e.expect_code(world.run("dr", "init", "-o", "json", "-n"), 3)
        trust = by_name(done, "sites")["payments"]["staging"]
        e2e.expect_equal([trust["account_id"], len(trust["missing"])], [LEDGER, 4], "the trust", done)
        e2e.expect("Settings > Trusted accounts" in done.err and "role DRSStagingAccountRole" in done.err, "the console's step", done)


def config_of_servers():
    site = "drs: [{region: us-west-2, servers: [{instance: \"web-*\", region: us-east-1, age: 7d}]}]"
    world_text = WORLD.replace("drs: [{region: us-west-2, initialized: off}]", site, 1)
    e2e.expect(site in world_text, "the site is written in another way by now")
    wanted = "dr: {region: us-west-2, replication: {bandwidth: 300}, launch: {disposition: stopped, copy_tags: true}}}"
    with World(world_text, FLEET.replace("dr: {region: us-west-2}}", wanted, 1)) as world:
        subnet, groups = staging(world)
        places = ("--subnet-id", subnet, "--security-group", groups["replication"])
        # The servers are older than the templates.
        e2e.expect_equal(site_of(world.run("dr", "config", "diff", *PAY))["status"], "no_template", "templates")
        e2e.expect_code(world.run("dr", "init", *PAY, *places, "--yes"), 0)
        e2e.expect_equal(launch_template(world)["disposition"], "stopped", "a template of the fleet file's settings")
        done = e2e.expect_code(world.run("dr", "config", "show", *PAY), 0)
        servers = done.document()["servers"]
        e2e.expect_equal(len(servers), 2, "servers", done)
        first = servers[0]
        e2e.expect(first["ec2_launch_template"]["version"] >= 1 and first["replication"]["points"], "the settings", done)
        done = e2e.expect_code(world.run("dr", "config", "show", *PAY, first["instance_id"]), 0)
        e2e.expect_equal([each["source_server_id"] for each in done.document()["servers"]], [first["source_server_id"]], "by id", done)
        done = e2e.expect_code(world.run("dr", "config", "show", *PAY, "-s", "name:web-1"), 0)
        e2e.expect_equal(len(done.document()["servers"]), 1, "by selector", done)
        done = e2e.expect_code(world.run("dr", "config", "show", *PAY, "nobody"), 2)
        e2e.expect("no source server is called 'nobody'" in done.err, "nobody", done)
        e2e.expect_code(world.run("--read-only", "dr", "config", "show", *PAY), 0)
        table = e2e.expect_code(world.run("dr", "config", "show", "--account", "payments", "-o", "table"), 0).out
        e2e.expect("replication template" in table and first["source_server_id"] in table, "the table:\n" + table)

        done = e2e.expect_code(world.run("dr", "config", "diff", *PAY), 3)
        e2e.expect("bandwidth               0 -> 300" in done.err and "started -> stopped" in done.err, "the differences", done)
        e2e.expect_equal({each["status"] for each in done.document()["servers"]}, {"differs"}, "statuses", done)
        e2e.expect_code(world.run("dr", "config", "apply", *PAY, "--dry-run"), 0)
        e2e.expect("read-only" in e2e.expect_code(world.run("--read-only", "dr", "config", "apply", *PAY, "-y"), 3).err, "rail")
        e2e.expect("--yes goes ahead" in e2e.expect_code(world.run("dr", "config", "apply", *PAY), 2).err, "no word of --yes")
        done = e2e.expect_code(world.run("dr", "config", "apply", *PAY, "--yes"), 0)
        e2e.expect_equal({each["status"] for each in done.document()["servers"]}, {"applied"}, "statuses", done)
        drs = world.client("drs")
        now = drs.get_replication_configuration(sourceServerID=first["source_server_id"])
        e2e.expect_equal(now["bandwidthThrottling"], 300, "bandwidth")
        e2e.expect_equal(drs.get_launch_configuration(sourceServerID=first["source_server_id"])["launchDisposition"], "STOPPED", "launch")
        done = e2e.expect_code(world.run("dr", "config", "diff", *PAY), 0)
        e2e.expect("nothing to change" in done.err, "a second time", done)

        file = world.place.write("dr.yaml", "launch: {disposition: started}\n")
        done = e2e.expect_code(world.run("dr", "config", "diff", *PAY, "--file", file, first["source_server_id"]), 3)
        e2e.expect("stopped -> started" in done.err, "against a file", done)
        file = world.place.write("dr.yaml", "launch: {dispositon: started}\n")
        e2e.expect("did you mean" in e2e.expect_code(world.run("dr", "config", "diff", *PAY, "--file", file), 2).err, "a typing error")
        done = e2e.expect_code(world.run("dr", "config", "diff", *PAY, "--against", "template"), 3)
        e2e.expect(subnet in done.err, "against the template", done)
        e2e.expect_code(world.run("dr", "config", "apply", *PAY, "--against", "template", "--yes"), 0)
        e2e.expect_code(world.run("dr", "config", "diff", *PAY, "--against", "template"), 0)

        done = e2e.expect_code(world.run("dr", "config", "show", "-o", "json"), 4)
        e2e.expect_equal(by_name(done, "sites")["ledger"]["status"], "failed", "the account without permission", done)


CASES = [
    ("prepare_the_right_role", prepare_the_right_role),
    ("prepare_without_permission", prepare_without_permission),
    ("init_from_nothing", init_from_nothing),
    ("init_says_what_is_wrong", init_says_what_is_wrong),
    ("init_with_a_denied_account", init_with_a_denied_account),
    ("staging_accounts", staging_accounts),
    ("config_of_servers", config_of_servers),
]

if __name__ == "__main__":
    e2e.run_cases(CASES)
