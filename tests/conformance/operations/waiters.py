"""boto3's own paginators and waiters: every one that it has for an operation of the simulated cloud, found by asking it."""
import time

import botocore.exceptions
from botocore import xform_name

import iam
import ssm as documents
from ec2 import absent, named
from frame import TARGET, Wrong
from sim_harness import mfa_code

SERVICES = ("iam", "organizations", "ec2", "ssm", "s3", "sns", "events", "logs", "cloudwatch", "cloudformation",
            "kms")
HUBS = ("organizations",)
EC2_LEAST = 5  # the least MaxResults that EC2 takes, which its model does not say
BUCKET = "conformance-pages"
SIX = range(6)

# Waiters whose state cannot be had here, and why; their failing case is tried all the same.
UNREACHABLE = {
    ("cloudformation", "stack_import_complete"): "imports of resources are not offered",
    ("cloudformation", "stack_rollback_complete"): "no update here fails by itself",
    ("ec2", "network_interface_available"): "no operation here makes an interface that is attached to nothing",
    ("ec2", "volume_available"): "no operation here makes or detaches a volume",
    ("cloudwatch", "composite_alarm_exists"): "no operation here makes a composite alarm",
}


def populate_iam(_, client):
    client.create_role(RoleName="Pages", AssumeRolePolicyDocument=iam.TRUST)
    client.create_role(RoleName="Managed", AssumeRolePolicyDocument=iam.TRUST.replace("ec2.", "ssm."))
    client.create_user(UserName="pages")
    for number in range(2):
        policy = client.create_policy(PolicyName=f"Pages{number}", PolicyDocument=iam.allow("s3:*"))["Policy"]["Arn"]
        client.create_policy_version(PolicyArn=policy, PolicyDocument=iam.allow("ssm:*"))
        client.attach_role_policy(RoleName="Pages", PolicyArn=policy)
        client.attach_user_policy(UserName="pages", PolicyArn=policy)
        client.put_role_policy(RoleName="Pages", PolicyName=f"inline{number}", PolicyDocument=iam.allow("s3:*"))
        client.put_user_policy(UserName="pages", PolicyName=f"inline{number}", PolicyDocument=iam.allow("s3:*"))
        client.create_access_key(UserName="pages")
        client.create_instance_profile(InstanceProfileName=f"Pages{number}")
        client.add_role_to_instance_profile(InstanceProfileName=f"Pages{number}", RoleName="Pages")
        tag = [{"Key": f"k{number}", "Value": "v"}]
        client.tag_user(UserName="pages", Tags=tag)
        client.tag_role(RoleName="Pages", Tags=tag)
        client.tag_policy(PolicyArn=policy, Tags=tag)
        device = client.create_virtual_mfa_device(VirtualMFADeviceName=f"pages{number}")["VirtualMFADevice"]
        codes = [mfa_code(device["Base32StringSeed"], time.time() + ahead) for ahead in (-30, 0)]
        client.enable_mfa_device(UserName="pages", SerialNumber=device["SerialNumber"], AuthenticationCode1=codes[0],
                                 AuthenticationCode2=codes[1])
    client.create_account_alias(AccountAlias="conformance-pages")
    users = {"ListAccessKeys": "pages", "ListMFADevices": "pages", "": "pages"}
    return {"RoleName": "Pages", "UserName": users, "PolicyArn": f"{iam.ROOT}policy/Pages0",
            "PolicyInputList": [iam.allow("s3:*")], "ActionNames": ["s3:GetObject", "s3:PutObject", "ssm:ListCommands"],
            "PolicySourceArn": f"{iam.ROOT}role/Pages"}


