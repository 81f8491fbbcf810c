#include "sim/iam/aws_policies.hpp"

// The statements of the DRS policies and of AmazonSSMManagedInstanceCore are AWS's own as of March 2026; the others
// grant what they are documented to grant. Of ReadOnlyAccess the part is here that speaks of services which this cloud
// or the product knows.

namespace postern::sim {
namespace aws_policies {

constexpr const char* kAWSElasticDisasterRecoveryAgentInstallationPolicy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["drs:GetAgentInstallationAssetsForDrs","drs)"
    R"(:SendClientLogsForDrs","drs:SendClientMetricsForDrs","drs:CreateSourceServerForDrs","drs:CreateRecoveryInsta)"
    R"(nceForDrs","drs:DescribeRecoveryInstances","drs:CreateSourceNetwork"],"Resource":"*"},{"Effect":"Allow","Act)"
    R"(ion":"drs:TagResource","Resource":"arn:aws:drs:*:*:source-server/*","Condition":{"StringEquals":{"drs:Create)"
    R"(Action":"CreateSourceServerForDrs"}}},{"Effect":"Allow","Action":"drs:TagResource","Resource":"arn:aws:drs:*)"
    R"(:*:source-server/*","Condition":{"StringEquals":{"drs:CreateAction":"CreateRecoveryInstanceForDrs"}}},{"Effe)"
    R"(ct":"Allow","Action":"drs:TagResource","Resource":"arn:aws:drs:*:*:source-network/*","Condition":{"StringEqu)"
    R"(als":{"drs:CreateAction":"CreateSourceNetwork"}}},{"Effect":"Allow","Action":"drs:IssueAgentCertificateForDr)"
    R"(s","Resource":"arn:aws:drs:*:*:source-server/*"}]})";

