"""CloudWatch: metrics and alarms, and the alarm that stops a command."""
import datetime

import ssm as commands
from frame import CLOUDWATCH_CBOR, REGION, TARGET, has, lacks, moment

SPACE = {"Namespace": "case"}
ALARM = {"AlarmName": "high", "MetricName": "Orders", **SPACE, "Statistic": "Maximum", "Period": 60,
         "EvaluationPeriods": 1, "Threshold": 5.0, "ComparisonOperator": "GreaterThanThreshold"}


def times(**before):
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"StartTime": (now - datetime.timedelta(**before)).isoformat(),
            "EndTime": (now + datetime.timedelta(minutes=5)).isoformat()}


def datum(value, shop="one"):
    return {"MetricName": "Orders", "Value": value, "Unit": "Count", "Dimensions": [{"Name": "shop", "Value": shop}]}


def metrics(w, service="cloudwatch", shop="one"):
    cloud = w.client(service)
    dimensions = [{"Name": "shop", "Value": shop}]
    listed = {"Metrics": [{**SPACE, "MetricName": "Orders", "Dimensions": dimensions}]}
    w.answers(cloud.put_metric_data, {}, **SPACE, MetricData=[datum(value, shop) for value in (1, 2, 6)],
              then=lambda: w.answers(cloud.list_metrics, listed, **SPACE, Dimensions=dimensions))
    w.refuses("InvalidParameterValue", cloud.put_metric_data, Namespace="AWS/Case", MetricData=[datum(1)])
    w.refuses("MissingParameter", cloud.put_metric_data, **SPACE, MetricData=[{"MetricName": "Orders"}])
    w.refuses("AccessDenied", w.client(service, "Narrow").list_metrics)
    one = {**SPACE, "MetricName": "Orders", "Dimensions": dimensions, "Period": 3600}
    w.answers(cloud.get_metric_statistics, {"Label": "Orders", "Datapoints": lambda got: sum(
        point["Sum"] for point in got) == 9 and all(moment(point["Timestamp"]) for point in got)},
              **one, Statistics=["Sum"], **times(minutes=5))
    w.refuses("InvalidParameterCombination", cloud.get_metric_statistics, **{**one, "Period": 60}, Statistics=["Sum"],
              **times(days=3))
    stat = {"Metric": {name: one[name] for name in ("Namespace", "MetricName", "Dimensions")}, "Period": 3600, "Stat": "Sum"}
    w.answers(cloud.get_metric_data, {"MetricDataResults": [{
        "Id": "a", "StatusCode": "Complete", "Values": lambda got: sum(got) == 9}]},
              MetricDataQueries=[{"Id": "a", "MetricStat": stat}], **times(minutes=5))
    w.refuses("ValidationError", cloud.get_metric_data, MetricDataQueries=[{"Id": "A", "MetricStat": stat}],
              **times(minutes=5))


def alarms(w, service="cloudwatch"):
    cloud = w.client(service)
    named = {"AlarmNames": ["high"]}
    w.answers(cloud.put_metric_alarm, {}, **ALARM, then=lambda: w.answers(cloud.describe_alarms, {"MetricAlarms": [{
        "AlarmName": "high", "StateValue": "INSUFFICIENT_DATA", "Threshold": 5.0, "ActionsEnabled": True,
        "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{TARGET}:alarm:high"}]}, **named))
    w.refuses("ValidationError", cloud.put_metric_alarm, **{**ALARM, "Period": 86400, "EvaluationPeriods": 2},
              text="more than a day")
    w.refuses("AccessDenied", w.client("cloudwatch", "Narrow").describe_alarms)
    cloud.put_metric_data(**SPACE, MetricData=[{"MetricName": "Orders", "Value": 6}])
    w.answers(cloud.describe_alarms, {"MetricAlarms": [{"StateValue": "ALARM", "StateReason": has("Threshold Crossed")}]},
              **named)
    w.answers(cloud.set_alarm_state, {}, AlarmName="high", StateValue="OK", StateReason="a case", then=lambda: w.answers(
        cloud.describe_alarms, {"MetricAlarms": [{"StateValue": "OK", "StateReason": "a case"}]}, **named))
    w.refuses("ResourceNotFound", cloud.set_alarm_state, AlarmName="none", StateValue="OK", StateReason="a case")


def stopped(w):
    """A command ends as Cancelled when its alarm goes off."""
    ssm, cloud = w.client("ssm"), w.client("cloudwatch")
    node = w.instances("live-01")[0]
    sent = ssm.send_command(DocumentName=commands.SHELL, InstanceIds=[node], Parameters={"commands": ["sleep 60"]},
                            AlarmConfiguration={"Alarms": [{"Name": "high"}]})["Command"]["CommandId"]
    cloud.set_alarm_state(AlarmName="high", StateValue="ALARM", StateReason="a case")
    commands.done(w, ssm, sent, node)
    w.answers(ssm.list_commands, {"Commands": [{"Status": "Cancelled", "TriggeredAlarms": [
        {"Name": "high", "State": "ALARM"}]}]}, CommandId=sent)
    w.refuses("ValidationException", ssm.send_command, DocumentName=commands.SHELL, InstanceIds=[node],
              Parameters={"commands": ["true"]}, AlarmConfiguration={"Alarms": [{"Name": "none"}]})


def deletion(w, service="cloudwatch"):
    cloud = w.client(service)
    w.answers(cloud.delete_alarms, {}, AlarmNames=["high"], then=lambda: w.answers(
        cloud.describe_alarms, {"MetricAlarms": lacks({"AlarmName": "high"})}))
    w.refuses("ResourceNotFound", cloud.delete_alarms, AlarmNames=["high"])


def in_cbor(w):
    """All of it in RPC v2 CBOR, by a botocore that speaks it."""
    if w.speaks_cbor():
        metrics(w, CLOUDWATCH_CBOR, "cbor")
        alarms(w, CLOUDWATCH_CBOR)
        deletion(w, CLOUDWATCH_CBOR)


CASES = (metrics, alarms, stopped, deletion, in_cbor)
