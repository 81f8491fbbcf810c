# Every kind of value once
#
# A sample.
#
# Its second paragraph.

terraform {
  required_version = ">= 1.3"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

variable "hub_role_arn" {
  type        = string
  description = "The one role that may come in."

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[\\w+=,.@/-]+$", var.hub_role_arn))
    error_message = "hub_role_arn: the ARN of a role."
  }
}

variable "external_id" {
  type = string

  validation {
    condition     = length(var.external_id) >= 2
    error_message = "external_id: is not what is expected."
  }

  validation {
    condition     = length(var.external_id) <= 1224
    error_message = "external_id: is not what is expected."
  }
}

variable "organization_id" {
  type    = string
  default = ""
}

variable "regions" {
  type    = list(string)
  default = ["us-east-1", "eu-west-1"]

  validation {
    condition     = alltrue([for each in var.regions : contains(["us-east-1", "eu-west-1"], each)])
    error_message = "regions: is not what is expected."
  }
}

locals {
  has_organization = var.organization_id != ""
}

# Who comes in from the hub.
resource "aws_iam_role" "sample_role" {
  name        = "Sample"
  description = "A description that is long enough to be folded over two lines, since nobody reads one of a width that no window has."
  # Chained sessions end after one hour anyway.
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          AWS = var.hub_role_arn
        }
        Action = "sts:AssumeRole"
        Condition = {
          StringEquals = merge(
            {
              # Unique to this account.
              "sts:ExternalId" = var.external_id
            },
            local.has_organization ? { "aws:PrincipalOrgID" = var.organization_id } : {},
          )
        }
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "sample_role_amazon_ssm_managed_instance_core" {
  role       = aws_iam_role.sample_role.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_role_policy" "sample_role_read" {
  name = "read"
  role = aws_iam_role.sample_role.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        # Looking.
        {
          Sid    = "Read"
          Effect = "Allow"
          Action = [
            "ec2:DescribeInstances",
            "ssm:DescribeInstanceInformation",
          ]
          Resource = "*"
        },
        {
          Effect   = "Allow"
          Action   = "ssm:GetParameter"
          Resource = "arn:${data.aws_partition.current.partition}:ssm:*:${data.aws_caller_identity.current.account_id}:parameter/it's/$${aws:username}"
        },
      ],
      local.has_organization ? [
        {
          Effect   = "Deny"
          Action   = "*"
          Resource = "arn:aws:s3:::$${aws:PrincipalAccount}/*"
        },
      ] : [],
    )
  })
}

resource "aws_iam_instance_profile" "sample_profile" {
  role = aws_iam_role.sample_role.name
}

resource "aws_iam_role_policy" "sample_extra" {
  count = local.has_organization ? 1 : 0

  name = join("-", ["extra", data.aws_region.current.name])
  role = aws_iam_role.sample_role.name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = []
  })

  depends_on = [aws_iam_instance_profile.sample_profile]

  lifecycle {
    prevent_destroy = true
  }
}

output "role_arn" {
  description = "What the hub assumes"
  value       = aws_iam_role.sample_role.arn
}

output "region_list" {
  value = local.has_organization ? join(",", var.regions) : null
}