def populate_organizations(_, client):
    root = client.list_roots()["Roots"][0]
    kind = "SERVICE_CONTROL_POLICY"
    if not any(one["Type"] == kind for one in root["PolicyTypes"]):
        client.enable_policy_type(RootId=root["Id"], PolicyType=kind)
    for number in range(2):
        made = client.create_policy(Name=f"Pages{number}", Description="d", Type=kind, Content=iam.allow("*"))
        made = made["Policy"]["PolicySummary"]["Id"]
        client.attach_policy(PolicyId=made, TargetId=TARGET)
        client.register_delegated_administrator(AccountId=f"50000000000{number}", ServicePrincipal="ssm.amazonaws.com")
    client.attach_policy(PolicyId=made, TargetId="500000000000")
    client.tag_resource(ResourceId=TARGET, Tags=[{"Key": f"k{number}", "Value": "v"} for number in SIX])
    spare = next(unit["Id"] for unit in client.list_organizational_units_for_parent(ParentId=root["Id"])[
        "OrganizationalUnits"] if unit["Name"] == "Spare")
    return {"ParentId": {"ListAccountsForParent": spare, "ListChildren": spare, "": root["Id"]}, "ChildType": "ACCOUNT",
            "ChildId": TARGET, "Filter": kind, "TargetId": TARGET, "ResourceId": TARGET, "PolicyId": made}


def populate_ec2(_, client):
    vpc = client.create_vpc(CidrBlock="10.90.0.0/16")["Vpc"]["VpcId"]
    for number in SIX:
        client.create_subnet(VpcId=vpc, CidrBlock=f"10.90.{number}.0/24")
        client.create_route_table(VpcId=vpc)
        client.create_network_acl(VpcId=vpc)
        client.create_security_group(GroupName=f"pages{number}", Description="d", VpcId=vpc)
        client.create_launch_template(LaunchTemplateName=f"pages{number}", LaunchTemplateData={"InstanceType": "t3.micro"})
        client.create_launch_template_version(LaunchTemplateName="pages0", LaunchTemplateData={
            "InstanceType": "t3.small"})
    gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    client.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnet = client.describe_subnets(Filters=named(vpc_id=vpc))["Subnets"][0]["SubnetId"]
    for _ in range(2):
        address = client.allocate_address(Domain="vpc")["AllocationId"]
        client.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    nats = [one["NatGatewayId"] for one in client.describe_nat_gateways()["NatGateways"]]
    client.get_waiter("nat_gateway_available").wait(NatGatewayIds=nats, WaiterConfig={"Delay": 1})
    return {"PrefixListId": client.describe_prefix_lists()["PrefixLists"][0]["PrefixListId"],
            "LaunchTemplateName": {"DescribeLaunchTemplateVersions": "pages0"}}


def populate_ssm(w, client):
    for number in range(2):
        client.create_document(Name=f"Pages{number}", Content=documents.content("echo 1"), DocumentType="Command")
        client.update_document(Name=f"Pages{number}", Content=documents.content("echo 2"), DocumentVersion="$LATEST")
        client.put_parameter(Name=f"/pages/{number}", Value="v", Type="String")
        client.create_activation(IamRole="Managed")
        client.start_session(Target=w.instances("live-01")[0])
        client.send_command(DocumentName=documents.SHELL, Parameters={"commands": ["true"]},
                            Targets=[{"Key": "tag:fifth", "Values": ["yes"]}], MaxConcurrency="100%")
    # Lists lag: of a command that is not listed yet nothing is known.
    w.until(lambda: [one["Status"] for one in client.list_commands()["Commands"]] == ["Success"] * 2)
    return {"Name": "Pages0", "Path": "/pages", "State": "Active"}


def populate_kms(_, client):
    for number in range(2):
        key = client.create_key()["KeyMetadata"]["KeyId"]
        client.create_alias(AliasName=f"alias/pages{number}", TargetKeyId=key)
    return {}


def populate_s3(_, client):
    client.create_bucket(Bucket=BUCKET)
    for number in range(4):
        client.put_object(Bucket=BUCKET, Key=f"k{number}", Body=b"x")
    return {"Bucket": BUCKET}


def populate_sns(_, client):
    for number in range(2):
        topic = client.create_topic(Name=f"pages{number}")["TopicArn"]
    client.subscribe(TopicArn=topic, Protocol="email", Endpoint="ada@example.com")
    return {"TopicArn": topic}


def populate_events(_, client):
    for number in range(2):
        client.create_event_bus(Name=f"pages{number}")
        client.put_rule(Name=f"pages{number}", EventPattern='{"source": ["pages"]}')
        client.put_targets(Rule="pages0", Targets=[{"Id": str(number), "Arn": f"arn:aws:sns:us-east-1:{TARGET}:pages0"}])
    return {"Rule": "pages0"}