constexpr const char* kAWSElasticDisasterRecoveryConsoleFullAccessv2 =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"drs:*","Resource":"*"},{"Effect":"Allow","A)"
    R"(ction":["kms:ListAliases","kms:DescribeKey"],"Resource":"*"},{"Effect":"Allow","Action":["ec2:DescribeAccoun)"
    R"(tAttributes","ec2:DescribeAvailabilityZones","ec2:DescribeImages","ec2:DescribeInstances","ec2:DescribeInsta)"
    R"(nceTypes","ec2:DescribeInstanceAttribute","ec2:DescribeInstanceStatus","ec2:DescribeInstanceTypeOfferings",")"
    R"(ec2:DescribeLaunchTemplateVersions","ec2:DescribeLaunchTemplates","ec2:DescribeSecurityGroups","ec2:Describe)"
    R"(Snapshots","ec2:DescribeSubnets","ec2:DescribeVolumes","ec2:GetEbsEncryptionByDefault","ec2:GetEbsDefaultKms)"
    R"(KeyId","ec2:DescribeKeyPairs","ec2:DescribeCapacityReservations","ec2:DescribeHosts","ec2:GetInstanceTypesFr)"
    R"(omInstanceRequirements"],"Resource":"*"},{"Effect":"Allow","Action":"license-manager:ListLicenseConfiguratio)"
    R"(ns","Resource":"*"},{"Effect":"Allow","Action":"resource-groups:ListGroups","Resource":"*"},{"Effect":"Allow)"
    R"(","Action":"elasticloadbalancing:DescribeLoadBalancers","Resource":"*"},{"Effect":"Allow","Action":["iam:Lis)"
    R"(tInstanceProfiles","iam:ListRoles"],"Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":["a)"
    R"(rn:aws:iam::*:role/service-role/AWSElasticDisasterRecoveryConversionServerRole","arn:aws:iam::*:role/service)"
    R"(-role/AWSElasticDisasterRecoveryRecoveryInstanceRole","arn:aws:iam::*:role/service-role/AWSElasticDisasterRe)"
    R"(coveryRecoveryInstanceWithLaunchActionsRole"],"Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazon)"
    R"(aws.com"}}},{"Effect":"Allow","Action":"ec2:DeleteSnapshot","Resource":"arn:aws:ec2:*:*:snapshot/*","Conditi)"
    R"(on":{"Null":{"aws:ResourceTag/AWSElasticDisasterRecoveryManaged":"false"},"Bool":{"aws:ViaAWSService":"true")"
    R"(}}},{"Effect":"Allow","Action":["ec2:CreateLaunchTemplateVersion","ec2:ModifyLaunchTemplate","ec2:DeleteLaun)"
    R"(chTemplateVersions","ec2:CreateTags","ec2:DeleteTags"],"Resource":"arn:aws:ec2:*:*:launch-template/*","Condi)"
    R"(tion":{"Null":{"aws:ResourceTag/AWSElasticDisasterRecoveryManaged":"false"}}},{"Effect":"Allow","Action":"ec)"
    R"(2:CreateLaunchTemplate","Resource":"arn:aws:ec2:*:*:launch-template/*","Condition":{"Null":{"aws:RequestTag/)"
    R"(AWSElasticDisasterRecoveryManaged":"false"}}},{"Effect":"Allow","Action":"ec2:DeleteVolume","Resource":"arn:)"
    R"(aws:ec2:*:*:volume/*","Condition":{"Null":{"aws:ResourceTag/AWSElasticDisasterRecoveryManaged":"false"},"Boo)"
    R"(l":{"aws:ViaAWSService":"true"}}},{"Effect":"Allow","Action":["ec2:StartInstances","ec2:StopInstances","ec2:)"
    R"(TerminateInstances","ec2:ModifyInstanceAttribute","ec2:GetConsoleOutput","ec2:GetConsoleScreenshot"],"Resour)"
    R"(ce":"arn:aws:ec2:*:*:instance/*","Condition":{"Null":{"aws:ResourceTag/AWSElasticDisasterRecoveryManaged":"f)"
    R"(alse"},"Bool":{"aws:ViaAWSService":"true"}}},{"Effect":"Allow","Action":["ec2:RevokeSecurityGroupEgress","ec)"
    R"(2:AuthorizeSecurityGroupIngress","ec2:AuthorizeSecurityGroupEgress"],"Resource":"arn:aws:ec2:*:*:security-gr)"
    R"(oup/*","Condition":{"Null":{"aws:ResourceTag/AWSElasticDisasterRecoveryManaged":"false"},"Bool":{"aws:ViaAWS)"
    R"(Service":"true"}}},{"Effect":"Allow","Action":"ec2:CreateVolume","Resource":"arn:aws:ec2:*:*:volume/*","Cond)"
    R"(ition":{"Null":{"aws:RequestTag/AWSElasticDisasterRecoveryManaged":"false"},"Bool":{"aws:ViaAWSService":"tru)"
    R"(e"}}},{"Effect":"Allow","Action":"ec2:CreateSecurityGroup","Resource":"arn:aws:ec2:*:*:vpc/*"},{"Effect":"Al)"
    R"(low","Action":"ec2:CreateSecurityGroup","Resource":"arn:aws:ec2:*:*:security-group/*","Condition":{"Null":{")"
    R"(aws:RequestTag/AWSElasticDisasterRecoveryManaged":"false"},"Bool":{"aws:ViaAWSService":"true"}}},{"Effect":")"
    R"(Allow","Action":"ec2:CreateSnapshot","Resource":"arn:aws:ec2:*:*:volume/*","Condition":{"Null":{"ec2:Resourc)"
    R"(eTag/AWSElasticDisasterRecoveryManaged":"false"},"Bool":{"aws:ViaAWSService":"true"}}},{"Effect":"Allow","Ac)"
    R"(tion":"ec2:CreateSnapshot","Resource":"arn:aws:ec2:*:*:snapshot/*","Condition":{"Null":{"aws:RequestTag/AWSE)"
    R"(lasticDisasterRecoveryManaged":"false"},"Bool":{"aws:ViaAWSService":"true"}}},{"Effect":"Allow","Action":["e)"
    R"(c2:DetachVolume","ec2:AttachVolume"],"Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"Null":{"ec2:Resou)"
    R"(rceTag/AWSElasticDisasterRecoveryManaged":"false"},"Bool":{"aws:ViaAWSService":"true"}}},{"Effect":"Allow",")"
    R"(Action":["ec2:DetachVolume","ec2:AttachVolume","ec2:StartInstances","ec2:GetConsoleOutput","ec2:GetConsoleSc)"
    R"(reenshot"],"Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"ForAnyValue:StringEquals":{"aws:CalledVia":)"
    R"(["drs.amazonaws.com"]},"StringEquals":{"ec2:ResourceTag/AWSDRS":"AllowLaunchingIntoThisInstance"}}},{"Effect)"
    R"(":"Allow","Action":"ec2:AttachVolume","Resource":"arn:aws:ec2:*:*:volume/*","Condition":{"Null":{"ec2:Resour)"
    R"(ceTag/AWSElasticDisasterRecoveryManaged":"false"},"Bool":{"aws:ViaAWSService":"true"}}},{"Effect":"Allow","A)"
    R"(ction":"ec2:DetachVolume","Resource":"arn:aws:ec2:*:*:volume/*","Condition":{"Bool":{"aws:ViaAWSService":"tr)"
    R"(ue"}}},{"Effect":"Allow","Action":"ec2:RunInstances","Resource":"arn:aws:ec2:*:*:instance/*","Condition":{"N)"
    R"(ull":{"aws:RequestTag/AWSElasticDisasterRecoveryManaged":"false"},"Bool":{"aws:ViaAWSService":"true"}}},{"Ef)"
    R"(fect":"Allow","Action":"ec2:RunInstances","Resource":["arn:aws:ec2:*:*:security-group/*","arn:aws:ec2:*:*:vo)"
    R"(lume/*","arn:aws:ec2:*:*:subnet/*","arn:aws:ec2:*:*:image/*","arn:aws:ec2:*:*:network-interface/*","arn:aws:)"
    R"(ec2:*:*:launch-template/*"],"Condition":{"Bool":{"aws:ViaAWSService":"true"}}},{"Effect":"Allow","Action":"e)"
    R"(c2:CreateTags","Resource":["arn:aws:ec2:*:*:security-group/*","arn:aws:ec2:*:*:volume/*","arn:aws:ec2:*:*:sn)"
    R"(apshot/*","arn:aws:ec2:*:*:instance/*","arn:aws:ec2:*:*:network-interface/*"],"Condition":{"Bool":{"aws:ViaA)"
    R"(WSService":"true"},"StringEquals":{"ec2:CreateAction":["CreateSecurityGroup","CreateVolume","CreateSnapshot")"
    R"(,"RunInstances","CreateNetworkInterface"]}}},{"Effect":"Allow","Action":"ec2:CreateTags","Resource":"arn:aws)"
    R"(:ec2:*:*:launch-template/*","Condition":{"StringEquals":{"ec2:CreateAction":["CreateLaunchTemplate"]}}},{"Ef)"
    R"(fect":"Allow","Action":["cloudformation:DescribeStacks","cloudformation:ListStacks"],"Resource":"*"},{"Effec)"
    R"(t":"Allow","Action":["s3:GetBucketLocation","s3:ListAllMyBuckets"],"Resource":"*"},{"Effect":"Allow","Action)"
    R"(":["ssm:DescribeInstanceInformation","ssm:DescribeParameters"],"Resource":"*","Condition":{"ForAnyValue:Stri)"
    R"(ngEquals":{"aws:CalledVia":["drs.amazonaws.com"]}}},{"Effect":"Allow","Action":["ssm:SendCommand","ssm:Start)"
    R"(AutomationExecution"],"Resource":["arn:aws:ssm:*:*:automation-definition/AWS-CreateImage:$DEFAULT","arn:aws:)"
    R"(ssm:*:*:document/AWSMigration-ValidateNetworkConnectivity","arn:aws:ssm:*:*:document/AWSMigration-VerifyMoun)"
    R"(tedVolumes","arn:aws:ssm:*:*:document/AWSMigration-ValidateHttpResponse","arn:aws:ssm:*:*:document/AWSMigrat)"
    R"(ion-ValidateDiskSpace","arn:aws:ssm:*:*:document/AWSMigration-VerifyProcessIsRunning","arn:aws:ssm:*:*:docum)"
    R"(ent/AWSMigration-LinuxTimeSyncSetting","arn:aws:ssm:*:*:document/AWSEC2-ApplicationInsightsCloudwatchAgentIn)"
    R"(stallAndConfigure","arn:aws:ssm:*:*:automation-execution/*"],"Condition":{"ForAnyValue:StringEquals":{"aws:C)"
    R"(alledVia":["drs.amazonaws.com"]}}},{"Effect":"Allow","Action":"ssm:SendCommand","Resource":"arn:aws:ec2:*:*:)"
    R"(instance/*","Condition":{"ForAnyValue:StringEquals":{"aws:CalledVia":["drs.amazonaws.com"]},"Null":{"aws:Res)"
    R"(ourceTag/AWSElasticDisasterRecoveryManaged":"false"}}},{"Effect":"Allow","Action":["ssm:ListDocuments","ssm:)"
    R"(ListCommandInvocations"],"Resource":"*"},{"Effect":"Allow","Action":["ssm:GetParameter","ssm:PutParameter"],)"
    R"("Resource":"arn:aws:ssm:*:*:parameter/ManagedByAWSElasticDisasterRecoveryService-*","Condition":{"StringEqua)"
    R"(ls":{"aws:ResourceAccount":"${aws:PrincipalAccount}"}}},{"Effect":"Allow","Action":["ssm:DescribeDocument",")"
    R"(ssm:GetDocument"],"Resource":"arn:aws:ssm:*:*:document/*"},{"Effect":"Allow","Action":"ssm:GetParameters","R)"
    R"(esource":"arn:aws:ssm:*:*:parameter/ManagedByAWSElasticDisasterRecovery-*","Condition":{"ForAnyValue:StringE)"
    R"(quals":{"aws:CalledVia":"ssm.amazonaws.com"}}},{"Effect":"Allow","Action":"ssm:GetAutomationExecution","Reso)"
    R"(urce":"arn:aws:ssm:*:*:automation-execution/*","Condition":{"Null":{"aws:ResourceTag/AWSElasticDisasterRecov)"
    R"(eryManaged":"false"}}},{"Effect":"Allow","Action":"ec2:AssociateIamInstanceProfile","Resource":"arn:aws:ec2:)"
    R"(*:*:instance/*","Condition":{"Null":{"aws:ResourceTag/AWSElasticDisasterRecoveryManaged":"false"},"Bool":{"a)"
    R"(ws:ViaAWSService":"true"}}},{"Effect":"Allow","Action":"ec2:CreateFleet","Resource":["arn:aws:ec2:*:*:instan)"
    R"(ce/*","arn:aws:ec2:*:*:fleet/*","arn:aws:ec2:*:*:volume/*","arn:aws:ec2:*:*:subnet/*","arn:aws:ec2:*:*:image)"
    R"(/*","arn:aws:ec2:*:*:launch-template/*"],"Condition":{"ForAnyValue:StringEquals":{"aws:CalledVia":["drs.amaz)"
    R"(onaws.com"]}}},{"Effect":"Allow","Action":"ec2:CreateTags","Resource":["arn:aws:ec2:*:*:security-group/*","a)"
    R"(rn:aws:ec2:*:*:volume/*","arn:aws:ec2:*:*:snapshot/*","arn:aws:ec2:*:*:instance/*"],"Condition":{"ForAnyValu)"
    R"(e:StringEquals":{"aws:CalledVia":["drs.amazonaws.com"]},"StringEquals":{"ec2:CreateAction":["CreateFleet"]}})"
    R"(},{"Effect":"Allow","Action":"ec2:CreateVolume","Resource":"arn:aws:ec2:*:*:snapshot/*","Condition":{"Null":)"
    R"({"aws:ResourceTag/AWSElasticDisasterRecoveryManaged":"false"},"Bool":{"aws:ViaAWSService":"true"}}},{"Effect)"
    R"(":"Allow","Action":"ec2:CreateNetworkInterface","Resource":"arn:aws:ec2:*:*:network-interface/*","Condition")"
    R"(:{"Null":{"aws:RequestTag/AWSElasticDisasterRecoveryManaged":"false"},"Bool":{"aws:ViaAWSService":"true"}}},)"
    R"({"Effect":"Allow","Action":"ec2:CreateNetworkInterface","Resource":["arn:aws:ec2:*:*:subnet/*","arn:aws:ec2:)"
    R"(*:*:security-group/*"]},{"Effect":"Allow","Action":"ec2:CreateNetworkInterfacePermission","Resource":"arn:aw)"
    R"(s:ec2:*:*:network-interface/*","Condition":{"Null":{"aws:ResourceTag/AWSElasticDisasterRecoveryManaged":"fal)"
    R"(se"},"Bool":{"aws:ViaAWSService":"true"}}}]})";

constexpr const char* kAWSElasticDisasterRecoveryEc2InstancePolicy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["drs:GetAgentInstallationAssetsForDrs","drs)"
    R"(:SendClientLogsForDrs","drs:SendClientMetricsForDrs","drs:CreateSourceServerForDrs","drs:CreateSourceNetwork)"
    R"("],"Resource":"*"},{"Effect":"Allow","Action":"drs:TagResource","Resource":"arn:aws:drs:*:*:source-server/*")"
    R"(,"Condition":{"StringEquals":{"drs:CreateAction":"CreateSourceServerForDrs"}}},{"Effect":"Allow","Action":"d)"
    R"(rs:TagResource","Resource":"arn:aws:drs:*:*:source-network/*","Condition":{"StringEquals":{"drs:CreateAction)"
    R"(":"CreateSourceNetwork"}}},{"Effect":"Allow","Action":["drs:SendAgentMetricsForDrs","drs:SendAgentLogsForDrs)"
    R"(","drs:UpdateAgentSourcePropertiesForDrs","drs:UpdateAgentReplicationInfoForDrs","drs:UpdateAgentConversionI)"
    R"(nfoForDrs","drs:GetAgentCommandForDrs","drs:GetAgentConfirmedResumeInfoForDrs","drs:GetAgentRuntimeConfigura)"
    R"(tionForDrs","drs:UpdateAgentBacklogForDrs","drs:GetAgentReplicationInfoForDrs"],"Resource":"arn:aws:drs:*:*:)"
    R"(source-server/*"},{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Resource":"arn:aws:iam::*:)"
    R"(role/service-role/DRSCrossAccountAgentAuthorizedRole_*","Condition":{"ForAnyValue:StringEquals":{"sts:Transi)"
    R"(tiveTagKeys":"SourceInstanceARN"},"StringLike":{"aws:RequestTag/SourceInstanceARN":"${ec2:SourceInstanceARN})"
    R"("}}}]})";

constexpr const char* kAWSElasticDisasterRecoveryReadOnlyAccess =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["drs:DescribeJobLogItems","drs:DescribeJobs)"
    R"(","drs:DescribeRecoveryInstances","drs:DescribeRecoverySnapshots","drs:DescribeReplicationConfigurationTempl)"
    R"(ates","drs:DescribeSourceServers","drs:GetFailbackReplicationConfiguration","drs:GetLaunchConfiguration","dr)"
    R"(s:GetReplicationConfiguration","drs:ListExtensibleSourceServers","drs:ListStagingAccounts","drs:ListTagsForR)"
    R"(esource","drs:ListLaunchActions"],"Resource":"*"},{"Effect":"Allow","Action":["ec2:DescribeInstances","ec2:D)"
    R"(escribeLaunchTemplateVersions","ec2:DescribeSecurityGroups","ec2:DescribeSubnets","ec2:GetInstanceTypesFromI)"
    R"(nstanceRequirements"],"Resource":"*"},{"Effect":"Allow","Action":"iam:ListRoles","Resource":"*"},{"Effect":")"
    R"(Allow","Action":"ssm:ListCommandInvocations","Resource":"*"},{"Effect":"Allow","Action":"ssm:GetParameter",")"
    R"(Resource":"arn:aws:ssm:*:*:parameter/ManagedByAWSElasticDisasterRecovery-*"},{"Effect":"Allow","Action":["ss)"
    R"(m:DescribeDocument","ssm:GetDocument"],"Resource":["arn:aws:ssm:*:*:document/AWS-CreateImage","arn:aws:ssm:*)"
    R"(:*:document/AWSMigration-ValidateNetworkConnectivity","arn:aws:ssm:*:*:document/AWSMigration-VerifyMountedVo)"
    R"(lumes","arn:aws:ssm:*:*:document/AWSMigration-ValidateHttpResponse","arn:aws:ssm:*:*:document/AWSMigration-V)"
    R"(alidateDiskSpace","arn:aws:ssm:*:*:document/AWSMigration-VerifyProcessIsRunning","arn:aws:ssm:*:*:document/A)"
    R"(WSMigration-LinuxTimeSyncSetting","arn:aws:ssm:*:*:document/AWSEC2-ApplicationInsightsCloudwatchAgentInstall)"
    R"(AndConfigure"]},{"Effect":"Allow","Action":"ssm:GetAutomationExecution","Resource":"arn:aws:ssm:*:*:automati)"
    R"(on-execution/*","Condition":{"Null":{"aws:ResourceTag/AWSElasticDisasterRecoveryManaged":"false"}}}]})";

constexpr const char* kAWSElasticDisasterRecoveryRecoveryInstancePolicy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["drs:SendAgentMetricsForDrs","drs:SendAgent)"
    R"(LogsForDrs","drs:UpdateAgentSourcePropertiesForDrs","drs:UpdateAgentReplicationInfoForDrs","drs:UpdateAgentC)"
    R"(onversionInfoForDrs","drs:GetAgentCommandForDrs","drs:GetAgentConfirmedResumeInfoForDrs","drs:GetAgentRuntim)"
    R"(eConfigurationForDrs","drs:UpdateAgentBacklogForDrs","drs:GetAgentReplicationInfoForDrs","drs:UpdateReplicat)"
    R"(ionCertificateForDrs","drs:NotifyReplicationServerAuthenticationForDrs"],"Resource":"arn:aws:drs:*:*:recover)"
    R"(y-instance/*","Condition":{"StringEquals":{"drs:EC2InstanceARN":"${ec2:SourceInstanceARN}"}}},{"Effect":"All)"
    R"(ow","Action":"drs:DescribeRecoveryInstances","Resource":"*"},{"Effect":"Allow","Action":"ec2:DescribeInstanc)"
    R"(eTypes","Resource":"*"},{"Effect":"Allow","Action":["drs:GetAgentInstallationAssetsForDrs","drs:SendClientLo)"
    R"(gsForDrs","drs:CreateSourceServerForDrs"],"Resource":"*"},{"Effect":"Allow","Action":"drs:TagResource","Reso)"
    R"(urce":"arn:aws:drs:*:*:source-server/*","Condition":{"StringEquals":{"drs:CreateAction":"CreateSourceServerF)"
    R"(orDrs"}}},{"Effect":"Allow","Action":["drs:SendAgentMetricsForDrs","drs:SendAgentLogsForDrs","drs:UpdateAgen)"
    R"(tSourcePropertiesForDrs","drs:UpdateAgentReplicationInfoForDrs","drs:UpdateAgentConversionInfoForDrs","drs:G)"
    R"(etAgentCommandForDrs","drs:GetAgentConfirmedResumeInfoForDrs","drs:GetAgentRuntimeConfigurationForDrs","drs:)"
    R"(UpdateAgentBacklogForDrs","drs:GetAgentReplicationInfoForDrs"],"Resource":"arn:aws:drs:*:*:source-server/*"})"
    R"(,{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Resource":"arn:aws:iam::*:role/service-role)"
    R"(/DRSCrossAccountAgentAuthorizedRole_*","Condition":{"ForAnyValue:StringEquals":{"sts:TransitiveTagKeys":"Sou)"
    R"(rceInstanceARN"},"StringLike":{"aws:RequestTag/SourceInstanceARN":"${ec2:SourceInstanceARN}"}}}]})";

constexpr const char* kAdministratorAccess =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";

constexpr const char* kAmazonEC2FullAccess =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ec2:*","Resource":"*"},{"Effect":"Allow","A)"
    R"(ction":"elasticloadbalancing:*","Resource":"*"},{"Effect":"Allow","Action":"cloudwatch:*","Resource":"*"},{")"
    R"(Effect":"Allow","Action":"autoscaling:*","Resource":"*"},{"Effect":"Allow","Action":"iam:CreateServiceLinked)"
    R"(Role","Resource":"*","Condition":{"StringEquals":{"iam:AWSServiceName":["autoscaling.amazonaws.com","ec2sche)"
    R"(duled.amazonaws.com","elasticloadbalancing.amazonaws.com","spot.amazonaws.com","spotfleet.amazonaws.com","tr)"
    R"(ansitgateway.amazonaws.com"]}}}]})";

constexpr const char* kAmazonEC2ReadOnlyAccess =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:Describe*","ec2:GetSecurityGroupsForVp)"
    R"(c"],"Resource":"*"},{"Effect":"Allow","Action":"elasticloadbalancing:Describe*","Resource":"*"},{"Effect":"A)"
    R"(llow","Action":["cloudwatch:ListMetrics","cloudwatch:GetMetricStatistics","cloudwatch:Describe*"],"Resource")"
    R"(:"*"},{"Effect":"Allow","Action":"autoscaling:Describe*","Resource":"*"}]})";

constexpr const char* kAmazonS3FullAccess =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*")"
    R"(}]})";

constexpr const char* kAmazonS3ReadOnlyAccess =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","s3-obj)"
    R"(ect-lambda:Get*","s3-object-lambda:List*"],"Resource":"*"}]})";

constexpr const char* kAmazonSSMFullAccess =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudwatch:PutMetricData","ds:CreateComput)"
    R"(er","ds:DescribeDirectories","ec2:DescribeInstanceStatus","logs:*","ssm:*","ec2messages:*"],"Resource":"*"},)"
    R"({"Effect":"Allow","Action":"iam:CreateServiceLinkedRole","Resource":"arn:aws:iam::*:role/aws-service-role/ss)"
    R"(m.amazonaws.com/AWSServiceRoleForAmazonSSM*","Condition":{"StringLike":{"iam:AWSServiceName":"ssm.amazonaws.)"
    R"(com"}}},{"Effect":"Allow","Action":["iam:DeleteServiceLinkedRole","iam:GetServiceLinkedRoleDeletionStatus"],)"
    R"("Resource":"arn:aws:iam::*:role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM*"},{"Effect":")"
    R"(Allow","Action":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel","ssmmessages:OpenControl)"
    R"(Channel","ssmmessages:OpenDataChannel"],"Resource":"*"}]})";

constexpr const char* kAmazonSSMManagedEC2InstanceDefaultPolicy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:DescribeAssociation","ssm:GetDeployabl)"
    R"(ePatchSnapshotForInstance","ssm:GetDocument","ssm:DescribeDocument","ssm:GetManifest","ssm:ListAssociations")"
    R"(,"ssm:ListInstanceAssociations","ssm:PutInventory","ssm:PutComplianceItems","ssm:PutConfigurePackageResult",)"
    R"("ssm:UpdateAssociationStatus","ssm:UpdateInstanceAssociationStatus","ssm:UpdateInstanceInformation"],"Resour)"
    R"(ce":"*"},{"Effect":"Allow","Action":["ssmmessages:CreateControlChannel","ssmmessages:CreateDataChannel","ssm)"
    R"(messages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Resource":"*"},{"Effect":"Allow","Action":["ec2)"
    R"(messages:AcknowledgeMessage","ec2messages:DeleteMessage","ec2messages:FailMessage","ec2messages:GetEndpoint")"
    R"(,"ec2messages:GetMessages","ec2messages:SendReply"],"Resource":"*"}]})";

constexpr const char* kAmazonSSMManagedInstanceCore =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:DescribeAssociation","ssm:GetDeployabl)"
    R"(ePatchSnapshotForInstance","ssm:GetDocument","ssm:DescribeDocument","ssm:GetManifest","ssm:GetParameter","ss)"
    R"(m:GetParameters","ssm:ListAssociations","ssm:ListInstanceAssociations","ssm:PutInventory","ssm:PutCompliance)"
    R"(Items","ssm:PutConfigurePackageResult","ssm:UpdateAssociationStatus","ssm:UpdateInstanceAssociationStatus",")"
    R"(ssm:UpdateInstanceInformation"],"Resource":"*"},{"Effect":"Allow","Action":["ssmmessages:CreateControlChanne)"
    R"(l","ssmmessages:CreateDataChannel","ssmmessages:OpenControlChannel","ssmmessages:OpenDataChannel"],"Resource)"
    R"(":"*"},{"Effect":"Allow","Action":["ec2messages:AcknowledgeMessage","ec2messages:DeleteMessage","ec2messages)"
    R"(:FailMessage","ec2messages:GetEndpoint","ec2messages:GetMessages","ec2messages:SendReply"],"Resource":"*"}]})";

constexpr const char* kAmazonSSMReadOnlyAccess =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ssm:Describe*","ssm:Get*","ssm:List*"],"Re)"
    R"(source":"*"}]})";

constexpr const char* kAWSLambdaBasicExecutionRole =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream")"
    R"(,"logs:PutLogEvents"],"Resource":"*"}]})";

constexpr const char* kIAMFullAccess =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount","or)"
    R"(ganizations:DescribeOrganization","organizations:DescribeOrganizationalUnit","organizations:DescribePolicy",)"
    R"("organizations:ListChildren","organizations:ListParents","organizations:ListPoliciesForTarget","organization)"
    R"(s:ListRoots","organizations:ListPolicies","organizations:ListTargetsForPolicy"],"Resource":"*"}]})";

constexpr const char* kIAMReadOnlyAccess =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GenerateCredentialReport","iam:Generat)"
    R"(eServiceLastAccessedDetails","iam:Get*","iam:List*","iam:SimulateCustomPolicy","iam:SimulatePrincipalPolicy")"
    R"(],"Resource":"*"}]})";

constexpr const char* kPowerUserAccess =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],")"
    R"(Resource":"*"},{"Effect":"Allow","Action":["account:GetAccountInformation","account:GetGovCloudAccountInform)"
    R"(ation","account:GetPrimaryEmail","account:ListRegions","iam:CreateServiceLinkedRole","iam:DeleteServiceLinke)"
    R"(dRole","iam:ListRoles","organizations:DescribeEffectivePolicy","organizations:DescribeOrganization"],"Resour)"
    R"(ce":"*"}]})";

constexpr const char* kReadOnlyAccess =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudformation:Describe*","cloudformation:)"
    R"(Get*","cloudformation:List*","cloudtrail:Describe*","cloudtrail:Get*","cloudtrail:List*","cloudtrail:LookupE)"
    R"(vents","cloudwatch:Describe*","cloudwatch:Get*","cloudwatch:List*","drs:Describe*","drs:Get*","drs:List*","e)"
    R"(c2:Describe*","ec2:Get*","ec2:List*","ec2:Search*","events:Describe*","events:List*","iam:Generate*","iam:Ge)"
    R"(t*","iam:List*","iam:Simulate*","kms:Describe*","kms:Get*","kms:List*","lambda:Get*","lambda:List*","logs:De)"
    R"(scribe*","logs:FilterLogEvents","logs:Get*","logs:ListTagsForResource","logs:StartQuery","logs:StopQuery","l)"
    R"(ogs:TestMetricFilter","organizations:Describe*","organizations:List*","s3:Describe*","s3:Get*","s3:List*","s)"
    R"(ns:Check*","sns:Get*","sns:List*","ssm:Describe*","ssm:Get*","ssm:List*","states:Describe*","states:Get*","s)"
    R"(tates:List*","sts:GetAccessKeyInfo","sts:GetCallerIdentity","sts:GetSessionToken","tag:Get*"],"Resource":"*")"
    R"(}]})";

}  // namespace aws_policies

std::vector<AwsPolicyText> aws_policy_texts() {
  using namespace aws_policies;
  std::vector<AwsPolicyText> all;
  all.emplace_back("AWSElasticDisasterRecoveryAgentInstallationPolicy", "/", 6,
                   kAWSElasticDisasterRecoveryAgentInstallationPolicy);
  all.emplace_back("AWSElasticDisasterRecoveryConsoleFullAccess_v2", "/", 9,
                   kAWSElasticDisasterRecoveryConsoleFullAccessv2);
  all.emplace_back("AWSElasticDisasterRecoveryEc2InstancePolicy", "/service-role/", 5,
                   kAWSElasticDisasterRecoveryEc2InstancePolicy);
  all.emplace_back("AWSElasticDisasterRecoveryReadOnlyAccess", "/", 5, kAWSElasticDisasterRecoveryReadOnlyAccess);
  all.emplace_back("AWSElasticDisasterRecoveryRecoveryInstancePolicy", "/service-role/", 4,
                   kAWSElasticDisasterRecoveryRecoveryInstancePolicy);
  all.emplace_back("AdministratorAccess", "/", 1, kAdministratorAccess);
  all.emplace_back("AmazonEC2FullAccess", "/", 5, kAmazonEC2FullAccess);
  all.emplace_back("AmazonEC2ReadOnlyAccess", "/", 2, kAmazonEC2ReadOnlyAccess);
  all.emplace_back("AmazonS3FullAccess", "/", 2, kAmazonS3FullAccess);
  all.emplace_back("AmazonS3ReadOnlyAccess", "/", 3, kAmazonS3ReadOnlyAccess);
  all.emplace_back("AmazonSSMFullAccess", "/", 4, kAmazonSSMFullAccess);
  all.emplace_back("AmazonSSMManagedEC2InstanceDefaultPolicy", "/", 1, kAmazonSSMManagedEC2InstanceDefaultPolicy);
  all.emplace_back("AmazonSSMManagedInstanceCore", "/", 2, kAmazonSSMManagedInstanceCore);
  all.emplace_back("AmazonSSMReadOnlyAccess", "/", 1, kAmazonSSMReadOnlyAccess);
  all.emplace_back("AWSLambdaBasicExecutionRole", "/service-role/", 1, kAWSLambdaBasicExecutionRole);
  all.emplace_back("IAMFullAccess", "/", 2, kIAMFullAccess);
  all.emplace_back("IAMReadOnlyAccess", "/", 4, kIAMReadOnlyAccess);
  all.emplace_back("PowerUserAccess", "/", 6, kPowerUserAccess);
  all.emplace_back("ReadOnlyAccess", "/", 1, kReadOnlyAccess);
  return all;
}

}  // namespace postern::sim
