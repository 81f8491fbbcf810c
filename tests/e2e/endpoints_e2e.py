"""VPC endpoints against a served simulated cloud: nodes in a VPC without any way to AWS, `check endpoints`, `deploy endpoints`, and
the mistakes of deployment guides, found.

Usage: endpoints_e2e.py [CASE]; POSTERN names the program.
"""
import json

from botocore.exceptions import ClientError

import e2e
from dr_site_e2e import CORE, HUB, KEYS, PAYMENTS, World

OPEN = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents",
                                                                            "logs:Describe*"], "Resource": "*"}}


def world(dns="on"):
    """Two private subnets in two zones; nodes may speak to their VPC and to S3, and nothing answers."""
    return f"""version: 1
name: endpoints
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
      - {{name: Developer, trust: [{{principals: "arn:aws:iam::{HUB}:root", external_ids: payments-1}}], allow: "*"}}
      - {{name: node, attached: ["{CORE}"]}}
    instance_profiles: [{{name: node, role: node}}]
    networks:
      - region: us-east-1
        vpcs:
          - name: private
            cidr: 10.60.0.0/16
            dns_hostnames: {dns}
            subnets:
              - {{name: a, cidr: 10.60.1.0/24, zone: a}}
              - {{name: b, cidr: 10.60.2.0/24, zone: b}}
              - {{name: spare, cidr: 10.60.3.0/24, zone: b}}
            groups:
              - name: nodes
                rules: [{{direction: egress, peer: 10.60.0.0/16}}, {{direction: egress, peer: "pl:s3"}}]
    instances:
      - {{name: "web-{{n}}", count: 2, region: us-east-1, subnet: a, security_groups: [nodes], profile: node, agent: live}}
      - {{name: db-1, region: us-east-1, subnet: b, security_groups: [nodes], profile: node, agent: live}}
"""


FLEET = f"""version: 1
hub: {{account: "{HUB}", region: us-east-1}}
defaults: {{role: Admin, regions: [us-east-1]}}
accounts:
  - {{id: "{PAYMENTS}", name: payments, external_id: payments-1}}
"""
CHECK = ("check", "endpoints", "-o", "json")
DEPLOY = ("deploy", "endpoints", "-o", "json")


def opened(dns="on"):
    return World(world(dns), FLEET)


def ec2(cloud, role="Admin"):
    return cloud.client("ec2", "us-east-1", role=role)


def codes(done, severity="blocks"):
    return {each["code"]: each for each in done.document()["findings"] if each["severity"] == severity}


def online(cloud):
    done = e2e.expect_code(cloud.run("targets", "-o", "json"), 0)
    return sorted(each["name"] for each in done.document()["targets"] if each["ssm"]["status"] == "online")