def populate_logs(_, client):
    now = int(time.time() * 1000)
    for number in range(2):
        client.create_log_group(logGroupName=f"pages{number}")
        client.create_log_stream(logGroupName="pages0", logStreamName=f"s{number}")
        client.put_log_events(logGroupName="pages0", logStreamName=f"s{number}", logEvents=[
            {"timestamp": now + number, "message": f"m{number}"}])
    return {"logGroupName": {"DescribeLogStreams": "pages0", "FilterLogEvents": "pages0"}}


def populate_cloudwatch(_, client):
    queries = []
    for number in range(2):
        metric = {"Namespace": "pages", "MetricName": f"m{number}"}
        client.put_metric_data(Namespace="pages", MetricData=[{"MetricName": f"m{number}", "Value": 1}])
        client.put_metric_alarm(AlarmName=f"pages{number}", **metric, Statistic="Sum", Period=60, EvaluationPeriods=1,
                                Threshold=5, ComparisonOperator="GreaterThanThreshold")
        queries.append({"Id": f"q{number}", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}})
    return {"MetricDataQueries": queries, "StartTime": time.time() - 600, "EndTime": time.time() + 600}


def populate_cloudformation(w, client):
    topic = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"%s}}}'
    for number in range(2):
        client.create_stack(StackName=f"pages{number}", TemplateBody=topic % ', "Properties": {"DisplayName": "a"}')
        client.create_stack_set(StackSetName=f"pages{number}", TemplateBody=topic % "")
    made = lambda: client.describe_stacks(StackName="pages1")["Stacks"][0]["StackStatus"]  # noqa: E731  asked again
    w.until(lambda: made() == "CREATE_COMPLETE")
    client.update_stack(StackName="pages1", TemplateBody=topic % "")
    w.until(lambda: made() == "UPDATE_COMPLETE")
    for number in range(2):
        client.create_change_set(StackName="pages1", ChangeSetName=f"c{number}",
                                 TemplateBody=topic % ', "Properties": {"DisplayName": "b"}')
    asked = {"StackSetName": "pages0", "Accounts": [TARGET], "Regions": ["us-east-1", "us-west-2"]}
    operation = client.create_stack_instances(**asked)["OperationId"]
    over = {"StackSetName": "pages0", "OperationId": operation}
    w.until(lambda: client.describe_stack_set_operation(**over)["StackSetOperation"]["Status"] == "FAILED")
    w.until(lambda: client.describe_change_set(StackName="pages1", ChangeSetName="c1")["Status"] == "CREATE_COMPLETE")
    return {"StackName": {"DescribeChangeSet": "pages1", "DescribeStackEvents": "pages1", "ListChangeSets": "pages1",
                          "ListStackResources": "pages1"}, "ChangeSetName": "c1", **over}


POPULATE = {"iam": populate_iam, "organizations": populate_organizations, "ec2": populate_ec2, "ssm": populate_ssm,
            "s3": populate_s3, "sns": populate_sns, "events": populate_events, "logs": populate_logs,
            "cloudwatch": populate_cloudwatch, "cloudformation": populate_cloudformation, "kms": populate_kms}


def lasting(item):
    """An item without what changes while one looks."""
    return {name: value for name, value in item.items() if name != "LastPingDateTime"} if isinstance(item, dict) else item


def items(paginator, parameters, size):
    """Everything that the pages hold, in their order by result key, and how many pages there were."""
    config = {"PageSize": size} if size else {}
    found, pages = [], 0
    for page in paginator.paginate(PaginationConfig=config, **parameters):
        pages += 1
        for key in paginator.result_keys:
            found += [(key.expression, repr(lasting(item))) for item in key.search(page) or []]
    return sorted(found, key=lambda item: item[0]), pages


