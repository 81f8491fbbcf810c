#include "sim/drs/launch_rights.hpp"

#include <initializer_list>

#include "sim/access.hpp"
#include "sim/drs/service_roles.hpp"

namespace postern::sim::drs {
namespace launch_rights {

/// Whether what is called on carries the service's tag, or gets it with the call.
enum class Managed : std::uint8_t { not_at_all, already, by_the_call };

constexpr std::string_view kReads[] = {
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeImages",
    "ec2:DescribeInstances",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeLaunchTemplates",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSnapshots",
    "ec2:DescribeSubnets",
    "ec2:DescribeVolumes",
};

class Questions {
 public:
  Questions(Cloud& cloud, const aws::server::CallInfo& caller, const SiteKey& site)
      : cloud_(cloud), caller_(caller), site_(site), context_(request_context(caller)) {}

  std::string first_denial(Duty duty) {
    switch (duty) {
      case Duty::convert:
        return convert();
      case Duty::launch:
        return launch();
      case Duty::clean_up:
        return clean_up();
      case Duty::change_template:
        return change_template();
    }
    return {};
  }

 private:
  std::string convert() {
    for (const std::string_view action : kReads) ask(action, {}, Managed::not_at_all);
    ask("ec2:CreateSnapshot", {"snapshot"}, Managed::by_the_call);
    ask("ec2:CreateVolume", {"volume"}, Managed::by_the_call);
    run_instances();
    pass("AWSElasticDisasterRecoveryConversionServerRole");
    ask("ec2:AttachVolume", {"instance", "volume"}, Managed::already);
    ask("ec2:DetachVolume", {"instance", "volume"}, Managed::already);
    ask("ec2:StartInstances", {"instance"}, Managed::already);
    ask("ec2:StopInstances", {"instance"}, Managed::already);
    return denial_;
  }

  std::string launch() {
    ask_template();
    run_instances();
    pass(std::string(kRecoveryProfile));
    ask("ec2:ModifyInstanceAttribute", {"instance"}, Managed::already);
    return denial_;
  }

  std::string clean_up() {
    ask("ec2:DescribeVolumes", {}, Managed::not_at_all);
    ask("ec2:TerminateInstances", {"instance"}, Managed::already);
    ask("ec2:DeleteVolume", {"volume"}, Managed::already);
    return denial_;
  }

  std::string change_template() {
    ask_template();
    return denial_;
  }

  void ask_template() {
    ask("ec2:CreateLaunchTemplateVersion", {"launch-template"}, Managed::already);
    ask("ec2:ModifyLaunchTemplate", {"launch-template"}, Managed::already);
  }

  void run_instances() {
    ask("ec2:RunInstances", {"instance", "image", "network-interface", "security-group", "subnet", "volume"},
        Managed::by_the_call);
    Access tags("ec2:CreateTags");
    tags.on(resource("instance")).with("ec2:CreateAction", "RunInstances");
    evaluate(tags);
  }

  void pass(const std::string& role) {
    Access access("iam:PassRole");
    access.on("arn:aws:iam::" + site_.first + ":role/service-role/" + role)
        .with("iam:PassedToService", "ec2.amazonaws.com");
    evaluate(access);
  }

  std::string resource(std::string_view type) const {
    // Images are Amazon's, or shared: their ARN has no account.
    const std::string account = type == "image" ? std::string() : site_.first;
    return "arn:aws:ec2:" + site_.second + ":" + account + ":" + std::string(type) + "/*";
  }

  void ask(std::string_view action, std::initializer_list<std::string_view> types, Managed managed) {
    Access access{std::string(action)};
    Tags tags;
    if (managed == Managed::already) tags.emplace(kManagedTag, "drs.amazonaws.com");
    for (const std::string_view type : types) access.on(resource(type), tags);
    if (managed == Managed::by_the_call) {
      Tags set;
      set.emplace(kManagedTag, "drs.amazonaws.com");
      access.tagging(set);
    }
    evaluate(access);
  }

  void evaluate(Access& access) {
    if (!denial_.empty()) return;
    access.via("drs.amazonaws.com");
    const iam::Evaluation answer = evaluate_access(cloud_, identity_of(caller_), access, context_);
    if (answer.allowed()) return;
    denial_ = std::string(access.action().starts_with("iam:") ? "AccessDenied: " : "UnauthorizedOperation: ") +
              "You are not authorized to perform this operation. " + answer.denial_text;
  }

  Cloud& cloud_;
  const aws::server::CallInfo& caller_;
  const SiteKey& site_;
  iam::RequestContext context_;
  std::string denial_;
};

}  // namespace launch_rights

std::string why_not(Cloud& cloud, const aws::server::CallInfo& caller, const SiteKey& site, Duty duty) {
  launch_rights::Questions questions(cloud, caller, site);
  return questions.first_denial(duty);
}

}  // namespace postern::sim::drs
