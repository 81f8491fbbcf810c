"""KMS: keys, their aliases, and what is encrypted with them."""
import re

from frame import REGION, TARGET, at_least, has, moment

ROOT = f"arn:aws:kms:{REGION}:{TARGET}:"
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ALIAS, NONE = "alias/case", "00000000-0000-4000-8000-000000000000"
CONTEXT = {"EncryptionContext": {"aws:ssm:SessionId": "case"}}
SECRET = b"a secret"


def something(got):
    """Bytes, or the CLI's base64 of them."""
    return len(got) > 0


def keys(w):
    kms = w.client("kms")
    made = w.answers(kms.create_key, {"KeyMetadata": {
        "KeyId": UUID, "AWSAccountId": TARGET, "Enabled": True, "KeyState": "Enabled", "Description": "a case",
        "KeyUsage": "ENCRYPT_DECRYPT", "KeyManager": "CUSTOMER", "CreationDate": moment}}, Description="a case")["KeyMetadata"]
    w.refuses("MalformedPolicyDocumentException", kms.create_key, Policy="{")
    w.refuses("AccessDeniedException", w.client("kms", "Narrow").create_key, text="kms:CreateKey")
    w.answers(kms.create_alias, {}, AliasName=ALIAS, TargetKeyId=made["KeyId"], then=lambda: w.answers(
        kms.list_aliases, {"Aliases": [{"AliasName": ALIAS, "AliasArn": ROOT + ALIAS, "TargetKeyId": made["KeyId"]}]},
        KeyId=made["KeyId"]))
    w.refuses("AlreadyExistsException", kms.create_alias, AliasName=ALIAS, TargetKeyId=made["KeyId"])
    w.refuses("InvalidAliasNameException", kms.create_alias, AliasName="alias/aws/case", TargetKeyId=made["KeyId"])
    w.refuses("NotFoundException", kms.list_aliases, KeyId=NONE)
    w.answers(kms.describe_key, {"KeyMetadata": {"Arn": made["Arn"], "KeyId": made["KeyId"]}}, KeyId=ALIAS)
    w.refuses("NotFoundException", kms.describe_key, KeyId="alias/none")
    w.answers(kms.list_keys, {"Keys": has({"KeyId": made["KeyId"], "KeyArn": made["Arn"]})})
    w.answers(kms.list_aliases, {"Aliases": at_least(1)})
    w.refuses("AccessDeniedException", w.client("kms", "Narrow").list_keys)


def secrets(w):
    kms = w.client("kms")
    data = w.answers(kms.generate_data_key, {"KeyId": re.compile(re.escape(ROOT) + "key/.{36}"), "Plaintext": something,
                                             "CiphertextBlob": something}, KeyId=ALIAS, NumberOfBytes=64, **CONTEXT)
    w.refuses("NotFoundException", kms.generate_data_key, KeyId=NONE, NumberOfBytes=64)
    w.refuses("ValidationException", kms.generate_data_key, KeyId=ALIAS)
    w.refuses("AccessDeniedException", w.client("kms", "Narrow").generate_data_key, KeyId=ROOT + ALIAS, NumberOfBytes=64)
    w.answers(kms.decrypt, {"Plaintext": data["Plaintext"], "KeyId": data["KeyId"], "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"},
              CiphertextBlob=data["CiphertextBlob"], **CONTEXT)
    w.refuses("InvalidCiphertextException", kms.decrypt, CiphertextBlob=data["CiphertextBlob"])
    w.refuses("AccessDeniedException", w.client("kms", "Narrow").decrypt, CiphertextBlob=data["CiphertextBlob"], **CONTEXT)
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    w.refuses("IncorrectKeyException", kms.decrypt, CiphertextBlob=data["CiphertextBlob"], KeyId=other, **CONTEXT)
    sealed = w.answers(kms.encrypt, {"KeyId": data["KeyId"], "CiphertextBlob": something}, KeyId=ALIAS, Plaintext=SECRET)
    w.refuses("NotFoundException", kms.encrypt, KeyId=NONE, Plaintext=SECRET)
    w.answers(kms.decrypt, {"Plaintext": lambda got: got in (SECRET, "YSBzZWNyZXQ=")},
              CiphertextBlob=sealed["CiphertextBlob"])


CASES = (keys, secrets)