def counted(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def page_size(client, operation, paginator):
    limit = getattr(paginator, "_limit_key", None)
    if not limit:
        return None
    if client.meta.service_model.service_name == "ec2":
        return EC2_LEAST
    shape = client.meta.service_model.operation_model(operation).input_shape.members[limit]
    return max(1, shape.metadata.get("min", 1))


def given_to(operation, shape, known):
    """Parameters for the required members, and for those that were made for this operation."""
    found = {}
    for name, value in known.items():
        mine = value.get(operation, value.get("")) if isinstance(value, dict) else value
        made_for = isinstance(value, dict) and operation in value
        if name in shape.members and mine is not None and (made_for or name in shape.required_members):
            found[name] = mine
    return found


def paginators(service, client, offered, known):
    """[operation, what was seen] of every paginator."""
    rows = []
    for operation in sorted(offered):
        if operation not in client.meta.service_model.operation_names or not client.can_paginate(xform_name(operation)):
            continue
        paginator = client.get_paginator(xform_name(operation))
        parameters = given_to(operation, client.meta.service_model.operation_model(operation).input_shape, known)
        size = page_size(client, operation, paginator)
        whole, one = items(paginator, parameters, None)
        parts, pages = items(paginator, parameters, size)
        if whole != parts:
            raise Wrong(f"{service} {operation}: {len(parts)} items in pages of {size}, {len(whole)} without")
        if size and len(whole) > size * len(paginator.result_keys) and pages < 2:
            raise Wrong(f"{service} {operation}: {len(whole)} items in one page of {size}")
        rows.append([operation, f"{counted(len(whole), 'item')} in {counted(pages, 'page')}"])
    return rows


def command(w, line):
    """A command of one node that has been sent."""
    node = w.instances("live-02")[0]
    sent = w.client("ssm").send_command(DocumentName=documents.SHELL, InstanceIds=[node], Parameters={"commands": [line]})
    return {"CommandId": sent["Command"]["CommandId"], "InstanceId": node}


def waiter_cases(w, service):
    """By waiter: parameters with which it ends well, and with which it must not."""
    ec2 = w.client("ec2")
    one = {"RoleName": "Pages"}
    if service == "iam":
        return {"role_exists": (one, {"RoleName": "none"}),
                "user_exists": ({"UserName": "pages"}, {"UserName": "none"}),
                "policy_exists": ({"PolicyArn": f"{iam.ROOT}policy/Pages0"}, {"PolicyArn": iam.ABSENT}),
                "instance_profile_exists": ({"InstanceProfileName": "Pages0"}, {"InstanceProfileName": "none"})}
    if service == "ssm":
        return {"command_executed": (command(w, "true"), command(w, "exit 1"))}
    if service == "s3":
        here, none = {"Bucket": BUCKET}, {"Bucket": BUCKET + "-none"}
        return {"bucket_exists": (here, none), "bucket_not_exists": (none, here),
                "object_exists": ({**here, "Key": "k0"}, {**here, "Key": "none"}),
                "object_not_exists": ({**here, "Key": "none"}, {**here, "Key": "k0"})}
    if service == "cloudwatch":
        return {"alarm_exists": ({"AlarmNames": ["pages0"]}, {"AlarmNames": ["none"]}),
                "composite_alarm_exists": (None, {"AlarmNames": ["none"]})}
    if service == "cloudformation":
        here, none = {"StackName": "pages0"}, {"StackName": "none"}
        updated, change_set = {"StackName": "pages1"}, {"StackName": "pages1", "ChangeSetName": "c1"}
        return {"stack_exists": (here, none), "stack_create_complete": (here, none),
                "stack_delete_complete": (none, here), "stack_update_complete": (updated, none),
                "stack_import_complete": (None, none), "stack_rollback_complete": (None, none),
                "change_set_create_complete": (change_set, {**none, "ChangeSetName": "c1"})}
    if service != "ec2":
        return {}
    up, halted, dead = w.instances("live-01", "stopped-01", "live-03")
    ec2.terminate_instances(InstanceIds=[dead])
    image = ec2.describe_images(Filters=named(name="al2023-*"))["Images"][0]["ImageId"]
    subnet = ec2.describe_subnets(Filters=named(cidr_block="10.90.0.0/24"))["Subnets"][0]
    volume = ec2.describe_volumes()["Volumes"][0]["VolumeId"]
    ec2.create_key_pair(KeyName="pages")
    gateway = ec2.describe_internet_gateways()["InternetGateways"][0]["InternetGatewayId"]
    nats = [one["NatGatewayId"] for one in ec2.describe_nat_gateways()["NatGateways"]]
    ec2.delete_nat_gateway(NatGatewayId=nats[1])

    def of(member, good, bad):
        return {member: [good]}, {member: [bad]}
    group = ec2.describe_security_groups(Filters=named(group_name="pages0"))["SecurityGroups"][0]["GroupId"]
    return {
        "image_available": of("ImageIds", image, absent("ami")), "image_exists": of("ImageIds", image, absent("ami")),
        "instance_exists": of("InstanceIds", up, absent("i")), "instance_running": of("InstanceIds", up, halted),
        "instance_status_ok": of("InstanceIds", up, absent("i")), "system_status_ok": of("InstanceIds", up, absent("i")),
        "instance_stopped": of("InstanceIds", halted, up), "instance_terminated": of("InstanceIds", dead, up),
        "internet_gateway_exists": of("InternetGatewayIds", gateway, absent("igw")),
        "key_pair_exists": of("KeyNames", "pages", "none"),
        "nat_gateway_available": of("NatGatewayIds", nats[0], absent("nat")),
        "nat_gateway_deleted": of("NatGatewayIds", nats[1], nats[0]),
        "network_interface_available": of("NetworkInterfaceIds", None, absent("eni")),
        "security_group_exists": of("GroupIds", group, absent("sg")),
        "subnet_available": of("SubnetIds", subnet["SubnetId"], absent("subnet")),
        "volume_available": of("VolumeIds", None, volume), "volume_in_use": of("VolumeIds", volume, absent("vol")),
        "volume_deleted": of("VolumeIds", absent("vol"), volume),
        "vpc_available": of("VpcIds", subnet["VpcId"], absent("vpc")),
        "vpc_exists": of("VpcIds", subnet["VpcId"], absent("vpc")),
    }


def waiters(w, service, client, offered, untried):
    """[waiter, operation, what was seen] of every waiter."""
    rows = []
    cases = waiter_cases(w, service)
    for name in sorted(client.waiter_names):
        waiter = client.get_waiter(name)
        if waiter.config.operation not in offered:
            continue
        if name not in cases:
            untried.append(f"{service} waiter {name}")
            continue
        good, bad = cases[name]
        reason = UNREACHABLE.get((service, name))
        if not reason:
            waiter.wait(WaiterConfig={"Delay": 1, "MaxAttempts": 60}, **good)
        try:
            waiter.wait(WaiterConfig={"Delay": 1, "MaxAttempts": 30 if name == "command_executed" else 1}, **bad)
        except botocore.exceptions.WaiterError as error:
            failed = "Max attempts exceeded" not in str(error)
        else:
            raise Wrong(f"{service} {name}: ended well with {bad}")
        rows.append([name, waiter.config.operation, f"not reached: {reason}" if reason else "reached",
                     "fails" if failed else "keeps waiting"])
    return rows


def run(w, operations, untried):
    """The lines about every service's paginators and waiters."""
    lines = ["", "## Paginators and waiters of boto3", "",
             "Every paginator gives the same items in the least pages that the operation takes as in its largest.", "",
             "| Paginator | Seen |", "|---|---|"]
    waiting = ["", "Every waiter is tried with what has its state, and with what has not.", "",
               "| Waiter | Asks | With it | Without it |", "|---|---|---|---|"]
    for service in SERVICES:
        client = w.client(service, "hub" if service in HUBS else "target")
        mine = client.meta.service_model.service_id
        offered = {row["operation"] for row in operations if row["service_id"] == mine}
        known = POPULATE[service](w, client)
        lines += [f"| {mine} {name} | {seen} |" for name, seen in paginators(service, client, offered, known)]
        waiting += [f"| {mine} {' | '.join(row)} |" for row in waiters(w, service, client, offered, untried)]
        print(f"boto3 waiters and paginators of {service}: ok", flush=True)
    return lines + waiting
