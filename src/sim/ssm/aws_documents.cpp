#include "sim/ssm/aws_documents.hpp"

#include <algorithm>

#include "aws/core/sigv4.hpp"
#include "base/check.hpp"
#include "sim/sessions/aws_session_documents.hpp"

namespace postern::sim {
namespace aws_documents_detail {

constexpr std::string_view kTimeoutPattern =
    "([1-9][0-9]{0,4})|(1[0-6][0-9]{4})|(17[0-1][0-9]{3})|(172[0-7][0-9]{2})|(172800)";

Json parameter(std::string_view type, std::string_view description) {
  return Json::object().set("type", type).set("description", description);
}

Json optional_parameter(std::string_view type, std::string_view description, std::string_view fallback) {
  return parameter(type, description).set("default", fallback);
}

Json one_of(Json made, std::initializer_list<std::string_view> values) {
  Json list = Json::array();
  for (const std::string_view value : values) list.push_back(value);
  return std::move(made).set("allowedValues", std::move(list));
}

Json script_content(const std::string& plugin, const std::string& language) {
  Json commands = parameter("StringList", "(Required) Specify " + language + " to run, or the commands of a script.");
  commands.set("minItems", 1).set("displayType", "textarea");
  Json timeout = optional_parameter("String",
                                    "(Optional) The time in seconds for a command to complete before it is considered "
                                    "to have failed. Default is 3600 (1 hour). Maximum is 172800 (48 hours).",
                                    "3600");
  timeout.set("allowedPattern", kTimeoutPattern);
  Json parameters =
      Json::object()
          .set("commands", std::move(commands))
          .set("workingDirectory",
               optional_parameter("String", "(Optional) The path to the working directory on your instance.", ""))
          .set("executionTimeout", std::move(timeout));
  Json step = Json::object()
                  .set("id", "0." + plugin)
                  .set("runCommand", "{{ commands }}")
                  .set("workingDirectory", "{{ workingDirectory }}")
                  .set("timeoutSeconds", "{{ executionTimeout }}");
  Json properties = Json::object().set("properties", Json::array().push_back(std::move(step)));
  return Json::object()
      .set("schemaVersion", "1.2")
      .set("description", "Run " + language + " or specify the commands to run.")
      .set("parameters", std::move(parameters))
      .set("runtimeConfig", Json::object().set(plugin, std::move(properties)));
}

Json step_on(std::string_view platform, std::string_view name, std::string_view action, Json inputs) {
  Json equals = Json::array().push_back("platformType").push_back(platform);
  return Json::object()
      .set("precondition", Json::object().set("StringEquals", std::move(equals)))
      .set("action", action)
      .set("name", name)
      .set("inputs", std::move(inputs));
}

Json lines(std::initializer_list<std::string_view> all) {
  Json list = Json::array();
  for (const std::string_view line : all) list.push_back(line);
  return list;
}

Json schema_2_2(std::string_view description, Json parameters, Json steps) {
  return Json::object()
      .set("schemaVersion", "2.2")
      .set("description", description)
      .set("parameters", std::move(parameters))
      .set("mainSteps", std::move(steps));
}

Json package_content() {
  const Json name_only = Json::object()
                             .set("name", "{{ name }}")
                             .set("action", "{{ action }}")
                             .set("installationType", "{{ installationType }}")
                             .set("version", "{{ version }}");
  Json parameters =
      Json::object()
          .set("action",
               one_of(parameter("String", "(Required) Specify whether or not to install or uninstall the package."),
                      {"Install", "Uninstall"}))
          .set("installationType", one_of(optional_parameter("String", "(Optional) Specify the type of installation.",
                                                             "Uninstall and reinstall"),
                                          {"Uninstall and reinstall", "In-place update"}))
          .set("name", parameter("String", "(Required) The package to install or uninstall."))
          .set("version", optional_parameter("String", "(Optional) A version of the package.", ""));
  Json step =
      Json::object().set("action", "aws:configurePackage").set("name", "configurePackage").set("inputs", name_only);
  return schema_2_2("Install or uninstall a package.", std::move(parameters), Json::array().push_back(std::move(step)));
}

Json update_agent_content() {
  Json parameters =
      Json::object()
          .set("version", optional_parameter("String", "(Optional) A specific version of the agent to install.", ""))
          .set("allowDowngrade",
               one_of(optional_parameter("String", "(Optional) Allow the agent to be downgraded.", "false"),
                      {"true", "false"}));
  Json inputs = Json::object()
                    .set("agentName", "amazon-ssm-agent")
                    .set("targetVersion", "{{ version }}")
                    .set("allowDowngrade", "{{ allowDowngrade }}");
  Json properties = Json::object().set("properties", std::move(inputs));
  return Json::object()
      .set("schemaVersion", "1.2")
      .set("description", "Update the SSM agent to the latest version or to a specified one.")
      .set("parameters", std::move(parameters))
      .set("runtimeConfig", Json::object().set("aws:updateSsmAgent", std::move(properties)));
}

Json replication_agent_content() {
  Json parameters =
      Json::object()
          .set("Region", parameter("String", "(Required) The AWS Region to replicate to.")
                             .set("allowedPattern", "^[a-z]{2}(-[a-z]+)+-[0-9]+$"))
          .set("Tags", optional_parameter("String", "(Optional) Tags of the source server: KEY=VALUE ...", ""));
  Json windows =
      Json::object()
          .set("timeoutSeconds", "3600")
          .set("runCommand",
               lines({"$installer = \"$env:TEMP\\AwsReplicationWindowsInstaller.exe\"",
                      "Invoke-WebRequest -UseBasicParsing -OutFile $installer -Uri "
                      "\"https://aws-elastic-disaster-recovery-{{ Region }}.s3.{{ Region }}.amazonaws.com/"
                      "latest/windows/AwsReplicationWindowsInstaller.exe\"",
                      "& $installer --region {{ Region }} --no-prompt --tags {{ Tags }}", "exit $LASTEXITCODE"}));
  Json linux =
      Json::object()
          .set("timeoutSeconds", "3600")
          .set("runCommand",
               lines({"set -e", "cd \"$(mktemp -d)\"",
                      "wget -q -O aws-replication-installer-init "
                      "\"https://aws-elastic-disaster-recovery-{{ Region }}.s3.{{ Region }}.amazonaws.com/"
                      "latest/linux/aws-replication-installer-init\"",
                      "chmod +x aws-replication-installer-init",
                      "./aws-replication-installer-init --region {{ Region }} --no-prompt --tags {{ Tags }}"}));
  Json steps =
      Json::array()
          .push_back(
              step_on("Windows", "installReplicationAgentOnWindows", "aws:runPowerShellScript", std::move(windows)))
          .push_back(step_on("Linux", "installReplicationAgentOnLinux", "aws:runShellScript", std::move(linux)));
  return schema_2_2("Install the AWS Replication Agent on an instance.", std::move(parameters), std::move(steps));
}

std::shared_ptr<const Document> make(std::string name, std::string version, const Json& content, aws::Signer& hasher,
                                     std::string_view type = "Command") {
  Result<Document> parsed = parse_document(content.dump_pretty(), DocumentFormat::json, type);
  CHECK(parsed.has_value());
  Document document = std::move(*parsed);
  document.name = std::move(name);
  document.version = std::move(version);
  document.owner = "Amazon";
  document.created = WallTime(std::chrono::seconds(1'500'000'000));
  document.hash = hasher.sha256_hex(document.content);
  return std::make_shared<const Document>(std::move(document));
}

}  // namespace aws_documents_detail

std::vector<std::shared_ptr<const Document>> aws_documents() {
  using namespace aws_documents_detail;
  aws::Signer hasher(1);
  std::vector<std::shared_ptr<const Document>> all;
  all.push_back(make("AWS-ConfigureAWSPackage", "1", package_content(), hasher));
  all.push_back(
      make("AWS-RunPowerShellScript", "1", script_content("aws:runPowerShellScript", "a PowerShell script"), hasher));
  all.push_back(make("AWS-RunShellScript", "1", script_content("aws:runShellScript", "a shell script"), hasher));
  for (auto& [name, content] : aws_session_documents()) {
    all.push_back(make(std::move(name), "1", content, hasher, "Session"));
  }
  all.push_back(make("AWS-UpdateSSMAgent", "1", update_agent_content(), hasher));
  // Version 13 was seen in September 2024.
  all.push_back(make("AWSDisasterRecovery-InstallDRAgentOnInstance", "13", replication_agent_content(), hasher));
  return all;
}

}  // namespace postern::sim
