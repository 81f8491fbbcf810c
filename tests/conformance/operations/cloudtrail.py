"""CloudTrail: the history of calls, and trails."""
import json
import time

from frame import HUB, REGION, TARGET, at_least, has, moment

BUCKET = "conformance-trail"
ROLE = f"arn:aws:iam::{TARGET}:role/Operator"
ARN = f"arn:aws:cloudtrail:{REGION}:{TARGET}:trail/audit"
NONE = {"Name": "nothing"}
MISSING, DENIED, NAME = "TrailNotFoundException", "AccessDeniedException", "InvalidTrailNameException"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:GetBucketAcl",
     "Resource": f"arn:aws:s3:::{BUCKET}"},
    {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
     "Resource": f"arn:aws:s3:::{BUCKET}/AWSLogs/{TARGET}/*"}]})


def attribute(key, value):
    return [{"AttributeKey": key, "AttributeValue": value}]


def looked(w, trail, expected, **parameters):
    """Two look-ups a second are allowed."""
    time.sleep(0.6)
    return w.answers(trail.lookup_events, expected, **parameters)


def record(event):
    return json.loads(event["CloudTrailEvent"])


def assumption(w):
    """One call, two events; the role's account knows the caller's account only."""
    w.keys.pop("target", None)
    own = looked(w, w.client("cloudtrail", "hub"), {"Events": at_least(0)}, LookupAttributes=attribute("EventName", "AssumeRole"))
    before = len(own["Events"])
    trail = w.client("cloudtrail")  # assumes the role
    found = looked(w, trail, {"Events": lambda events: matches_assumption(events[0])}, MaxResults=1,
                   LookupAttributes=attribute("ResourceName", ROLE))
    other = record(found["Events"][0])
    own = looked(w, w.client("cloudtrail", "hub"), {"Events": at_least(min(before + 1, 50))},
                 LookupAttributes=attribute("EventName", "AssumeRole"))
    mine = record(own["Events"][0])
    assert mine["sharedEventID"] == other["sharedEventID"] and mine["eventID"] != other["eventID"]
    assert mine["userIdentity"]["arn"] == f"arn:aws:iam::{HUB}:user/operator"
    assert "arn" not in other["userIdentity"] and other["userIdentity"]["accountId"] == HUB
    # Exact values only: the role's name is none.
    looked(w, trail, {"Events": []}, LookupAttributes=attribute("ResourceName", "Operator"))


def matches_assumption(event):
    event_type = {one["ResourceType"] for one in event["Resources"]}
    return (event["EventName"] == "AssumeRole" and event["ReadOnly"] == "true" and moment(event["EventTime"])
            and "AWS::IAM::Role" in event_type and event["EventSource"] == "sts.amazonaws.com")


def history(w):
    trail, ssm = w.client("cloudtrail"), w.client("ssm")
    ssm.send_command(DocumentName="AWS-RunShellScript", InstanceIds=w.instances("live-01"), Parameters={"commands": ["true"]})
    found = looked(w, trail, {"Events": at_least(1)}, LookupAttributes=attribute("EventName", "SendCommand"))
    sent = record(found["Events"][0])
    assert sent["requestParameters"]["parameters"] == "HIDDEN_DUE_TO_SECURITY_REASONS", sent
    assert sent["responseElements"]["command"]["commandId"], sent
    assert found["Events"][0]["Username"] == "conformance", found
    key = found["Events"][0]["AccessKeyId"]
    looked(w, trail, {"Events": has({"EventName": "SendCommand"})}, LookupAttributes=attribute("AccessKeyId", key))
    looked(w, trail, {"Events": [{"EventName": "SendCommand"}]},
           LookupAttributes=attribute("EventId", found["Events"][0]["EventId"]))
    looked(w, trail, {"Events": [{}, {}], "NextToken": str}, MaxResults=2)
    w.refuses("InvalidLookupAttributesException", trail.lookup_events,
              LookupAttributes=attribute("EventName", "A") + attribute("EventName", "B"))
    w.refuses("InvalidTimeRangeException", trail.lookup_events, StartTime=2_000_000_000, EndTime=1_900_000_000)
    time.sleep(0.6)
    w.refuses("InvalidNextTokenException", trail.lookup_events, NextToken="nonsense")
    w.refuses(DENIED, w.client("cloudtrail", "Narrow").lookup_events)


