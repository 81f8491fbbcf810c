"""IAM: roles, users, their keys and policies, instance profiles, aliases, and the policy simulator."""
import json
import re
import time

from frame import HUB, TARGET, at_least, has, lacks, moment
from sim_harness import mfa_code

ROOT = f"arn:aws:iam::{TARGET}:"
SHARED = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
ABSENT = f"{ROOT}policy/none"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*"):
    return document({"Effect": "Allow", "Action": action, "Resource": resource})


TRUST = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
TRUST_HUB = document({"Effect": "Allow", "Principal": {"AWS": HUB}, "Action": "sts:AssumeRole"})


def roles(w):
    iam = w.client("iam")
    w.answers(iam.create_role, {"Role": {
        "RoleName": "Case", "Path": "/team/", "Arn": f"{ROOT}role/team/Case", "RoleId": re.compile("AROA[A-Z0-9]{17}"),
        "CreateDate": moment, "Tags": [{"Key": "a", "Value": "1"}], "MaxSessionDuration": 7200,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17"}}},
        RoleName="Case", Path="/team/", AssumeRolePolicyDocument=TRUST, MaxSessionDuration=7200,
        Tags=[{"Key": "a", "Value": "1"}])
    w.refuses("EntityAlreadyExists", iam.create_role, RoleName="case", AssumeRolePolicyDocument=TRUST)
    w.refuses("MalformedPolicyDocument", iam.create_role, RoleName="Bad", AssumeRolePolicyDocument="{}")
    w.answers(iam.get_role, {"Role": {"RoleName": "Case", "AssumeRolePolicyDocument": {"Statement": [
        {"Principal": {"Service": "ec2.amazonaws.com"}}]}}}, RoleName="Case")
    w.refuses("NoSuchEntity", iam.get_role, RoleName="None")
    w.answers(iam.list_roles, {"Roles": [{"RoleName": "Case"}], "IsTruncated": False}, PathPrefix="/team/")
    w.refuses("AccessDenied", w.client("iam", "Narrow").list_roles)
    w.answers(iam.update_role, {}, RoleName="Case", Description="changed", MaxSessionDuration=3600, then=lambda: w.answers(
        iam.get_role, {"Role": {"Description": "changed", "MaxSessionDuration": 3600}}, RoleName="Case"))
    w.refuses("NoSuchEntity", iam.update_role, RoleName="None", Description="x")
    w.answers(iam.update_assume_role_policy, {}, RoleName="Case", PolicyDocument=TRUST_HUB, then=lambda: w.answers(
        iam.get_role, {"Role": {"AssumeRolePolicyDocument": {"Statement": [{"Principal": {"AWS": has(HUB)}}]}}},
        RoleName="Case"))
    w.refuses("NoSuchEntity", iam.update_assume_role_policy, RoleName="None", PolicyDocument=TRUST)
    w.refuses("MalformedPolicyDocument", iam.update_assume_role_policy, RoleName="Case", PolicyDocument="{")


def role_tags(w):
    iam = w.client("iam")
    w.answers(iam.tag_role, {}, RoleName="Case", Tags=[{"Key": "b", "Value": "2"}], then=lambda: w.answers(
        iam.list_role_tags, {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}, RoleName="Case"))
    w.answers(iam.untag_role, {}, RoleName="Case", TagKeys=["a"], then=lambda: w.answers(
        iam.list_role_tags, {"Tags": [{"Key": "b", "Value": "2"}]}, RoleName="Case"))
    w.refuses("NoSuchEntity", iam.tag_role, RoleName="None", Tags=[{"Key": "b", "Value": "2"}])
    w.refuses("NoSuchEntity", iam.untag_role, RoleName="None", TagKeys=["a"])
    w.refuses("NoSuchEntity", iam.list_role_tags, RoleName="None")


def managed_policies(w):
    iam = w.client("iam")
    arn = w.answers(iam.create_policy, {"Policy": {
        "PolicyName": "Case", "Arn": f"{ROOT}policy/Case", "DefaultVersionId": "v1", "AttachmentCount": 0,
        "PolicyId": re.compile("ANPA[A-Z0-9]{17}"), "IsAttachable": True}},
        PolicyName="Case", PolicyDocument=allow("ssm:Describe*"))["Policy"]["Arn"]
    w.refuses("EntityAlreadyExists", iam.create_policy, PolicyName="Case", PolicyDocument=allow("s3:*"))
    w.refuses("MalformedPolicyDocument", iam.create_policy, PolicyName="Bad", PolicyDocument="{}")
    w.answers(iam.get_policy, {"Policy": {"Arn": arn, "DefaultVersionId": "v1"}}, PolicyArn=arn)
    w.refuses("NoSuchEntity", iam.get_policy, PolicyArn=ABSENT)
    w.answers(iam.list_policies, {"Policies": [{"PolicyName": "Case"}]}, Scope="Local")
    w.answers(iam.list_policies, {"Policies": has({"Arn": SHARED})}, Scope="AWS")
    w.refuses("AccessDenied", w.client("iam", "Narrow").list_policies)
    w.answers(iam.create_policy_version, {"PolicyVersion": {"VersionId": "v2", "IsDefaultVersion": False}},
              PolicyArn=arn, PolicyDocument=allow("ssm:List*"))
    w.refuses("NoSuchEntity", iam.create_policy_version, PolicyArn=ABSENT, PolicyDocument=allow("ssm:List*"))
    w.answers(iam.get_policy_version, {"PolicyVersion": {"VersionId": "v2", "Document": {"Statement": [
        {"Action": "ssm:List*"}]}}}, PolicyArn=arn, VersionId="v2")
    w.refuses("NoSuchEntity", iam.get_policy_version, PolicyArn=arn, VersionId="v9")
    w.answers(iam.list_policy_versions, {"Versions": [{"VersionId": "v2", "IsDefaultVersion": False},
                                                      {"VersionId": "v1", "IsDefaultVersion": True}]}, PolicyArn=arn)
    w.refuses("NoSuchEntity", iam.list_policy_versions, PolicyArn=ABSENT)
    w.answers(iam.set_default_policy_version, {}, PolicyArn=arn, VersionId="v2", then=lambda: w.answers(
        iam.get_policy, {"Policy": {"DefaultVersionId": "v2"}}, PolicyArn=arn))
    w.refuses("NoSuchEntity", iam.set_default_policy_version, PolicyArn=arn, VersionId="v9")
    w.refuses("DeleteConflict", iam.delete_policy_version, PolicyArn=arn, VersionId="v2")
    w.refuses("DeleteConflict", iam.delete_policy, PolicyArn=arn)
    w.answers(iam.delete_policy_version, {}, PolicyArn=arn, VersionId="v1", then=lambda: w.answers(
        iam.list_policy_versions, {"Versions": [{"VersionId": "v2"}]}, PolicyArn=arn))
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("ssm:Get*"))
    w.refuses("LimitExceeded", iam.create_policy_version, PolicyArn=arn, PolicyDocument=allow("ssm:Get*"))
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])


