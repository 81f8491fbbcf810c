# Identity of postern in the hub account (ec2)
#
# The identity in the hub account that assumes the roles of target accounts. Deploy this first: a target role cannot
# trust what does not exist, and one that was deleted and made again is somebody else.

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

resource "aws_iam_role" "hub_role" {
  name                 = "PosternHub"
  description          = "Assumes the target roles of postern and no others"
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "ec2.amazonaws.com"
        }
        Action = "sts:AssumeRole"
      },
    ]
  })
}

resource "aws_iam_role_policy" "hub_role_assume_target_roles" {
  name = "assume-target-roles"
  role = aws_iam_role.hub_role.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "AssumeTargetRoles"
        Effect = "Allow"
        Action = "sts:AssumeRole"
        Resource = [
          "arn:aws:iam::444455556666:role/PosternObserve",
        ]
      },
    ]
  })
}

# The flag by which `postern hold` stops every run.
resource "aws_iam_role_policy" "hub_role_hold" {
  name = "hold"
  role = aws_iam_role.hub_role.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "HoldRuns"
        Effect = "Allow"
        Action = [
          "ssm:DeleteParameter",
          "ssm:GetParameter",
          "ssm:PutParameter",
        ]
        Resource = "arn:${data.aws_partition.current.partition}:ssm:*:${data.aws_caller_identity.current.account_id}:parameter/postern/hold"
      },
    ]
  })
}

# The fleet file's topics, event buses and anchors: who is told how a run ended.
resource "aws_iam_role_policy" "hub_role_signals" {
  name = "signals"
  role = aws_iam_role.hub_role.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "TellTopics"
        Effect   = "Allow"
        Action   = "sns:Publish"
        Resource = "arn:aws:sns:us-east-1:111122223333:ops"
      },
      {
        Sid    = "WriteAnchors"
        Effect = "Allow"
        Action = [
          "s3:PutObject",
          "s3:PutObjectRetention",
        ]
        Resource = "arn:${data.aws_partition.current.partition}:s3:::ops-anchors/postern/*"
      },
      {
        Sid    = "ReadAnchors"
        Effect = "Allow"
        Action = [
          "s3:GetObject",
          "s3:ListBucket",
        ]
        Resource = [
          "arn:${data.aws_partition.current.partition}:s3:::ops-anchors",
          "arn:${data.aws_partition.current.partition}:s3:::ops-anchors/postern/*",
        ]
      },
    ]
  })
}

# What `postern cp` sends large files through. Nodes get at it by requests that this role has signed.
resource "aws_iam_role_policy" "hub_role_copies" {
  name = "copies"
  role = aws_iam_role.hub_role.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "CarryCopies"
        Effect = "Allow"
        Action = [
          "s3:DeleteObject",
          "s3:DeleteObjectVersion",
          "s3:GetObject",
          "s3:PutObject",
        ]
        Resource = [
          "arn:${data.aws_partition.current.partition}:s3:::copies-east/cp/*",
          "arn:${data.aws_partition.current.partition}:s3:::copies-west/*",
        ]
      },
    ]
  })
}

resource "aws_iam_instance_profile" "hub_profile" {
  name = "PosternHub"
  role = aws_iam_role.hub_role.name
}

output "hub_role_arn" {
  description = "The parameter HubRoleArn of the target accounts' template"
  value       = aws_iam_role.hub_role.arn
}

output "hub_profile_name" {
  description = "Give this to the orchestration host"
  value       = aws_iam_instance_profile.hub_profile.name
}