def nodes_come_online():
    with opened() as cloud:
        e2e.expect_equal(online(cloud), [], "online without endpoints")
        done = e2e.expect_code(cloud.run(*CHECK), 3)
        found = codes(done)
        e2e.expect_equal(set(found), {"endpoint_missing", "s3_missing"}, "what is in the way", done)
        e2e.expect_equal((found["endpoint_missing"]["services"], len(found["endpoint_missing"]["nodes"])),
                         (["ssm", "ssmmessages"], 3), "missing", done)
        vpc = found["endpoint_missing"]["vpc_id"]
        fix = found["endpoint_missing"]["fix"]
        e2e.expect_equal(fix, f"postern deploy endpoints --vpc {vpc} --region us-east-1 --account payments", "the fix", done)
        table = e2e.expect_code(cloud.run("check", "endpoints", "-o", "table"), 3)
        e2e.expect(fix in table.err and "3 nodes in 1 VPC, 0 online" in table.out, "the table", table)

        done = e2e.expect_code(cloud.run(*DEPLOY, "--dry-run"), 0)
        e2e.expect_equal([(each["vpc_id"], each["status"]) for each in done.document()["accounts"]], [(vpc, "would_create")],
                         "plan", done)
        for words in ("2 interface endpoints in 2 zones: 29.20 USD a month", "less than one NAT gateway", "list prices"):
            e2e.expect(words in done.err, f"the cost: {words}", done)
        e2e.expect_equal(ec2(cloud).describe_vpc_endpoints()["VpcEndpoints"], [], "endpoints after a look")
        # The fix, as it is told.
        done = e2e.expect_code(cloud.run(*fix.split()[1:], "--yes", "-o", "json"), 0)
        e2e.expect_equal([each["status"] for each in done.document()["accounts"]], ["created"], "statuses", done)
        e2e.expect_equal(online(cloud), ["db-1", "web-1", "web-2"], "online with endpoints")
        done = e2e.expect_code(cloud.run("run", "-y", "-o", "json", "--", "echo", "reached"), 0)
        e2e.expect_equal(done.document()["totals"]["succeeded"], 3, "succeeded", done)
        done = e2e.expect_code(cloud.run(*CHECK), 0)
        e2e.expect_equal(done.document()["findings"], [], "findings", done)
        e2e.expect_equal(done.document()["totals"]["online"], 3, "online", done)

        endpoints = {each["ServiceName"].split(".")[-1]: each for each in ec2(cloud).describe_vpc_endpoints()["VpcEndpoints"]}
        e2e.expect_equal(set(endpoints), {"ssm", "ssmmessages", "s3"}, "services")
        e2e.expect_equal({len(endpoints["ssm"]["SubnetIds"]), len(endpoints["ssmmessages"]["SubnetIds"])}, {2}, "one in each zone")
        group = ec2(cloud).describe_security_groups(GroupIds=[endpoints["ssm"]["Groups"][0]["GroupId"]])["SecurityGroups"][0]
        e2e.expect_equal(sorted(each["CidrIp"] for rule in group["IpPermissions"] for each in rule["IpRanges"]),
                         ["10.60.1.0/24", "10.60.2.0/24"], "who may come in")
        e2e.expect_equal([each["CidrIp"] for rule in group["IpPermissionsEgress"] for each in rule["IpRanges"]],
                         ["127.0.0.1/32"], "what may go out")
        e2e.expect("aws:PrincipalAccount" in endpoints["ssm"]["PolicyDocument"], "the policy: " + endpoints["ssm"]["PolicyDocument"])

        done = e2e.expect_code(cloud.run(*DEPLOY, "--yes"), 0)
        e2e.expect_equal([each["status"] for each in done.document()["accounts"]], ["unchanged"], "a second time", done)
        diff = ("deploy", "diff", "--for", "endpoints", "-o", "json")
        e2e.expect_code(cloud.run(*diff), 0)
        done = e2e.expect_code(cloud.run(*diff, "--use", "ssm,sessions"), 3)
        added = {each["logical_id"] for each in done.document()["accounts"][0]["changes"]}
        e2e.expect_equal(added, {"Logs", "Kms"}, "what sessions need besides", done)
        done = e2e.expect_code(cloud.run("deploy", "delete", "--for", "endpoints", "--yes", "-o", "json"), 0)
        e2e.expect_equal([each["status"] for each in done.document()["accounts"]], ["deleted"], "deletion", done)
        e2e.expect_equal(online(cloud), [], "online after the deletion")
        e2e.expect_code(cloud.run(*CHECK), 3)


def dns_attributes():
    """A11: EC2 refuses private names; the check and the deployment say so first."""
    with opened(dns="off") as cloud:
        done = e2e.expect_code(cloud.run(*CHECK), 3)
        found = codes(done)
        e2e.expect("vpc_dns" in found, "not found", done)
        e2e.expect("--enable-dns-hostnames Value=true" in found["vpc_dns"]["fix"], "the fix", done)
        done = e2e.expect_code(cloud.run(*DEPLOY, "--yes"), 3)
        e2e.expect_equal([each["status"] for each in done.document()["accounts"]], ["blocked"], "statuses", done)
        e2e.expect("enableDnsHostnames" in done.document()["accounts"][0]["reason"], "the reason", done)
        vpc = found["vpc_dns"]["vpc_id"]
        ec2(cloud).modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        e2e.expect_code(cloud.run(*DEPLOY, "--yes"), 0)
        e2e.expect_code(cloud.run(*CHECK), 0)


