"""CloudFormation: templates, stacks and what they make, change sets, exports, stack sets."""
import json
import re

from frame import HUB, REGION, TARGET, at_least, has, moment

ROOT = f"arn:aws:cloudformation:{REGION}:{TARGET}:"
STACK = re.compile(re.escape(ROOT) + "stack/case/.{36}")
NONE = {"StackName": "none"}
CASE = {"StackName": "case"}
NAMED = ["CAPABILITY_NAMED_IAM"]
SPARE = "500000000000"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                                                "Action": "sts:AssumeRole"}]}
ROLE = f"""
Description: a role and a topic
Parameters:
  Hours: {{Type: Number, Default: 1, AllowedValues: [1, 2]}}
  Hidden: {{Type: String, Default: x, NoEcho: true}}
Resources:
  Role:
    Type: AWS::IAM::Role
    Metadata: {{why: case}}
    Properties: {{RoleName: FromCase, Description: !Sub "${{Hours}} hours", AssumeRolePolicyDocument: {json.dumps(TRUST)}}}
  Topic: {{Type: "AWS::SNS::Topic", DependsOn: Role, Properties: {{DisplayName: !Ref Hours}}}}
Outputs:
  Arn: {{Value: !GetAtt Role.Arn, Export: {{Name: case-arn}}}}
"""
TOPIC = """{"Parameters": {"Name": {"Type": "String", "Default": "a"}},
 "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Name"}}}}}"""


def reaches(w, client, status, **stack):
    """Waits until the stack has the status."""
    return w.until(lambda: client.describe_stacks(**stack)["Stacks"][0]["StackStatus"] == status)


def templates(w):
    cloud = w.client("cloudformation")
    w.answers(cloud.validate_template, {"Description": "a role and a topic", "Capabilities": NAMED, "Parameters": has(
        {"ParameterKey": "Hours", "DefaultValue": "1", "NoEcho": False})}, TemplateBody=ROLE)
    w.refuses("ValidationError", cloud.validate_template, TemplateBody="a: [", text="Template format error: YAML not well-formed")
    w.answers(cloud.get_template_summary, {"ResourceTypes": ["AWS::IAM::Role", "AWS::SNS::Topic"], "Capabilities": NAMED,
                                           "CapabilitiesReason": has("[AWS::IAM::Role]")}, TemplateBody=ROLE)
    w.refuses("ValidationError", cloud.get_template_summary, **NONE, text="Stack with id none does not exist")


def stacks(w):
    cloud = w.client("cloudformation")
    made = w.answers(cloud.create_stack, {"StackId": STACK}, **CASE, TemplateBody=ROLE, Capabilities=NAMED,
                     Tags=[{"Key": "env", "Value": "test"}])["StackId"]
    w.refuses("AlreadyExistsException", cloud.create_stack, **CASE, TemplateBody=TOPIC, text="Stack .case. already exists")
    w.refuses("InsufficientCapabilitiesException", cloud.create_stack, StackName="other", TemplateBody=ROLE,
              text="Requires capabilities : .CAPABILITY_NAMED_IAM.")
    reaches(w, cloud, "CREATE_COMPLETE", **CASE)
    w.answers(cloud.describe_stacks, {"Stacks": [{
        "StackId": made, "StackName": "case", "CreationTime": moment, "Tags": [{"Key": "env", "Value": "test"}],
        "Parameters": has({"ParameterKey": "Hidden", "ParameterValue": "****"}),
        "Outputs": [{"OutputKey": "Arn", "OutputValue": f"arn:aws:iam::{TARGET}:role/FromCase", "ExportName": "case-arn"}],
    }]}, **CASE, then=lambda: w.client("iam").get_role(RoleName="FromCase"))
    w.refuses("ValidationError", cloud.describe_stacks, **NONE, text="Stack with id none does not exist")
    w.answers(cloud.describe_stack_events, {"StackEvents": has(
        {"LogicalResourceId": "Role", "ResourceStatus": "CREATE_COMPLETE", "Timestamp": moment},
        {"LogicalResourceId": "case", "ResourceStatusReason": "User Initiated"})}, **CASE)
    w.refuses("ValidationError", cloud.describe_stack_events, **NONE, text="Stack .none. does not exist")
    w.answers(cloud.list_stacks, {"StackSummaries": has({"StackId": made, "StackStatus": "CREATE_COMPLETE"})},
              StackStatusFilter=["CREATE_COMPLETE"])
    w.refuses("AccessDenied", w.client("cloudformation", "Narrow").list_stacks, text="cloudformation:ListStacks")