def policy_tags(w):
    iam = w.client("iam")
    arn = f"{ROOT}policy/Case"
    w.answers(iam.tag_policy, {}, PolicyArn=arn, Tags=[{"Key": "a", "Value": "1"}], then=lambda: w.answers(
        iam.list_policy_tags, {"Tags": [{"Key": "a", "Value": "1"}]}, PolicyArn=arn))
    w.answers(iam.untag_policy, {}, PolicyArn=arn, TagKeys=["a"], then=lambda: w.answers(
        iam.list_policy_tags, {"Tags": []}, PolicyArn=arn))
    w.refuses("NoSuchEntity", iam.tag_policy, PolicyArn=ABSENT, Tags=[{"Key": "a", "Value": "1"}])
    w.refuses("NoSuchEntity", iam.untag_policy, PolicyArn=ABSENT, TagKeys=["a"])
    w.refuses("NoSuchEntity", iam.list_policy_tags, PolicyArn=ABSENT)


def role_policies(w):
    iam = w.client("iam")
    arn, role = f"{ROOT}policy/Case", {"RoleName": "Case"}
    w.answers(iam.attach_role_policy, {}, **role, PolicyArn=arn, then=lambda: w.answers(
        iam.list_attached_role_policies, {"AttachedPolicies": [{"PolicyName": "Case", "PolicyArn": arn}]}, **role))
    w.refuses("NoSuchEntity", iam.attach_role_policy, **role, PolicyArn=ABSENT)
    w.refuses("NoSuchEntity", iam.list_attached_role_policies, RoleName="None")
    w.answers(iam.list_entities_for_policy, {"PolicyRoles": [{"RoleName": "Case"}], "PolicyUsers": []}, PolicyArn=arn)
    w.refuses("NoSuchEntity", iam.list_entities_for_policy, PolicyArn=ABSENT)
    w.answers(iam.put_role_policy, {}, **role, PolicyName="inline", PolicyDocument=allow("s3:Get*"), then=lambda:
              w.answers(iam.get_role_policy, {"RoleName": "Case", "PolicyName": "inline",
                                              "PolicyDocument": {"Statement": [{"Action": "s3:Get*"}]}},
                        **role, PolicyName="inline"))
    w.refuses("MalformedPolicyDocument", iam.put_role_policy, **role, PolicyName="inline", PolicyDocument="{}")
    w.refuses("NoSuchEntity", iam.get_role_policy, **role, PolicyName="none")
    w.answers(iam.list_role_policies, {"PolicyNames": ["inline"]}, **role)
    w.refuses("NoSuchEntity", iam.list_role_policies, RoleName="None")
    w.answers(iam.put_role_permissions_boundary, {}, **role, PermissionsBoundary=arn, then=lambda: w.answers(
        iam.get_role, {"Role": {"PermissionsBoundary": {"PermissionsBoundaryArn": arn}}}, **role))
    w.refuses("NoSuchEntity", iam.put_role_permissions_boundary, **role, PermissionsBoundary=ABSENT)
    w.refuses("DeleteConflict", iam.delete_role, **role)
    w.answers(iam.delete_role_permissions_boundary, {}, **role, then=lambda: "PermissionsBoundary" not in w.answers(
        iam.get_role, {"Role": {"RoleName": "Case"}}, **role)["Role"])
    w.refuses("NoSuchEntity", iam.delete_role_permissions_boundary, **role)
    w.answers(iam.delete_role_policy, {}, **role, PolicyName="inline", then=lambda: w.answers(
        iam.list_role_policies, {"PolicyNames": []}, **role))
    w.refuses("NoSuchEntity", iam.delete_role_policy, **role, PolicyName="inline")
    w.answers(iam.detach_role_policy, {}, **role, PolicyArn=arn, then=lambda: w.answers(
        iam.list_attached_role_policies, {"AttachedPolicies": []}, **role))
    w.refuses("NoSuchEntity", iam.detach_role_policy, **role, PolicyArn=arn)