def as_guides_have_it():
    """Three interface endpoints and nothing else, as deployment guides write them: what is wrong with that."""
    with opened() as cloud:
        client = ec2(cloud)
        vpc = client.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["private"]}])["Vpcs"][0]["VpcId"]
        subnets = {each["CidrBlock"]: each["SubnetId"] for each in client.describe_subnets()["Subnets"] if each["VpcId"] == vpc}
        group = client.create_security_group(GroupName="endpoints", Description="endpoints", VpcId=vpc)["GroupId"]
        made = {}
        for service in ("ssm", "ec2messages", "ssmmessages"):
            made[service] = client.create_vpc_endpoint(
                VpcId=vpc, ServiceName=f"com.amazonaws.us-east-1.{service}", VpcEndpointType="Interface",
                SubnetIds=[subnets["10.60.1.0/24"]], SecurityGroupIds=[group], PrivateDnsEnabled=True)["VpcEndpoint"]["VpcEndpointId"]
        done = e2e.expect_code(cloud.run(*CHECK), 3)
        e2e.expect_equal(set(codes(done)), {"endpoint_group", "s3_missing"}, "in the way", done)
        e2e.expect_equal(set(codes(done, "risk")), {"policy_open"}, "risks", done)
        e2e.expect("zone" in codes(done, "note"), "the zone without an endpoint", done)
        client.authorize_security_group_ingress(GroupId=group, IpPermissions=[{
            "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.60.0.0/16"}]}])
        e2e.expect_equal(online(cloud), ["db-1", "web-1", "web-2"], "online")
        done = e2e.expect_code(cloud.run(*CHECK), 3)
        e2e.expect_equal(set(codes(done)), {"s3_missing"}, "in the way", done)
        notes = codes(done, "note")
        e2e.expect_equal(notes["needless_endpoint"]["subject"], made["ec2messages"], "not needed", done)
        # Private names off: nothing here reaches the public addresses.
        client.modify_vpc_endpoint(VpcEndpointId=made["ssm"], PrivateDnsEnabled=False)
        done = e2e.expect_code(cloud.run(*CHECK), 3)
        e2e.expect_equal(codes(done)["private_dns_off"]["subject"], made["ssm"], "private names", done)
        client.modify_vpc_endpoint(VpcEndpointId=made["ssm"], PrivateDnsEnabled=True)
        # A policy that forgets half of what an agent calls.
        few = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Resource": "*",
                                                       "Action": "ssmmessages:*ControlChannel"}]}
        client.modify_vpc_endpoint(VpcEndpointId=made["ssmmessages"], PolicyDocument=json.dumps(few))
        done = e2e.expect_code(cloud.run(*CHECK), 3)
        e2e.expect("ssmmessages:CreateDataChannel" in codes(done)["policy_forbids"]["cause"], "the policy", done)
        client.modify_vpc_endpoint(VpcEndpointId=made["ssmmessages"], ResetPolicy=True)
        # What is there is left alone; what is missing is added.
        done = e2e.expect_code(cloud.run(*DEPLOY, "--yes"), 0)
        e2e.expect("left as it is" in done.err, "no word of what is there", done)
        services = [each["ServiceName"] for each in client.describe_vpc_endpoints()["VpcEndpoints"]]
        e2e.expect_equal(len(services), 4, f"endpoints: {services}", done)
        done = e2e.expect_code(cloud.run(*CHECK), 0)


def logs():
    """A18: a log group that nodes are to write to, and a role that may not."""
    with opened() as cloud:
        e2e.expect_code(cloud.run(*DEPLOY, "--for", "ssm,sessions", "--yes"), 0)
        words = (*CHECK, "--for", "ssm,sessions", "--output-logs", "/nodes")
        done = e2e.expect_code(cloud.run(*words), 3)
        e2e.expect_equal(set(codes(done)), {"log_group"}, "in the way", done)
        e2e.expect("may not logs:" in codes(done)["log_group"]["cause"], "the cause", done)
        cloud.client("iam").put_role_policy(RoleName="node", PolicyName="command-output", PolicyDocument=json.dumps(OPEN))
        done = e2e.expect_code(cloud.run(*words), 0)
        e2e.expect_equal(codes(done), {}, "in the way", done)
        # Without the endpoint, the role alone does not help.
        done = e2e.expect_code(cloud.run("deploy", "endpoints", "--yes"), 0)
        done = e2e.expect_code(cloud.run(*CHECK, "--output-logs", "/nodes"), 3)
        e2e.expect_equal(codes(done)["endpoint_missing"]["services"], ["logs"], "missing", done)


