// tidy: allow-file(line-length) documents are easier to read whole
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "aws/core/codec.hpp"
#include "aws/ec2/ops.hpp"
#include "aws/ssm/ops.hpp"
#include "base/check.hpp"
#include "bench/modes.hpp"

namespace postern::bench {
namespace {

constexpr std::size_t kBodyBytes = 1U << 20U;
constexpr int kRuns = 25;

std::string instance_xml(int index) {
  char id[32];
  std::snprintf(id, sizeof id, "i-%017x", static_cast<unsigned>(index));
  const std::string number = std::to_string(index % 250);
  std::string xml =
      "<item><reservationId>r-" + std::to_string(index) +
      "</reservationId><ownerId>444455556666</ownerId>"
      "<groupSet/><instancesSet><item><instanceId>" +
      std::string(id) +
      "</instanceId><imageId>ami-0123456789abcdef0</imageId>"
      "<instanceState><code>16</code><name>running</name></instanceState><privateDnsName>ip-10-0-1-" +
      number +
      ".ec2.internal</privateDnsName><dnsName/><reason/><amiLaunchIndex>0</amiLaunchIndex><productCodes/>"
      "<instanceType>m5.large</instanceType><launchTime>2026-10-01T12:34:56.000Z</launchTime><placement>"
      "<availabilityZone>us-east-1a</availabilityZone><groupName/><tenancy>default</tenancy></placement><monitoring>"
      "<state>disabled</state></monitoring><subnetId>subnet-0123456789abcdef0</subnetId><vpcId>vpc-0123456789abcdef0</"
      "vpcId>"
      "<privateIpAddress>10.0.1." +
      number +
      "</privateIpAddress><sourceDestCheck>true</sourceDestCheck><groupSet><item>"
      "<groupId>sg-0123456789abcdef0</groupId><groupName>web</groupName></item></groupSet><architecture>x86_64</"
      "architecture>"
      "<rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</"
      "rootDeviceName><blockDeviceMapping><item><deviceName>"
      "/dev/xvda</deviceName><ebs><volumeId>vol-0123456789abcdef0</volumeId><status>attached</status><attachTime>"
      "2026-10-01T12:34:57.000Z</attachTime><deleteOnTermination>true</deleteOnTermination></ebs></item></"
      "blockDeviceMapping>"
      "<virtualizationType>hvm</virtualizationType><clientToken/><tagSet>";
  for (const char* tag : {"dr:enabled", "dr:recovery-strategy", "env", "owner"}) {
    xml += "<item><key>" + std::string(tag) + "</key><value>value of " + tag + "</value></item>";
  }
  xml += "<item><key>Name</key><value>web-" + std::to_string(index) +
         "</value></item></tagSet><hypervisor>xen</hypervisor>"
         "<iamInstanceProfile><arn>arn:aws:iam::444455556666:instance-profile/node</arn><id>AIPAEXAMPLE</id>"
         "</iamInstanceProfile><ebsOptimized>false</ebsOptimized></item></instancesSet></item>";
  return xml;
}

std::string invocation_json(int index) {
  char id[32];
  std::snprintf(id, sizeof id, "i-%017x", static_cast<unsigned>(index));
  return R"({"CommandId":"0831e1a8-a1ac-4257-a1fd-c831bEXAMPLE","InstanceId":")" + std::string(id) +
         R"(","InstanceName":"web-)" + std::to_string(index) +
         R"(","Comment":"postern op=01JD0000000000000000000000 ","DocumentName":"AWS-RunShellScript","DocumentVersion":"1",)"
         R"("RequestedDateTime":1700000000.123,"Status":"Success","StatusDetails":"Success","StandardOutputUrl":"",)"
         R"("StandardErrorUrl":"","CommandPlugins":[{"Name":"aws:runShellScript","Status":"Success","StatusDetails":"Success",)"
         R"("ResponseCode":0,"ResponseStartDateTime":1700000001.5,"ResponseFinishDateTime":1700000002.25,)"
         R"("Output":" 12:34:56 up 3 days,  1:02,  0 users,  load average: 0.00, 0.01, 0.05\nline \"two\" of the output\n",)"
         R"("StandardOutputUrl":"","StandardErrorUrl":"","OutputS3Region":"us-east-1","OutputS3BucketName":"",)"
         R"("OutputS3KeyPrefix":""}],"ServiceRole":"","NotificationConfig":{"NotificationArn":"","NotificationEvents":[],)"
         R"("NotificationType":""},"CloudWatchOutputConfig":{"CloudWatchLogGroupName":"","CloudWatchOutputEnabled":false}})";
}

std::string make_body(const std::string& operation) {
  std::string body;
  if (operation == "DescribeInstances") {
    body =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/"
        "2016-11-15/\"><requestId>8f7724cf-496f-496e-8fe3-example</requestId><reservationSet>";
    for (int i = 0; body.size() < kBodyBytes; ++i) body += instance_xml(i);
    return body + "</reservationSet></DescribeInstancesResponse>";
  }
  body = R"({"CommandInvocations":[)";
  for (int i = 0; body.size() < kBodyBytes; ++i) body += (i == 0 ? "" : ",") + invocation_json(i);
  return body + R"(],"NextToken":""})";
}

template <class Op>
double decode_ms(const http::Response& response) {
  double best = 1e9;
  for (int run = 0; run < kRuns; ++run) {
    typename Op::Response reply;
    const double begin = cpu_seconds();
    const auto done = aws::codec_for(*Op::spec().service)->decode_response(Op::spec(), response, &reply);
    best = std::min(best, (cpu_seconds() - begin) * 1e3);
    CHECK(done.has_value());
  }
  return best;
}

}  // namespace

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int body_mode(const std::string& operation, const std::string& out) {
  std::ofstream file(out, std::ios::binary);
  file << make_body(operation);
  return file.good() ? 0 : 1;
}

int parse_mode(const std::string& operation, const std::string& body) {
  std::ifstream file(body, std::ios::binary);
  http::Response response;
  response.body.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  const bool xml = operation == "DescribeInstances";
  response.headers.set("Content-Type", xml ? "text/xml;charset=UTF-8" : "application/x-amz-json-1.1");
  const double ms =
      xml ? decode_ms<aws::ec2::DescribeInstances>(response) : decode_ms<aws::ssm::ListCommandInvocations>(response);
  std::printf("{\"ms\": %.3f, \"bytes\": %zu}\n", ms, response.body.size());
  return 0;
}

}  // namespace postern::bench