def profiles(w):
    iam = w.client("iam")
    name, shown = {"InstanceProfileName": "Case"}, {"InstanceProfileName": "Case", "Arn": f"{ROOT}instance-profile/Case"}
    w.answers(iam.create_instance_profile, {"InstanceProfile": {**shown, "Roles": [], "InstanceProfileId": re.compile(
        "AIPA[A-Z0-9]{17}")}}, **name)
    w.refuses("EntityAlreadyExists", iam.create_instance_profile, **name)
    w.answers(iam.add_role_to_instance_profile, {}, **name, RoleName="Case", then=lambda: w.answers(
        iam.get_instance_profile, {"InstanceProfile": {**shown, "Roles": [{"RoleName": "Case"}]}}, **name))
    w.refuses("LimitExceeded", iam.add_role_to_instance_profile, **name, RoleName="Operator")
    w.refuses("NoSuchEntity", iam.get_instance_profile, InstanceProfileName="None")
    w.answers(iam.list_instance_profiles, {"InstanceProfiles": has(shown)})
    w.refuses("AccessDenied", w.client("iam", "Narrow").list_instance_profiles)
    w.answers(iam.list_instance_profiles_for_role, {"InstanceProfiles": [shown]}, RoleName="Case")
    w.refuses("NoSuchEntity", iam.list_instance_profiles_for_role, RoleName="None")
    w.refuses("DeleteConflict", iam.delete_instance_profile, **name)
    w.answers(iam.remove_role_from_instance_profile, {}, **name, RoleName="Case", then=lambda: w.answers(
        iam.get_instance_profile, {"InstanceProfile": {"Roles": []}}, **name))
    w.refuses("NoSuchEntity", iam.remove_role_from_instance_profile, **name, RoleName="Case")
    w.answers(iam.delete_instance_profile, {}, **name, then=lambda: w.refuses(
        "NoSuchEntity", iam.get_instance_profile, **name))
    w.refuses("NoSuchEntity", iam.delete_instance_profile, **name)


