"""Organizations: units and accounts, policies on them, delegated administrators, tags."""
import json
import re

from frame import HUB, TARGET, at_least, has, lacks, moment

SPARE = "500000000000"
NO_UNIT = "ou-abcd-00000000"
UNIT = re.compile("ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}")
SCP = "SERVICE_CONTROL_POLICY"
DENY = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}})


def root_of(client):
    return client.list_roots()["Roots"][0]["Id"]


def reading(w):
    org, member = w.client("organizations", "hub"), w.client("organizations")
    w.answers(org.describe_organization, {"Organization": {
        "Id": re.compile("o-[a-z0-9]{10,32}"), "MasterAccountId": HUB, "FeatureSet": "ALL"}})
    w.answers(member.describe_organization, {"Organization": {"MasterAccountId": HUB}})
    w.refuses("AccessDeniedException", w.client("organizations", "weak").describe_organization)
    w.answers(org.list_roots, {"Roots": [{"Id": re.compile("r-[0-9a-z]{4,32}"), "Name": "Root"}]})
    w.refuses("AccessDeniedException", member.list_roots)
    w.answers(org.list_accounts, {"Accounts": at_least(20)})
    w.refuses("AccessDeniedException", member.list_accounts)
    w.answers(org.describe_account, {"Account": {"Id": TARGET, "Name": "target", "Status": "ACTIVE",
                                                 "JoinedTimestamp": moment, "Email": has("@")}}, AccountId=TARGET)
    w.refuses("AccountNotFoundException", org.describe_account, AccountId="999999999999")
    w.answers(org.list_accounts_for_parent, {"Accounts": [{"Id": HUB}]}, ParentId=root_of(org))
    w.refuses("ParentNotFoundException", org.list_accounts_for_parent, ParentId=NO_UNIT)
    w.answers(org.list_organizational_units_for_parent, {"OrganizationalUnits": has({"Name": "Workloads"})},
              ParentId=root_of(org))
    w.refuses("ParentNotFoundException", org.list_organizational_units_for_parent, ParentId=NO_UNIT)
    w.answers(org.list_children, {"Children": [{"Id": HUB, "Type": "ACCOUNT"}]}, ParentId=root_of(org),
              ChildType="ACCOUNT")
    w.refuses("ParentNotFoundException", org.list_children, ParentId=NO_UNIT, ChildType="ACCOUNT")
    w.answers(org.list_parents, {"Parents": [{"Id": root_of(org), "Type": "ROOT"}]}, ChildId=HUB)
    w.refuses("ChildNotFoundException", org.list_parents, ChildId="999999999999")


