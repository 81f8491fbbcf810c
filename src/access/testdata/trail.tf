# CloudTrail trail with its bucket and log group
#
# A trail of every Region: who assumed which role, and what was done with it. CloudTrail's own history, which
# `postern audit` reads, goes back 90 days; this keeps the rest. Deploy it once, in one Region.

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

variable "organization_id" {
  type        = string
  description = "The organisation whose accounts the trail is of; empty for this account alone. Only the management account can have such a trail."
  default     = ""

  validation {
    condition     = can(regex("^(o-[a-z0-9]{10,32})?$", var.organization_id))
    error_message = "organization_id: the id of an organisation, o-..., or nothing."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "A key that encrypts the log files; empty for S3's own encryption. Its policy must let CloudTrail use it."
  default     = ""

  validation {
    condition     = can(regex("^(arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[\\w/-]+)?$", var.kms_key_arn))
    error_message = "kms_key_arn: the ARN of a key, or nothing."
  }
}

locals {
  has_organization = var.organization_id != ""
  has_key          = var.kms_key_arn != ""
}

# Kept when the stack goes: it is the evidence. S3 encrypts it; versions show what was overwritten.
resource "aws_s3_bucket" "log_bucket" {
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "log_bucket" {
  bucket = aws_s3_bucket.log_bucket.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "log_bucket" {
  bucket = aws_s3_bucket.log_bucket.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "log_bucket_policy" {
  bucket = aws_s3_bucket.log_bucket.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid    = "CloudTrailLooksAtTheBucket"
          Effect = "Allow"
          Principal = {
            Service = "cloudtrail.amazonaws.com"
          }
          Action   = "s3:GetBucketAcl"
          Resource = aws_s3_bucket.log_bucket.arn
          Condition = {
            StringEquals = {
              "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:cloudtrail:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:trail/postern-audit"
            }
          }
        },
        {
          Sid    = "CloudTrailWritesThisAccount"
          Effect = "Allow"
          Principal = {
            Service = "cloudtrail.amazonaws.com"
          }
          Action   = "s3:PutObject"
          Resource = "${aws_s3_bucket.log_bucket.arn}/AWSLogs/${data.aws_caller_identity.current.account_id}/*"
          Condition = {
            StringEquals = {
              "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:cloudtrail:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:trail/postern-audit"
              "s3:x-amz-acl"  = "bucket-owner-full-control"
            }
          }
        },
        {
          Sid       = "NobodyWithoutTls"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource = [
            aws_s3_bucket.log_bucket.arn,
            "${aws_s3_bucket.log_bucket.arn}/*",
          ]
          Condition = {
            Bool = {
              "aws:SecureTransport" = "false"
            }
          }
        },
      ],
      local.has_organization ? [
        {
          Sid    = "CloudTrailWritesTheOrganization"
          Effect = "Allow"
          Principal = {
            Service = "cloudtrail.amazonaws.com"
          }
          Action   = "s3:PutObject"
          Resource = "${aws_s3_bucket.log_bucket.arn}/AWSLogs/${var.organization_id}/*"
          Condition = {
            StringEquals = {
              "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:cloudtrail:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:trail/postern-audit"
              "s3:x-amz-acl"  = "bucket-owner-full-control"
            }
          }
        },
      ] : [],
    )
  })
}

# For searches and alarms; what is older is in the bucket.
resource "aws_cloudwatch_log_group" "log_group" {
  name              = "/cloudtrail/postern-audit"
  retention_in_days = 90
}

resource "aws_iam_role" "log_writer" {
  description = "Lets CloudTrail write to the trail's log group"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "cloudtrail.amazonaws.com"
        }
        Action = "sts:AssumeRole"
      },
    ]
  })
}

resource "aws_iam_role_policy" "log_writer_write_events" {
  name = "write-events"
  role = aws_iam_role.log_writer.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "WriteEvents"
        Effect = "Allow"
        Action = [
          "logs:CreateLogStream",
          "logs:PutLogEvents",
        ]
        Resource = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:log-group:${aws_cloudwatch_log_group.log_group.name}:*"
      },
    ]
  })
}

resource "aws_cloudtrail" "trail" {
  name           = "postern-audit"
  enable_logging = true
  # A role is assumed at the STS endpoint of any Region: a trail of one Region misses that.
  is_multi_region_trail         = true
  include_global_service_events = true
  is_organization_trail         = local.has_organization ? true : false
  enable_log_file_validation    = true
  s3_bucket_name                = aws_s3_bucket.log_bucket.id
  cloud_watch_logs_group_arn    = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:log-group:${aws_cloudwatch_log_group.log_group.name}:*"
  cloud_watch_logs_role_arn     = aws_iam_role.log_writer.arn
  kms_key_id                    = local.has_key ? var.kms_key_arn : null

  depends_on = [aws_s3_bucket_policy.log_bucket_policy]
}

output "trail_arn" {
  description = "The trail"
  value       = aws_cloudtrail.trail.arn
}

output "log_bucket_name" {
  description = "Its bucket"
  value       = aws_s3_bucket.log_bucket.id
}
