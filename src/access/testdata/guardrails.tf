# Tags that choose nodes are set by few
#
# Whoever may tag an instance decides where the replication agent is installed, with an administrator's rights.
# Deploy this in the organisation's management account. The management account itself is bound by no such policy.

terraform {
  required_version = ">= 1.3"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

data "aws_partition" "current" {}

variable "target_ids" {
  type        = list(string)
  description = "What it is attached to: the root, units or accounts of the organisation."

  validation {
    condition     = alltrue([for each in var.target_ids : can(regex("^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|[0-9]{12})$", each))])
    error_message = "target_ids: ids of a root (r-...), of units (ou-...) or of accounts."
  }
}

resource "aws_organizations_policy" "tag_guard" {
  name        = "postern-tag-guard"
  type        = "SERVICE_CONTROL_POLICY"
  description = "Tags that choose nodes are set by few"

  # What sets tags besides - pipelines, recoveries that copy them - needs a place in the list.
  content = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "GuardTags"
        Effect = "Deny"
        Action = [
          "ec2:CreateTags",
          "ec2:DeleteTags",
          "ssm:AddTagsToResource",
          "ssm:RemoveTagsFromResource",
        ]
        Resource = [
          "arn:${data.aws_partition.current.partition}:ec2:*:*:instance/*",
          "arn:${data.aws_partition.current.partition}:ssm:*:*:managed-instance/*",
        ]
        Condition = {
          "ForAnyValue:StringEquals" = {
            "aws:TagKeys" = [
              "dr:enabled",
              "dr:recovery-strategy",
            ]
          }
          ArnNotLike = {
            "aws:PrincipalArn" = [
              "arn:${data.aws_partition.current.partition}:iam::*:role/PosternRecover",
              "arn:${data.aws_partition.current.partition}:iam::*:role/platform/Tagger-*",
            ]
          }
        }
      },
    ]
  })
}

resource "aws_organizations_policy_attachment" "tag_guard" {
  for_each = toset(var.target_ids)

  policy_id = aws_organizations_policy.tag_guard.id
  target_id = each.value
}

output "policy_id" {
  description = "The policy"
  value       = aws_organizations_policy.tag_guard.id
}