def users(w):
    iam = w.client("iam")
    w.answers(iam.create_user, {"User": {"UserName": "ada", "Arn": f"{ROOT}user/ada", "Path": "/", "CreateDate": moment,
                                         "UserId": re.compile("AIDA[A-Z0-9]{17}")}}, UserName="ada")
    w.refuses("EntityAlreadyExists", iam.create_user, UserName="ada")
    w.answers(iam.get_user, {"User": {"UserName": "ada", "Arn": f"{ROOT}user/ada"}}, UserName="ada")
    w.refuses("NoSuchEntity", iam.get_user, UserName="none")
    w.answers(iam.list_users, {"Users": has({"UserName": "ada"})})
    w.refuses("AccessDenied", w.client("iam", "Narrow").list_users)
    w.answers(iam.tag_user, {}, UserName="ada", Tags=[{"Key": "a", "Value": "1"}], then=lambda: w.answers(
        iam.list_user_tags, {"Tags": [{"Key": "a", "Value": "1"}]}, UserName="ada"))
    w.answers(iam.untag_user, {}, UserName="ada", TagKeys=["a"], then=lambda: w.answers(
        iam.list_user_tags, {"Tags": []}, UserName="ada"))
    w.refuses("NoSuchEntity", iam.tag_user, UserName="none", Tags=[{"Key": "a", "Value": "1"}])
    w.refuses("NoSuchEntity", iam.untag_user, UserName="none", TagKeys=["a"])
    w.refuses("NoSuchEntity", iam.list_user_tags, UserName="none")


def user_policies(w):
    iam = w.client("iam")
    arn, user = f"{ROOT}policy/Case", {"UserName": "ada"}
    w.answers(iam.attach_user_policy, {}, **user, PolicyArn=arn, then=lambda: w.answers(
        iam.list_attached_user_policies, {"AttachedPolicies": [{"PolicyArn": arn}]}, **user))
    w.refuses("NoSuchEntity", iam.attach_user_policy, **user, PolicyArn=ABSENT)
    w.refuses("NoSuchEntity", iam.list_attached_user_policies, UserName="none")
    w.answers(iam.put_user_policy, {}, **user, PolicyName="inline", PolicyDocument=allow("s3:Get*"), then=lambda: w.answers(
        iam.get_user_policy, {"UserName": "ada", "PolicyDocument": {"Statement": [{"Action": "s3:Get*"}]}},
        **user, PolicyName="inline"))
    w.refuses("MalformedPolicyDocument", iam.put_user_policy, **user, PolicyName="inline", PolicyDocument="{}")
    w.refuses("NoSuchEntity", iam.get_user_policy, **user, PolicyName="none")
    w.answers(iam.list_user_policies, {"PolicyNames": ["inline"]}, **user)
    w.refuses("NoSuchEntity", iam.list_user_policies, UserName="none")
    w.answers(iam.put_user_permissions_boundary, {}, **user, PermissionsBoundary=arn, then=lambda: w.answers(
        iam.get_user, {"User": {"PermissionsBoundary": {"PermissionsBoundaryArn": arn}}}, **user))
    w.refuses("NoSuchEntity", iam.put_user_permissions_boundary, **user, PermissionsBoundary=ABSENT)
    w.answers(iam.delete_user_permissions_boundary, {}, **user, then=lambda: "PermissionsBoundary" not in w.answers(
        iam.get_user, {"User": {"UserName": "ada"}}, **user)["User"])
    w.refuses("NoSuchEntity", iam.delete_user_permissions_boundary, **user)
    w.refuses("DeleteConflict", iam.delete_user, **user)
    w.answers(iam.delete_user_policy, {}, **user, PolicyName="inline", then=lambda: w.answers(
        iam.list_user_policies, {"PolicyNames": []}, **user))
    w.refuses("NoSuchEntity", iam.delete_user_policy, **user, PolicyName="inline")
    w.answers(iam.detach_user_policy, {}, **user, PolicyArn=arn, then=lambda: w.answers(
        iam.list_attached_user_policies, {"AttachedPolicies": []}, **user))
    w.refuses("NoSuchEntity", iam.detach_user_policy, **user, PolicyArn=arn)


