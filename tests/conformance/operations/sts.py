"""STS: who a key is, sessions of roles and users, and what an encoded refusal says."""
import json
import re

from frame import HUB, TARGET, moment

ROLE = f"arn:aws:iam::{TARGET}:role/"
NEVER = {"AssumeRoleWithWebIdentity": "no identity provider is trusted in the simulated cloud"}


def identity(w):
    sts = w.client("sts", "hub")
    me = f"arn:aws:iam::{HUB}:user/operator"
    w.answers(sts.get_caller_identity, {"Account": HUB, "Arn": me, "UserId": re.compile("AIDA[A-Z0-9]{17}")})
    wrong = {"aws_access_key_id": "AKIANOBODY0000000000", "aws_secret_access_key": "no"}
    w.refuses("InvalidClientTokenId", w.client("sts", wrong).get_caller_identity)
    wrong = {**w.keys_of("hub"), "aws_secret_access_key": "no"}
    w.refuses("SignatureDoesNotMatch", w.client("sts", wrong).get_caller_identity)


def key_info(w):
    sts = w.client("sts", "hub")
    w.answers(sts.get_access_key_info, {"Account": HUB}, AccessKeyId=w.keys_of("weak")["aws_access_key_id"])
    w.refuses("ValidationError", sts.get_access_key_info, AccessKeyId="AKIA-with-a-dash")


def assumed(w):
    sts = w.client("sts", "hub")
    role = {"RoleArn": ROLE + "Operator", "RoleSessionName": "case", "ExternalId": "x-1"}
    found = w.answers(sts.assume_role, {
        "AssumedRoleUser": {"Arn": f"arn:aws:sts::{TARGET}:assumed-role/Operator/case",
                            "AssumedRoleId": re.compile("AROA[A-Z0-9]{17}:case")},
        "Credentials": {"AccessKeyId": re.compile("ASIA[A-Z0-9]{16}"), "Expiration": moment}}, **role)["Credentials"]
    keys = {"aws_access_key_id": found["AccessKeyId"], "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"]}
    w.answers(w.client("sts", keys).get_caller_identity, {"Account": TARGET})
    w.refuses("AccessDenied", sts.assume_role, **{**role, "ExternalId": "wrong"})
    w.refuses("ValidationError", sts.assume_role, **role, DurationSeconds=7201, text="MaxSessionDuration")
    w.refuses("MalformedPolicyDocument", sts.assume_role, **role, Policy="{")
    w.server.control("expire", key=found["AccessKeyId"])
    w.refuses("ExpiredToken", w.client("sts", keys).get_caller_identity)


def web_identity(w):
    sts = w.client("sts", "hub")
    w.refuses("InvalidIdentityToken", sts.assume_role_with_web_identity, RoleArn=ROLE + "Operator",
              RoleSessionName="case", WebIdentityToken="header.payload.signature")


def session_token(w):
    found = w.answers(w.client("sts", "hub").get_session_token, {
        "Credentials": {"AccessKeyId": re.compile("ASIA[A-Z0-9]{16}"), "SessionToken": str, "Expiration": moment}},
        DurationSeconds=900)["Credentials"]
    keys = {"aws_access_key_id": found["AccessKeyId"], "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"]}
    w.answers(w.client("sts", keys).get_caller_identity, {"Arn": f"arn:aws:iam::{HUB}:user/operator"})
    w.refuses("AccessDenied", w.client("sts", "target").get_session_token)


def decoded_message(w):
    seen = {}
    try:
        w.client("ec2", "weak").create_vpc(CidrBlock="10.0.0.0/16")
    except Exception as error:  # botocore's or the frame's: both carry the text
        seen["text"] = str(error)
    encoded = seen["text"].rsplit("Encoded authorization failure message: ", 1)[-1].strip()
    sts = w.client("sts", "hub")
    found = w.answers(sts.decode_authorization_message, {"DecodedMessage": str}, EncodedMessage=encoded)
    said = json.loads(found["DecodedMessage"])
    assert (said["allowed"], said["context"]["action"]) == (False, "ec2:CreateVpc"), said
    w.refuses("InvalidAuthorizationMessageException", sts.decode_authorization_message, EncodedMessage="nonsense")


CASES = [identity, key_info, assumed, web_identity, session_token, decoded_message]