def units(w):
    org = w.client("organizations", "hub")
    root = root_of(org)
    unit = w.answers(org.create_organizational_unit, {"OrganizationalUnit": {
        "Id": UNIT, "Name": "Case", "Arn": has(f"arn:aws:organizations::{HUB}:ou/")}}, ParentId=root, Name="Case")
    unit = unit["OrganizationalUnit"]["Id"]
    w.refuses("DuplicateOrganizationalUnitException", org.create_organizational_unit, ParentId=root, Name="Case")
    w.answers(org.describe_organizational_unit, {"OrganizationalUnit": {"Id": unit, "Name": "Case"}},
              OrganizationalUnitId=unit)
    w.refuses("OrganizationalUnitNotFoundException", org.describe_organizational_unit, OrganizationalUnitId=NO_UNIT)
    w.answers(org.update_organizational_unit, {"OrganizationalUnit": {"Id": unit, "Name": "Renamed"}},
              OrganizationalUnitId=unit, Name="Renamed")
    w.refuses("DuplicateOrganizationalUnitException", org.update_organizational_unit, OrganizationalUnitId=unit,
              Name="Workloads")
    before = org.list_parents(ChildId=SPARE)["Parents"][0]["Id"]
    move = {"AccountId": SPARE, "SourceParentId": before, "DestinationParentId": unit}
    w.answers(org.move_account, {}, **move, then=lambda: w.answers(
        org.list_parents, {"Parents": [{"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}]}, ChildId=SPARE))
    w.refuses("SourceParentNotFoundException", org.move_account, **move)
    w.refuses("OrganizationalUnitNotEmptyException", org.delete_organizational_unit, OrganizationalUnitId=unit)
    org.move_account(AccountId=SPARE, SourceParentId=unit, DestinationParentId=before)
    w.answers(org.delete_organizational_unit, {}, OrganizationalUnitId=unit, then=lambda: w.refuses(
        "OrganizationalUnitNotFoundException", org.describe_organizational_unit, OrganizationalUnitId=unit))
    w.refuses("OrganizationalUnitNotFoundException", org.delete_organizational_unit, OrganizationalUnitId=unit)


def policies(w):
    org = w.client("organizations", "hub")
    root = root_of(org)
    kind = {"RootId": root, "PolicyType": SCP}
    enabled = any(one["Type"] == SCP for one in org.list_roots()["Roots"][0]["PolicyTypes"])
    if enabled:
        org.disable_policy_type(**kind)
    w.refuses("PolicyTypeNotEnabledException", org.disable_policy_type, **kind)
    w.answers(org.enable_policy_type, {"Root": {"Id": root, "PolicyTypes": has({"Type": SCP, "Status": "ENABLED"})}}, **kind)
    w.refuses("PolicyTypeAlreadyEnabledException", org.enable_policy_type, **kind)
    made = w.answers(org.create_policy, {"Policy": {"Content": str, "PolicySummary": {
        "Id": re.compile("p-[0-9a-z]{8,}"), "Name": "Case", "Description": "d", "Type": SCP, "AwsManaged": False}}},
        Name="Case", Description="d", Type=SCP, Content=DENY)["Policy"]["PolicySummary"]["Id"]
    w.refuses("DuplicatePolicyException", org.create_policy, Name="Case", Description="d", Type=SCP, Content=DENY)
    w.refuses("MalformedPolicyDocumentException", org.create_policy, Name="Bad", Description="d", Type=SCP, Content="{")
    w.answers(org.describe_policy, {"Policy": {"Content": has("s3:DeleteBucket")}}, PolicyId=made)
    w.refuses("PolicyNotFoundException", org.describe_policy, PolicyId="p-00000000")
    w.answers(org.update_policy, {"Policy": {"PolicySummary": {"Description": "changed"}}}, PolicyId=made,
              Description="changed")
    w.refuses("PolicyChangesNotAllowedException", org.update_policy, PolicyId="p-FullAWSAccess", Description="x")
    w.answers(org.list_policies, {"Policies": has({"Id": made}, {"Id": "p-FullAWSAccess", "AwsManaged": True})}, Filter=SCP)
    w.refuses("AccessDeniedException", w.client("organizations").list_policies, Filter=SCP)
    on = {"PolicyId": made, "TargetId": TARGET}
    w.answers(org.attach_policy, {}, **on, then=lambda: w.answers(
        org.list_policies_for_target, {"Policies": has({"Id": made})}, TargetId=TARGET, Filter=SCP))
    w.refuses("DuplicatePolicyAttachmentException", org.attach_policy, **on)
    w.refuses("TargetNotFoundException", org.list_policies_for_target, TargetId="999999999999", Filter=SCP)
    w.answers(org.list_targets_for_policy, {"Targets": [{"TargetId": TARGET, "Type": "ACCOUNT", "Name": "target"}]},
              PolicyId=made)
    w.refuses("PolicyNotFoundException", org.list_targets_for_policy, PolicyId="p-00000000")
    w.refuses("PolicyInUseException", org.delete_policy, PolicyId=made)
    w.answers(org.detach_policy, {}, **on, then=lambda: w.answers(
        org.list_policies_for_target, {"Policies": lacks({"Id": made})}, TargetId=TARGET, Filter=SCP))
    w.refuses("PolicyNotAttachedException", org.detach_policy, **on)
    w.answers(org.delete_policy, {}, PolicyId=made, then=lambda: w.refuses(
        "PolicyNotFoundException", org.describe_policy, PolicyId=made))
    w.refuses("PolicyNotFoundException", org.delete_policy, PolicyId=made)
    w.answers(org.disable_policy_type, {"Root": {"Id": root, "PolicyTypes": lacks({"Type": SCP})}}, **kind)
    if enabled:
        org.enable_policy_type(**kind)


def delegation(w):
    org = w.client("organizations", "hub")
    who = {"AccountId": TARGET, "ServicePrincipal": "ssm.amazonaws.com"}
    w.answers(org.register_delegated_administrator, {}, **who, then=lambda: w.answers(
        org.list_delegated_administrators, {"DelegatedAdministrators": [{"Id": TARGET, "DelegationEnabledDate": moment}]}))
    w.refuses("AccountAlreadyRegisteredException", org.register_delegated_administrator, **who)
    w.answers(w.client("organizations").list_roots, {"Roots": at_least(1)})
    w.answers(org.deregister_delegated_administrator, {}, **who, then=lambda: w.answers(
        org.list_delegated_administrators, {"DelegatedAdministrators": []}))
    w.refuses("AccountNotRegisteredException", org.deregister_delegated_administrator, **who)
    w.refuses("AccessDeniedException", w.client("organizations").list_delegated_administrators)


def tags(w):
    org = w.client("organizations", "hub")
    w.answers(org.tag_resource, {}, ResourceId=TARGET, Tags=[{"Key": "a", "Value": "1"}], then=lambda: w.answers(
        org.list_tags_for_resource, {"Tags": has({"Key": "a", "Value": "1"})}, ResourceId=TARGET))
    w.answers(org.untag_resource, {}, ResourceId=TARGET, TagKeys=["a"], then=lambda: w.answers(
        org.list_tags_for_resource, {"Tags": lacks({"Key": "a"})}, ResourceId=TARGET))
    w.refuses("TargetNotFoundException", org.tag_resource, ResourceId="999999999999", Tags=[{"Key": "a", "Value": "1"}])
    w.refuses("TargetNotFoundException", org.untag_resource, ResourceId="999999999999", TagKeys=["a"])
    w.refuses("TargetNotFoundException", org.list_tags_for_resource, ResourceId="999999999999")


CASES = [reading, units, policies, delegation, tags]