def access_keys(w):
    iam = w.client("iam")
    made = w.answers(iam.create_access_key, {"AccessKey": {
        "UserName": "ada", "AccessKeyId": re.compile("AKIA[A-Z0-9]{16}"), "Status": "Active",
        "SecretAccessKey": re.compile("[A-Za-z0-9+/]{40}")}}, UserName="ada")["AccessKey"]
    keys = {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}
    about = {"UserName": "ada", "AccessKeyId": made["AccessKeyId"]}
    w.answers(w.client("sts", keys).get_caller_identity, {"Arn": f"{ROOT}user/ada"})
    iam.create_access_key(UserName="ada")
    w.refuses("LimitExceeded", iam.create_access_key, UserName="ada")
    w.answers(iam.list_access_keys, {"AccessKeyMetadata": has({**about, "Status": "Active"})}, UserName="ada")
    w.refuses("NoSuchEntity", iam.list_access_keys, UserName="none")
    w.answers(iam.get_access_key_last_used, {"UserName": "ada", "AccessKeyLastUsed": {
        "ServiceName": "sts", "Region": "us-east-1", "LastUsedDate": moment}}, AccessKeyId=made["AccessKeyId"])
    w.refuses("AccessDenied", iam.get_access_key_last_used, AccessKeyId="AKIANOBODY0000000000")
    w.answers(iam.update_access_key, {}, **about, Status="Inactive", then=lambda: w.refuses(
        "InvalidClientTokenId", w.client("sts", keys).get_caller_identity))
    w.refuses("NoSuchEntity", iam.update_access_key, UserName="ada", AccessKeyId="AKIANOBODY0000000000", Status="Active")
    w.answers(iam.delete_access_key, {}, **about, then=lambda: w.answers(
        iam.list_access_keys, {"AccessKeyMetadata": lacks(about)}, UserName="ada"))
    w.refuses("NoSuchEntity", iam.delete_access_key, **about)
    for left in iam.list_access_keys(UserName="ada")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="ada", AccessKeyId=left["AccessKeyId"])


def aliases_and_summary(w):
    iam = w.client("iam")
    w.answers(iam.create_account_alias, {}, AccountAlias="case-target", then=lambda: w.answers(
        iam.list_account_aliases, {"AccountAliases": ["case-target"]}))
    w.refuses("EntityAlreadyExists", w.client("iam", "hub").create_account_alias, AccountAlias="case-target")
    w.refuses("AccessDenied", w.client("iam", "Narrow").list_account_aliases)
    w.answers(iam.delete_account_alias, {}, AccountAlias="case-target", then=lambda: w.answers(
        iam.list_account_aliases, {"AccountAliases": []}))
    w.refuses("NoSuchEntity", iam.delete_account_alias, AccountAlias="case-target")
    w.answers(iam.get_account_summary, {"SummaryMap": {"Users": 1, "AccessKeysPerUserQuota": 2, "Policies": 1,
                                                       "VersionsPerPolicyQuota": 5}})
    w.refuses("AccessDenied", w.client("iam", "Narrow").get_account_summary)


