"""Elastic Disaster Recovery: sites, templates, source servers, settings, jobs, recovery instances, several accounts.

The target account's site is us-west-2 and goes 600 times faster than AWS; live-01 .. live-09 replicate into it. The
site of the first spare account is there for extensions.
"""
import re

from frame import DRS_NEWER, TARGET, at_least, has, lacks

SITE = "us-west-2"
STAGING = "500000000000"
ARN = f"arn:aws:drs:{SITE}:{TARGET}:"
NO_SERVER = "s-11111111111111111"
NO_JOB = "drsjob-11111111111111111"
NO_INSTANCE = "i-11111111111111111"
UNINITIALIZED = "UninitializedAccountException"
MISSING = "ResourceNotFoundException"
DENIED = "AccessDeniedException"
POINTS = [{"units": "HOUR", "interval": 1, "retentionDuration": 24, "enabled": True, "ruleID": 1}]
TEMPLATE = {
    "associateDefaultSecurityGroup": True, "bandwidthThrottling": 0, "createPublicIP": False,
    "dataPlaneRouting": "PRIVATE_IP", "defaultLargeStagingDiskType": "GP3", "ebsEncryption": "CUSTOM",
    "pitPolicy": POINTS, "replicationServerInstanceType": "t3.small",
    "replicationServersSecurityGroupsIDs": ["sg-0123456789abcdef0"], "stagingAreaSubnetId": "subnet-0123456789abcdef0",
    "stagingAreaTags": {"team": "dr"}, "useDedicatedReplicationServer": False}


def drs_of(w, who="target", region=SITE):
    return w.client("drs", who, region)


def server_of(w, name):
    """The id of a node's source server."""
    instance, = w.instances(name)
    found = w.plain_client("drs", "target", SITE).describe_source_servers(filters={"hardwareId": instance})["items"]
    return found[0]["sourceServerID"]


def ended(w, job):
    """The job, once it has ended."""
    def look():
        found = w.plain_client("drs", "target", SITE).describe_jobs(filters={"jobIDs": [job]})["items"]
        return found[0]["status"] == "COMPLETED" and found[0]
    return w.until(look)


def service(w):
    elsewhere = drs_of(w, region="eu-west-1")
    w.refuses(UNINITIALIZED, elsewhere.describe_source_servers, filters={})
    w.refuses(DENIED, drs_of(w, "Narrow", "eu-west-1").initialize_service)
    w.answers(elsewhere.initialize_service, {},
              then=lambda: w.answers(elsewhere.describe_source_servers, {"items": []}, filters={}))


def replication_templates(w):
    drs = drs_of(w, region="eu-west-1")
    found = w.answers(drs.create_replication_configuration_template, {
        "arn": re.compile(r"arn:aws:drs:eu-west-1:\d{12}:replication-configuration-template/rct-.{17}"),
        "ebsEncryption": "CUSTOM", "tags": {"team": "dr"}}, **TEMPLATE, tags={"team": "dr"})
    one = {"replicationConfigurationTemplateID": found["replicationConfigurationTemplateID"]}
    w.refuses("ServiceQuotaExceededException", drs.create_replication_configuration_template, **TEMPLATE)
    w.answers(drs.update_replication_configuration_template, {"bandwidthThrottling": 50, "ebsEncryption": "CUSTOM"},
              **one, bandwidthThrottling=50)
    none = {"replicationConfigurationTemplateID": "rct-11111111111111111"}
    w.refuses(MISSING, drs.update_replication_configuration_template, **none)
    w.answers(drs.describe_replication_configuration_templates, {"items": [{**one, "pitPolicy": POINTS}]},
              replicationConfigurationTemplateIDs=[])
    w.refuses(MISSING, drs.describe_replication_configuration_templates,
              replicationConfigurationTemplateIDs=list(none.values()))
    w.answers(drs.delete_replication_configuration_template, {}, **one, then=lambda: w.refuses(
        MISSING, drs.delete_replication_configuration_template, **one))