def resources(w):
    cloud = w.client("cloudformation")
    role = {"LogicalResourceId": "Role", "PhysicalResourceId": "FromCase", "ResourceType": "AWS::IAM::Role"}
    w.answers(cloud.describe_stack_resource, {"StackResourceDetail": {**role, "Metadata": has("why")}}, **CASE,
              LogicalResourceId="Role")
    w.refuses("ValidationError", cloud.describe_stack_resource, **CASE, LogicalResourceId="No", text="does not exist")
    w.answers(cloud.describe_stack_resources, {"StackResources": has(role, {"LogicalResourceId": "Topic"})}, **CASE)
    w.refuses("ValidationError", cloud.describe_stack_resources, **NONE, text="does not exist")
    w.answers(cloud.list_stack_resources, {"StackResourceSummaries": has(role)}, **CASE)
    w.refuses("ValidationError", cloud.list_stack_resources, **NONE, text="does not exist")
    w.answers(cloud.list_exports, {"Exports": has({"Name": "case-arn", "Value": f"arn:aws:iam::{TARGET}:role/FromCase"})})
    w.refuses("AccessDenied", w.client("cloudformation", "Narrow").list_exports, text="cloudformation:ListExports")
    w.answers(cloud.get_template, {"TemplateBody": lambda got: got.strip() == ROLE.strip()}, **CASE)
    w.refuses("ValidationError", cloud.get_template, **NONE, text="does not exist")


def updates(w):
    cloud = w.client("cloudformation")
    two = [{"ParameterKey": "Hours", "ParameterValue": "2"}, {"ParameterKey": "Hidden", "UsePreviousValue": True}]
    again = {"UsePreviousTemplate": True, "Parameters": two, "Capabilities": NAMED}
    w.answers(cloud.update_stack, {"StackId": STACK}, **CASE, **again)
    w.answers(cloud.cancel_update_stack, {}, **CASE, then=lambda: reaches(w, cloud, "UPDATE_ROLLBACK_COMPLETE", **CASE))
    w.refuses("ValidationError", cloud.cancel_update_stack, **CASE, text="cannot be called from current stack status")
    w.answers(cloud.update_stack, {"StackId": STACK}, **CASE, **again,
              then=lambda: reaches(w, cloud, "UPDATE_COMPLETE", **CASE))
    w.refuses("ValidationError", cloud.update_stack, **CASE, **again, text="No updates are to be performed")
    if w.client("iam").get_role(RoleName="FromCase")["Role"]["Description"] != "2 hours":
        raise AssertionError("the role was not updated")


def change_sets(w):
    cloud = w.client("cloudformation")
    first = {"StackName": "sets", "ChangeSetName": "first"}
    w.answers(cloud.create_change_set, {"Id": has("changeSet/first/"), "StackId": has("stack/sets/")}, **first,
              ChangeSetType="CREATE", TemplateBody=TOPIC)
    w.refuses("AlreadyExistsException", cloud.create_change_set, **first, ChangeSetType="CREATE", TemplateBody=TOPIC)
    w.until(lambda: cloud.describe_change_set(**first)["Status"] == "CREATE_COMPLETE")
    w.answers(cloud.describe_change_set, {"ExecutionStatus": "AVAILABLE", "Changes": [
        {"ResourceChange": {"Action": "Add", "LogicalResourceId": "Topic", "ResourceType": "AWS::SNS::Topic"}}]}, **first)
    w.refuses("ChangeSetNotFound", cloud.describe_change_set, StackName="sets", ChangeSetName="none")
    w.answers(cloud.list_change_sets, {"Summaries": [{"ChangeSetName": "first", "Status": "CREATE_COMPLETE"}]},
              StackName="sets")
    w.refuses("ValidationError", cloud.list_change_sets, **NONE, text="does not exist")
    w.answers(cloud.execute_change_set, {}, **first, then=lambda: reaches(w, cloud, "CREATE_COMPLETE", StackName="sets"))
    w.refuses("InvalidChangeSetStatus", cloud.execute_change_set, **first, text="cannot be executed in its current")
    same = {"StackName": "sets", "ChangeSetName": "same"}
    cloud.create_change_set(**same, UsePreviousTemplate=True)
    w.until(lambda: cloud.describe_change_set(**same)["Status"] == "FAILED")
    w.answers(cloud.describe_change_set, {"StatusReason": has("The submitted information didn't contain changes.")}, **same)
    w.answers(cloud.delete_change_set, {}, **same,
              then=lambda: w.refuses("ChangeSetNotFound", cloud.describe_change_set, **same))
    w.refuses("ValidationError", cloud.delete_change_set, **NONE, ChangeSetName="x", text="does not exist")


def deletion(w):
    cloud = w.client("cloudformation")
    w.answers(cloud.update_termination_protection, {"StackId": STACK}, **CASE, EnableTerminationProtection=True)
    w.refuses("ValidationError", cloud.update_termination_protection, **NONE, EnableTerminationProtection=True)
    w.refuses("ValidationError", cloud.delete_stack, **CASE, text="TerminationProtection is enabled")
    cloud.update_termination_protection(**CASE, EnableTerminationProtection=False)
    made = cloud.describe_stacks(**CASE)["Stacks"][0]["StackId"]
    w.answers(cloud.delete_stack, {}, **CASE, then=lambda: reaches(w, cloud, "DELETE_COMPLETE", StackName=made))
    w.refuses("NoSuchEntity", w.client("iam").get_role, RoleName="FromCase")