def copies():
    """What the hub signs for nodes has to come through the gateway: found where it does not, and mended."""
    with opened() as cloud:
        client = ec2(cloud)
        e2e.expect_code(cloud.run(*DEPLOY, "--yes"), 0)
        e2e.expect_code(cloud.run(*CHECK), 0)
        # From now on large files are to go through S3.
        cloud.place.write("fleet.yaml", FLEET + 'copies: {s3: "s3://copies-east/cp", region: us-east-1}\n')
        done = e2e.expect_code(cloud.run(*CHECK), 0)
        e2e.expect_equal(set(codes(done, "risk")), {"copies_forbidden"}, "risks", done)
        fix = codes(done, "risk")["copies_forbidden"]["fix"].split("; if that leaves it as it is: ")[0]
        e2e.expect(fix.startswith("postern deploy endpoints --vpc vpc-"), f"the fix: {fix}", done)
        done = e2e.expect_code(cloud.run(*fix.split()[1:], "--yes", "-o", "json"), 0)
        e2e.expect_equal([each["status"] for each in done.document()["accounts"]], ["changed"], "statuses", done)
        gateway = next(each for each in client.describe_vpc_endpoints()["VpcEndpoints"] if each["VpcEndpointType"] == "Gateway")
        carry = [each for each in json.loads(gateway["PolicyDocument"])["Statement"] if each["Sid"] == "CarryCopies"]
        e2e.expect_equal([(each["Resource"], each["Condition"]) for each in carry],
                         [(["arn:aws:s3:::copies-east/cp/*"], {"StringEquals": {"aws:PrincipalAccount": HUB}})], "who is let through")
        done = e2e.expect_code(cloud.run(*CHECK), 0)
        e2e.expect_equal(done.document()["findings"], [], "findings", done)
        # Somebody's own idea of it: the account's own buckets alone.
        own = json.loads(gateway["PolicyDocument"])
        own["Statement"] = [each for each in own["Statement"] if each["Sid"] != "CarryCopies"]
        client.modify_vpc_endpoint(VpcEndpointId=gateway["VpcEndpointId"], PolicyDocument=json.dumps(own))
        done = e2e.expect_code(cloud.run(*CHECK), 0)
        found = codes(done, "risk")
        e2e.expect_equal(set(found), {"copies_forbidden"}, "risks", done)
        e2e.expect_equal(found["copies_forbidden"]["subject"], gateway["VpcEndpointId"], "the endpoint", done)
        for words in (f"the hub's account {HUB} signs", "copies-east/cp"):
            e2e.expect(words in found["copies_forbidden"]["cause"], f"the cause: {words}", done)
        rendered = e2e.expect_code(cloud.run("render", "endpoints"), 0).out
        e2e.expect("Sid: CarryCopies" in rendered and HUB in rendered, "what is rendered: " + rendered)
        client.modify_vpc_endpoint(VpcEndpointId=gateway["VpcEndpointId"], ResetPolicy=True)
        done = e2e.expect_code(cloud.run(*CHECK), 0)
        e2e.expect_equal(set(codes(done, "risk")), {"policy_open"}, "risks", done)


def tags():
    """B33: whoever may tag may install; the policy that mends it, in force."""
    words = ("check", "tags", "-o", "json")
    with opened() as cloud:
        done = e2e.expect_code(cloud.run(*words), 3)
        e2e.expect_equal({(each["tag"], each["guard"]) for each in done.document()["tags"]},
                         {("dr:enabled", "open"), ("dr:recovery-strategy", "open")}, "guards", done)
        done = e2e.expect_code(cloud.run("render", "guardrails", "--role", "platform/Tagger", "--format", "policy"), 0)
        policy = json.loads(done.out)
    guarded = world().replace("accounts:\n", f"""organization:
  policies:
    - {{name: tag-guard, targets: [root], document: {json.dumps(policy)}}}
accounts:
""", 1)
    with World(guarded, FLEET) as cloud:
        done = e2e.expect_code(cloud.run(*words), 0)
        e2e.expect_equal({each["guard"] for each in done.document()["tags"]}, {"guarded"}, "guards", done)
        e2e.expect_code(cloud.run(*words, "--tag", "Name"), 3)
        instance = ec2(cloud).describe_instances()["Reservations"][0]["Instances"][0]["InstanceId"]
        # Admin is the role by which postern recovers in this fleet: it copies tags.
        try:
            ec2(cloud, "Developer").create_tags(Resources=[instance], Tags=[{"Key": "dr:enabled", "Value": "true"}])
            raise AssertionError("the tag was set")
        except ClientError as error:
            e2e.expect("service control policy" in str(error), f"denied otherwise: {error}")
        ec2(cloud, "Developer").create_tags(Resources=[instance], Tags=[{"Key": "Name", "Value": "other"}])


if __name__ == "__main__":
    e2e.run_cases([("nodes come online", nodes_come_online), ("dns attributes", dns_attributes),
                   ("as guides have it", as_guides_have_it), ("logs", logs), ("copies", copies),
                   ("tags", tags)])
