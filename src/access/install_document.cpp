#include "access/install_document.hpp"

#include "access/role_pieces.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cfn/cloudformation.hpp"

namespace postern::access {
namespace install_document_detail {

using cfn::Value;

constexpr std::string_view kLinux =
#include "access/install_linux.inc"
    ;
constexpr std::string_view kWindows =
#include "access/install_windows.inc"
    ;

// An hour: the installer fetches packages and builds a kernel module.
constexpr std::string_view kTimeout = "3600";
constexpr std::string_view kRegion = "^[a-z]{2}(-[a-z]+)+-[0-9]+$";
constexpr std::string_view kAccount = "^([0-9]{12})?$";
constexpr std::string_view kDevices = "^(/dev/[A-Za-z0-9_./-]+(,/dev/[A-Za-z0-9_./-]+)*|[A-Za-z]:(,[A-Za-z]:)*)?$";
// No tag begins with a hyphen: the installer would take it for an option.
constexpr std::string_view kTags =
    "^([A-Za-z0-9_.:/@+][A-Za-z0-9_.:/@+-]*=[A-Za-z0-9_.:/=@+-]*"
    "( [A-Za-z0-9_.:/@+][A-Za-z0-9_.:/@+-]*=[A-Za-z0-9_.:/=@+-]*)*)?$";

Value parameter(std::string_view description, std::string_view pattern) {
  return Value::map().set("type", "String").set("description", description).set("allowedPattern", pattern);
}

Value optional_parameter(std::string_view description, std::string_view pattern) {
  Value out = parameter(description, pattern);
  out.set("default", "");
  return out;
}

Value step(std::string_view platform, std::string_view action, std::string_view script) {
  Value out = Value::map();
  out.set("precondition", Value::map().set("StringEquals", Value::texts({"platformType", std::string(platform)})));
  out.set("action", action);
  out.set("name", "installReplicationAgentOn" + std::string(platform));
  Value lines = Value::list();
  for (const std::string_view line : split(trim(script), '\n')) lines.add(line);
  out.set("inputs", Value::map().set("timeoutSeconds", kTimeout).set("runCommand", std::move(lines)));
  return out;
}

Json json_of(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::map: {
      Json out = Json::object();
      for (const cfn::Entry& each : value.entries()) out.set(each.key, json_of(each.value));
      return out;
    }
    case Value::Kind::list: {
      Json out = Json::array();
      for (const cfn::Entry& each : value.entries()) out.push_back(json_of(each.value));
      return out;
    }
    default:
      return Json(value.text());
  }
}

Json own_json() {
  return json_of(install_document());
}

}  // namespace install_document_detail

cfn::Value install_document() {
  using namespace install_document_detail;
  Value parameters = Value::map();
  parameters.set("Region", parameter("(Required) The Region to replicate to.", kRegion));
  parameters.set("AccountId",
                 optional_parameter("(Optional) The account to replicate into; empty: the instance's own.", kAccount));
  parameters.set(
      "Devices",
      optional_parameter("(Optional) The disks to replicate, as /dev/xvda,/dev/xvdb or C:,D:; empty: all.", kDevices));
  parameters.set("Tags", optional_parameter("(Optional) Tags of the source server: KEY=VALUE KEY=VALUE ...", kTags));
  Value steps = Value::list();
  steps.add(step("Linux", "aws:runShellScript", kLinux));
  steps.add(step("Windows", "aws:runPowerShellScript", kWindows));
  Value out = Value::map();
  out.set("schemaVersion", "2.2");
  out.set("description", "Installs the AWS Replication Agent, into another account or on some disks only.");
  out.set("parameters", std::move(parameters));
  out.set("mainSteps", std::move(steps));
  return out;
}

std::string install_document_json() {
  return install_document_detail::own_json().dump_pretty() + "\n";
}

std::string install_document_yaml() {
  return cfn::to_yaml(install_document());
}

bool is_install_document(std::string_view content) {
  const Result<Json> read = Json::parse(content);
  return read && *read == install_document_detail::own_json();
}

Result<cfn::Template> document_template(std::string_view version_name) {
  using namespace install_document_detail;
  cfn::Template out;
  out.comment =
      "`postern dr rollout --into ACCOUNT` and `--devices` send this document, once they have seen that its content "
      "is\n"
      "theirs. Documents are the Region's: deploy this wherever nodes are.";
  out.description = "The document of postern that installs the AWS Replication Agent";
  cfn::Resource made;
  made.id = "InstallReplicationAgent";
  made.type = "AWS::SSM::Document";
  made.properties.set("Name", kOwnInstallDocument);
  made.properties.set("DocumentType", "Command");
  made.properties.set("TargetType", "/AWS::EC2::Instance");
  made.properties.set("VersionName", version_name, "Of the content: a changed document is another version.");
  made.properties.set("UpdateMethod", "NewVersion");
  made.properties.set("Content", install_document());
  out.resources.push_back(std::move(made));
  out.outputs.push_back(output("DocumentName", "Send this", cfn::ref("InstallReplicationAgent")));
  return out;
}

}  // namespace postern::access