def trails(w):
    trail, s3 = w.client("cloudtrail"), w.plain_client("s3", "target", REGION)
    w.refuses("S3BucketDoesNotExistException", trail.create_trail, Name="audit", S3BucketName="conformance-nowhere")
    s3.create_bucket(Bucket=BUCKET)
    w.refuses("InsufficientS3BucketPolicyException", trail.create_trail, Name="audit", S3BucketName=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=POLICY)
    w.refuses(NAME, trail.create_trail, Name="no good", S3BucketName=BUCKET)
    w.refuses("NotOrganizationMasterAccountException", trail.create_trail, Name="audit", S3BucketName=BUCKET,
              IsOrganizationTrail=True)
    w.answers(trail.create_trail, {"Name": "audit", "TrailARN": ARN, "IsMultiRegionTrail": True,
                                   "LogFileValidationEnabled": True, "IsOrganizationTrail": False},
              Name="audit", S3BucketName=BUCKET, IsMultiRegionTrail=True, EnableLogFileValidation=True,
              TagsList=[{"Key": "team", "Value": "ops"}])
    w.refuses("TrailAlreadyExistsException", trail.create_trail, Name="audit", S3BucketName=BUCKET)
    w.answers(trail.get_trail, {"Trail": {"Name": "audit", "HomeRegion": REGION, "S3BucketName": BUCKET}}, Name="audit")
    w.answers(trail.describe_trails, {"trailList": [{"TrailARN": ARN}]}, trailNameList=["audit"])
    elsewhere = w.client("cloudtrail", "target", "us-west-2")
    w.answers(elsewhere.describe_trails, {"trailList": [{"TrailARN": ARN, "HomeRegion": REGION}]})
    w.answers(elsewhere.list_trails, {"Trails": [{"Name": "audit", "TrailARN": ARN, "HomeRegion": REGION}]})
    w.refuses("InvalidHomeRegionException", elsewhere.update_trail, Name=ARN, IsMultiRegionTrail=False)
    w.answers(trail.update_trail, {"Name": "audit", "LogFileValidationEnabled": False}, Name="audit",
              EnableLogFileValidation=False)
    for call in (trail.get_trail, trail.update_trail, trail.get_trail_status, trail.start_logging, trail.stop_logging):
        w.refuses(MISSING, call, **NONE)
    narrow = w.client("cloudtrail", "Narrow")
    w.refuses(DENIED, narrow.describe_trails)
    w.refuses(DENIED, narrow.list_trails)


def logging(w):
    trail = w.client("cloudtrail")
    w.answers(trail.get_trail_status, {"IsLogging": False}, Name="audit")
    w.answers(trail.start_logging, {}, Name="audit", then=lambda: w.answers(
        trail.get_trail_status, {"IsLogging": True, "StartLoggingTime": moment}, Name=ARN))
    w.answers(trail.stop_logging, {}, Name="audit", then=lambda: w.answers(
        trail.get_trail_status, {"IsLogging": False, "StopLoggingTime": moment}, Name="audit"))


def selectors(w):
    trail = w.client("cloudtrail")
    one = {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}
    w.answers(trail.put_event_selectors, {"TrailARN": ARN, "EventSelectors": [one]}, TrailName="audit", EventSelectors=[one])
    w.answers(trail.get_event_selectors, {"TrailARN": ARN, "EventSelectors": [one]}, TrailName="audit")
    w.refuses("InvalidEventSelectorsException", trail.put_event_selectors, TrailName="audit", EventSelectors=[one] * 6)
    w.refuses(MISSING, trail.get_event_selectors, TrailName="nothing")


def tags(w):
    trail = w.client("cloudtrail")
    other = ARN.replace("audit", "nothing")
    w.answers(trail.list_tags, {"ResourceTagList": [{"ResourceId": ARN, "TagsList": [{"Key": "team", "Value": "ops"}]}]},
              ResourceIdList=[ARN])
    w.answers(trail.add_tags, {}, ResourceId=ARN, TagsList=[{"Key": "cost", "Value": "7"}], then=lambda: w.answers(
        trail.list_tags, {"ResourceTagList": [{"TagsList": at_least(2)}]}, ResourceIdList=[ARN]))
    w.answers(trail.remove_tags, {}, ResourceId=ARN, TagsList=[{"Key": "cost"}, {"Key": "team"}], then=lambda: w.answers(
        trail.list_tags, {"ResourceTagList": [{"TagsList": []}]}, ResourceIdList=[ARN]))
    w.refuses("CloudTrailARNInvalidException", trail.add_tags, ResourceId="audit", TagsList=[{"Key": "a", "Value": "b"}])
    w.refuses(MISSING, trail.remove_tags, ResourceId=other, TagsList=[{"Key": "a"}])
    w.refuses(MISSING, trail.list_tags, ResourceIdList=[other])


def deletion(w):
    trail = w.client("cloudtrail")
    w.answers(trail.delete_trail, {}, Name="audit", then=lambda: w.answers(
        trail.describe_trails, {"trailList": []}))
    w.refuses(MISSING, trail.delete_trail, Name="audit")


CASES = (assumption, history, trails, logging, selectors, tags, deletion)