def launch_templates(w):
    drs = w.client(DRS_NEWER, "target", "eu-west-1")
    made = w.answers(drs.create_launch_configuration_template, {"launchConfigurationTemplate": {
        "copyTags": True, "launchDisposition": "STARTED"}}, copyTags=True)["launchConfigurationTemplate"]
    one = {"launchConfigurationTemplateID": made["launchConfigurationTemplateID"]}
    w.refuses("ServiceQuotaExceededException", drs.create_launch_configuration_template)
    w.answers(drs.update_launch_configuration_template, {"launchConfigurationTemplate": {
        "copyTags": True, "copyPrivateIp": True}}, **one, copyPrivateIp=True)
    none = {"launchConfigurationTemplateID": "lct-11111111111111111"}
    w.refuses(MISSING, drs.update_launch_configuration_template, **none)
    w.answers(drs.describe_launch_configuration_templates, {"items": [one]})
    w.refuses(MISSING, drs.describe_launch_configuration_templates, launchConfigurationTemplateIDs=list(none.values()))
    w.answers(drs.delete_launch_configuration_template, {}, **one, then=lambda: w.refuses(
        MISSING, drs.delete_launch_configuration_template, **one))


def servers(w):
    drs = drs_of(w)
    instance, = w.instances("live-01")
    found = w.answers(drs.describe_source_servers, {"items": [{
        "sourceServerID": re.compile("s-[0-9a-f]{17}"), "lastLaunchResult": "NOT_STARTED",
        "dataReplicationInfo": {"dataReplicationState": "CONTINUOUS", "lagDuration": "PT0S",
                                "dataReplicationInitiation": {"steps": lambda steps: len(steps) == 11}},
        "sourceProperties": {"identificationHints": {"awsInstanceID": instance}},
        "sourceCloudProperties": {"originAccountID": TARGET, "originRegion": "us-east-1"}}]},
                      filters={"hardwareId": instance})["items"][0]
    w.refuses(DENIED, drs_of(w, "Narrow").describe_source_servers, filters={})
    resource = {"resourceArn": found["arn"]}
    nowhere = {"resourceArn": ARN + "source-server/" + NO_SERVER}
    w.answers(drs.list_tags_for_resource, {"tags": {"Name": "live-01"}}, **resource)
    w.refuses(MISSING, drs.list_tags_for_resource, **nowhere)
    w.answers(drs.tag_resource, {}, **resource, tags={"app": "shop"}, then=lambda: w.answers(
        drs.list_tags_for_resource, {"tags": {"app": "shop"}}, **resource))
    w.refuses(MISSING, drs.tag_resource, **nowhere, tags={"app": "shop"})
    w.answers(drs.untag_resource, {}, **resource, tagKeys=["app"], then=lambda: w.answers(
        drs.list_tags_for_resource, {"tags": lambda tags: "app" not in tags}, **resource))
    w.refuses(MISSING, drs.untag_resource, **nowhere, tagKeys=["app"])
    points = w.answers(drs.describe_recovery_snapshots, {"items": at_least(30)}, order="DESC", filters={},
                       sourceServerID=found["sourceServerID"])["items"]
    if points[0]["timestamp"] <= points[-1]["timestamp"]:
        raise AssertionError("the newest does not come first")
    w.refuses(MISSING, drs.describe_recovery_snapshots, sourceServerID=NO_SERVER, filters={})