def stack_sets(w):
    cloud, member = w.client("cloudformation", "hub"), w.client("cloudformation")
    case, none = {"StackSetName": "case"}, {"StackSetName": "none"}
    org = w.client("organizations", "hub")
    root = org.list_roots()["Roots"][0]["Id"]
    units = org.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    spare = next(unit["Id"] for unit in units if unit["Name"] == "Spare")
    targets = {"DeploymentTargets": {"OrganizationalUnitIds": [spare], "Accounts": [SPARE],
                                     "AccountFilterType": "INTERSECTION"}, "Regions": [REGION]}
    model = {"TemplateBody": TOPIC, "PermissionModel": "SERVICE_MANAGED", "AutoDeployment": {"Enabled": False}}
    w.answers(cloud.create_stack_set, {"StackSetId": re.compile("case:.{36}")}, **case, **model)
    w.refuses("NameAlreadyExistsException", cloud.create_stack_set, **case, **model)
    w.refuses("ValidationError", member.create_stack_set, **case, **model, text="management account")
    w.answers(cloud.describe_stack_set, {"StackSet": {**case, "Status": "ACTIVE", "PermissionModel": "SERVICE_MANAGED"}}, **case)
    w.refuses("StackSetNotFoundException", cloud.describe_stack_set, **none)
    w.answers(cloud.list_stack_sets, {"Summaries": has({**case, "Status": "ACTIVE"})}, Status="ACTIVE")
    w.refuses("AccessDenied", w.client("cloudformation", "Narrow").list_stack_sets)

    def over(operation, status="SUCCEEDED"):
        asked = {**case, "OperationId": operation}
        return w.until(lambda: cloud.describe_stack_set_operation(**asked)["StackSetOperation"]["Status"] == status)

    made = w.answers(cloud.create_stack_instances, {"OperationId": str}, **case, **targets)["OperationId"]
    w.refuses("OperationIdAlreadyExistsException", cloud.create_stack_instances, **case, **targets, OperationId=made)
    over(made)
    one = {"Account": SPARE, "Region": REGION, "Status": "CURRENT", "StackInstanceStatus": {"DetailedStatus": "SUCCEEDED"}}
    place = {"StackInstanceAccount": SPARE, "StackInstanceRegion": REGION}
    w.answers(cloud.list_stack_instances, {"Summaries": [one]}, **case)
    w.refuses("StackSetNotFoundException", cloud.list_stack_instances, **none)
    w.answers(cloud.describe_stack_instance, {"StackInstance": {**one, "StackId": has(f":{SPARE}:stack/StackSet-case-")}},
              **case, **place)
    w.refuses("StackInstanceNotFoundException", cloud.describe_stack_instance, **case, StackInstanceAccount=HUB,
              StackInstanceRegion=REGION)
    w.answers(cloud.describe_stack_set_operation, {"StackSetOperation": {"Action": "CREATE", "EndTimestamp": moment}}, **case,
              OperationId=made)
    w.refuses("OperationNotFoundException", cloud.describe_stack_set_operation, **case, OperationId="none")
    w.answers(cloud.list_stack_set_operations, {"Summaries": has({"OperationId": made, "Status": "SUCCEEDED"})}, **case)
    w.refuses("StackSetNotFoundException", cloud.list_stack_set_operations, **none)
    w.answers(cloud.list_stack_set_operation_results, {"Summaries": [{"Account": SPARE, "Status": "SUCCEEDED"}]}, **case,
              OperationId=made)
    w.refuses("OperationNotFoundException", cloud.list_stack_set_operation_results, **case, OperationId="none")
    changed = w.answers(cloud.update_stack_set, {"OperationId": str}, **case, UsePreviousTemplate=True, Parameters=[
        {"ParameterKey": "Name", "ParameterValue": "b"}])["OperationId"]
    w.refuses("StackSetNotFoundException", cloud.update_stack_set, **none, UsePreviousTemplate=True)
    over(changed)
    w.refuses("StackSetNotEmptyException", cloud.delete_stack_set, **case)
    again = cloud.update_stack_set(**case, UsePreviousTemplate=True)["OperationId"]
    w.answers(cloud.stop_stack_set_operation, {}, **case, OperationId=again, then=lambda: over(again, "STOPPED"))
    w.refuses("InvalidOperationException", cloud.stop_stack_set_operation, **case, OperationId=again)
    gone = w.answers(cloud.delete_stack_instances, {"OperationId": str}, **case, **targets, RetainStacks=False)["OperationId"]
    w.refuses("StackSetNotFoundException", cloud.delete_stack_instances, **none, **targets, RetainStacks=False)
    over(gone)
    w.answers(cloud.delete_stack_set, {}, **case,
              then=lambda: w.refuses("StackSetNotFoundException", cloud.describe_stack_set, **case))


CASES = (templates, stacks, resources, updates, change_sets, deletion, stack_sets)