def simulator(w):
    iam = w.client("iam")
    w.answers(iam.simulate_custom_policy, {"EvaluationResults": [
        {"EvalActionName": "s3:GetObject", "EvalDecision": "allowed", "EvalResourceName": "*"},
        {"EvalActionName": "s3:PutObject", "EvalDecision": "implicitDeny"}]},
        PolicyInputList=[allow("s3:Get*")], ActionNames=["s3:GetObject", "s3:PutObject"])
    w.refuses("InvalidInput", iam.simulate_custom_policy, PolicyInputList=["{}"], ActionNames=["s3:GetObject"])
    deny = document({"Effect": "Deny", "Action": "ssm:Send*", "Resource": "*"})
    w.answers(iam.simulate_principal_policy, {"EvaluationResults": [
        {"EvalActionName": "ssm:ListCommands", "EvalDecision": "allowed"},
        {"EvalActionName": "ssm:SendCommand", "EvalDecision": "explicitDeny", "MatchedStatements": at_least(1)}]},
        PolicySourceArn=f"{ROOT}role/Operator", PolicyInputList=[deny],
        ActionNames=["ssm:ListCommands", "ssm:SendCommand"])
    w.refuses("NoSuchEntity", iam.simulate_principal_policy, PolicySourceArn=f"{ROOT}role/None",
              ActionNames=["ssm:SendCommand"])


def mfa(w):
    iam = w.client("iam")
    serial = f"{ROOT}mfa/case"
    device = {"UserName": "ada", "SerialNumber": serial}
    made = w.answers(iam.create_virtual_mfa_device, {"VirtualMFADevice": {"SerialNumber": serial}},
                     VirtualMFADeviceName="case")["VirtualMFADevice"]
    w.refuses("EntityAlreadyExists", iam.create_virtual_mfa_device, VirtualMFADeviceName="case")
    now = time.time()

    def codes(ahead):
        first, second = (mfa_code(made["Base32StringSeed"], now + 30 * step) for step in (ahead, ahead + 1))
        return {"AuthenticationCode1": first, "AuthenticationCode2": second}
    w.refuses("InvalidAuthenticationCode", iam.enable_mfa_device, **device, AuthenticationCode1="000000",
              AuthenticationCode2="000000")
    w.answers(iam.enable_mfa_device, {}, **device, **codes(-1), then=lambda: w.answers(
        iam.list_mfa_devices, {"MFADevices": [{**device, "EnableDate": moment}]}, UserName="ada"))
    w.refuses("NoSuchEntity", iam.list_mfa_devices, UserName="nobody")
    w.answers(iam.list_virtual_mfa_devices, {"VirtualMFADevices": has(
        {"SerialNumber": serial, "User": {"UserName": "ada"}})}, AssignmentStatus="Assigned")
    w.refuses("AccessDenied", w.client("iam", "Narrow").list_virtual_mfa_devices)
    later = codes(2)
    w.answers(iam.resync_mfa_device, {}, **device, **later, then=lambda: w.refuses(
        "InvalidAuthenticationCode", iam.resync_mfa_device, **device, **later))
    w.refuses("DeleteConflict", iam.delete_virtual_mfa_device, SerialNumber=serial)
    w.answers(iam.deactivate_mfa_device, {}, **device, then=lambda: w.answers(
        iam.list_mfa_devices, {"MFADevices": []}, UserName="ada"))
    w.refuses("NoSuchEntity", iam.deactivate_mfa_device, **device)
    w.answers(iam.delete_virtual_mfa_device, {}, SerialNumber=serial, then=lambda: w.answers(
        iam.list_virtual_mfa_devices, {"VirtualMFADevices": lacks({"SerialNumber": serial})}))
    w.refuses("NoSuchEntity", iam.delete_virtual_mfa_device, SerialNumber=serial)


def end(w):
    iam = w.client("iam")
    w.answers(iam.delete_user, {}, UserName="ada", then=lambda: w.refuses("NoSuchEntity", iam.get_user, UserName="ada"))
    w.refuses("NoSuchEntity", iam.delete_user, UserName="ada")
    w.answers(iam.delete_policy, {}, PolicyArn=f"{ROOT}policy/Case", then=lambda: w.refuses(
        "NoSuchEntity", iam.get_policy, PolicyArn=f"{ROOT}policy/Case"))
    w.refuses("NoSuchEntity", iam.delete_policy, PolicyArn=f"{ROOT}policy/Case")
    w.answers(iam.delete_role, {}, RoleName="Case", then=lambda: w.refuses("NoSuchEntity", iam.get_role, RoleName="Case"))
    w.refuses("NoSuchEntity", iam.delete_role, RoleName="Case")


CASES = [roles, role_tags, managed_policies, policy_tags, role_policies, profiles, users, user_policies, access_keys,
         aliases_and_summary, simulator, mfa, end]