def settings(w):
    drs = drs_of(w)
    one = {"sourceServerID": server_of(w, "live-02")}
    none = {"sourceServerID": NO_SERVER}
    w.answers(drs.get_replication_configuration, {**one, "replicationServerInstanceType": "t3.small"}, **one)
    w.refuses(MISSING, drs.get_replication_configuration, **none)
    w.answers(drs.update_replication_configuration, {**one, "bandwidthThrottling": 10}, **one, bandwidthThrottling=10)
    w.refuses("ValidationException", drs.update_replication_configuration, **one, text="at least 10 minutes",
              pitPolicy=[{"units": "MINUTE", "interval": 1, "retentionDuration": 60}])
    template = re.compile("lt-[0-9a-f]{17}")
    w.answers(drs.get_launch_configuration, {**one, "ec2LaunchTemplateID": template}, **one)
    w.refuses(MISSING, drs.get_launch_configuration, **none)
    w.answers(drs.update_launch_configuration, {**one, "copyTags": True, "ec2LaunchTemplateID": template}, **one,
              copyTags=True)
    w.refuses(MISSING, drs.update_launch_configuration, **none)


def replication(w):
    drs = drs_of(w)
    one = {"sourceServerID": server_of(w, "live-03")}
    none = {"sourceServerID": NO_SERVER}

    def state(name):
        return {"dataReplicationInfo": {"dataReplicationState": name}}
    w.refuses("ConflictException", drs.start_replication, **one)
    w.answers(drs.stop_replication, {"sourceServer": state("STOPPED")}, **one)
    w.refuses(MISSING, drs.stop_replication, **none)
    w.answers(drs.retry_data_replication, state("INITIATING"), **one)
    w.refuses(MISSING, drs.retry_data_replication, **none)
    w.answers(drs.stop_replication, {"sourceServer": state("STOPPED")}, **one)
    w.answers(drs.start_replication, {"sourceServer": state("INITIATING")}, **one)
    w.refuses("ConflictException", drs.delete_source_server, **one, text="must be disconnected")
    w.answers(drs.disconnect_source_server, state("DISCONNECTED"), **one)
    w.refuses(MISSING, drs.disconnect_source_server, **none)
    w.answers(drs.delete_source_server, {}, **one, then=lambda: w.refuses(MISSING, drs.disconnect_source_server, **one))


def jobs(w):
    drs = drs_of(w)
    one, two = server_of(w, "live-04"), server_of(w, "live-05")
    job = w.answers(drs.start_recovery, {"job": {
        "jobID": re.compile("drsjob-[0-9a-f]{17}"), "type": "LAUNCH", "initiatedBy": "START_DRILL", "status": "PENDING",
        "participatingServers": [{"sourceServerID": one, "launchStatus": "PENDING"}, {"sourceServerID": two}],
        "tags": {"postern:op": "1"}}}, isDrill=True, tags={"postern:op": "1"},
                    sourceServers=[{"sourceServerID": one}, {"sourceServerID": two}])["job"]["jobID"]
    w.refuses("ConflictException", drs.start_recovery, text=job, sourceServers=[{"sourceServerID": one}])
    w.refuses(MISSING, drs.start_recovery, sourceServers=[{"sourceServerID": NO_SERVER}])
    done = ended(w, job)
    if [part["launchStatus"] for part in done["participatingServers"]] != ["LAUNCHED", "LAUNCHED"]:
        raise AssertionError(f"not launched: {done}")
    w.answers(drs.describe_jobs, {"items": [{"jobID": job, "status": "COMPLETED", "endDateTime": str}]},
              filters={"jobIDs": [job]})
    w.refuses("ValidationException", drs.describe_jobs, filters={"fromDate": "2026-99-99T00:00:00Z"}, text="fromDate")
    w.answers(drs.describe_job_log_items, {"items": has({"event": "JOB_START"}, {"event": "JOB_END"}, {
        "event": "CONVERSION_END", "eventData": {"sourceServerID": two}})}, jobID=job)
    w.refuses(MISSING, drs.describe_job_log_items, jobID=NO_JOB)
    w.answers(drs.delete_job, {}, jobID=job, then=lambda: w.answers(
        drs.describe_jobs, {"items": lacks({"jobID": job})}, filters={}))
    w.refuses(MISSING, drs.delete_job, jobID=NO_JOB)


def instances(w):
    drs = drs_of(w)
    one, two = server_of(w, "live-04"), server_of(w, "live-05")
    first = w.answers(drs.describe_recovery_instances, {"items": [{
        "sourceServerID": one, "isDrill": True, "originEnvironment": "AWS",
        "failback": {"state": "FAILBACK_NOT_STARTED"}}]}, filters={"sourceServerIDs": [one]})["items"][0]
    second = w.answers(drs.describe_recovery_instances, {"items": [{"sourceServerID": two}]},
                       filters={"sourceServerIDs": [two]})["items"][0]
    w.refuses(DENIED, drs_of(w, "Narrow").describe_recovery_instances, filters={})
    named = {"recoveryInstanceID": first["recoveryInstanceID"]}
    none = {"recoveryInstanceID": NO_INSTANCE}
    w.refuses("ConflictException", drs.delete_recovery_instance, **named, text="must be disconnected")
    w.answers(drs.disconnect_recovery_instance, {}, **named, then=lambda: w.answers(
        drs.describe_recovery_instances, {"items": [{"dataReplicationInfo": {"dataReplicationState": "DISCONNECTED"}}]},
        filters={"sourceServerIDs": [one]}))
    w.refuses(MISSING, drs.disconnect_recovery_instance, **none)
    w.answers(drs.delete_recovery_instance, {}, **named, then=lambda: w.answers(
        drs.describe_recovery_instances, {"items": []}, filters={"sourceServerIDs": [one]}))
    job = w.answers(drs.terminate_recovery_instances, {"job": {
        "type": "TERMINATE", "initiatedBy": "TERMINATE_RECOVERY_INSTANCES"}},
                    recoveryInstanceIDs=[second["recoveryInstanceID"]])["job"]["jobID"]
    if ended(w, job)["participatingServers"][0]["launchStatus"] != "TERMINATED":
        raise AssertionError("not terminated")
    w.refuses(MISSING, drs.terminate_recovery_instances, recoveryInstanceIDs=[NO_INSTANCE])


def way_back(w):
    drs = drs_of(w)
    one = server_of(w, "live-06")
    job = w.answers(drs.start_recovery, {"job": {"initiatedBy": "START_RECOVERY"}},
                    sourceServers=[{"sourceServerID": one}])["job"]["jobID"]
    instance = ended(w, job)["participatingServers"][0]["recoveryInstanceID"]
    w.plain_client("drs", "target", "us-east-1").initialize_service()

    def running():
        found = w.plain_client("ec2", "target", SITE).describe_instances(InstanceIds=[instance])
        return found["Reservations"][0]["Instances"][0]["State"]["Name"] == "running"
    w.until(running)
    w.answers(drs.reverse_replication, {"reversedDirectionSourceServerArn": re.compile(
        rf"arn:aws:drs:us-east-1:{TARGET}:source-server/s-.+")}, recoveryInstanceID=instance)
    w.refuses("ConflictException", drs.reverse_replication, recoveryInstanceID=instance, text="reversed already")


def extensions(w):
    drs = drs_of(w)
    found = w.answers(drs.list_extensible_source_servers, {"items": [{"hostname": "staged-01"}]},
                      stagingAccountID=STAGING)["items"][0]
    w.refuses(DENIED, drs.list_extensible_source_servers, stagingAccountID="500000000001", text="does not trust")
    w.answers(drs.create_extended_source_server, {"sourceServer": {"stagingArea": {
        "stagingAccountID": STAGING, "stagingSourceServerArn": found["arn"], "status": "EXTENSION_ERROR"}}},
              sourceServerArn=found["arn"])
    w.refuses("ConflictException", drs.create_extended_source_server, sourceServerArn=found["arn"])
    w.answers(drs.list_staging_accounts, {"accounts": [{"accountID": STAGING}]})
    w.refuses(DENIED, drs_of(w, "Narrow").list_staging_accounts)


CASES = (service, replication_templates, launch_templates, servers, settings, replication, jobs, instances, way_back,
         extensions)
