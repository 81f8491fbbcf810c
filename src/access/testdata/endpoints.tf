# VPC endpoints for managed nodes
#
# The way to AWS for nodes in a VPC without any other: deploy it once in each VPC. Nodes' own security groups must
# let TCP 443 out to EndpointGroup and, for S3, to AWS's prefix list.
#
# Replicated data goes past all endpoints: the security group of the staging subnet must let TCP 1500 in from the
# sources' networks, and a route must lead there. Sources in other VPCs or Regions use this VPC's endpoints by name.
#
# Cost in us-east-1: 43.80 USD a month for each zone and 0.01 a GB; a NAT gateway 32.85 and 0.045 a GB
# (list prices of 2026).

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

variable "vpc_id" {
  type        = string
  description = "The VPC of the nodes. Private DNS wants its enableDnsSupport and enableDnsHostnames on."

  validation {
    condition     = can(regex("^vpc-[0-9a-f]{8,17}$", var.vpc_id))
    error_message = "vpc_id: the id of a VPC, vpc-..."
  }
}

variable "subnet_ids" {
  type        = list(string)
  description = "Where the endpoints have their addresses: one subnet in each zone that has nodes, never two of one zone."

  validation {
    condition     = alltrue([for each in var.subnet_ids : can(regex("^subnet-[0-9a-f]{8,17}$", each))])
    error_message = "subnet_ids: ids of subnets, subnet-..."
  }
}

variable "nodes_cidr" {
  type        = string
  description = "Who may come in: the block of the nodes' subnets, or of the VPC."

  validation {
    condition     = can(regex("^(\\d{1,3}\\.){3}\\d{1,3}/(1[6-9]|2\\d|3[0-2])$", var.nodes_cidr))
    error_message = "nodes_cidr: a block such as 10.0.0.0/16, no larger than a VPC's."
  }
}

variable "route_table_ids" {
  type        = list(string)
  description = "The tables of the nodes' subnets: S3 is reached by a route in each of them."

  validation {
    condition     = alltrue([for each in var.route_table_ids : can(regex("^rtb-[0-9a-f]{8,17}$", each))])
    error_message = "route_table_ids: ids of route tables, rtb-..."
  }
}

variable "organization_id" {
  type        = string
  description = "Identities of this organisation come through the endpoints; empty: those of this account."
  default     = ""

  validation {
    condition     = can(regex("^(o-[a-z0-9]{10,32})?$", var.organization_id))
    error_message = "organization_id: the id of an organisation, o-..., or nothing."
  }
}

locals {
  has_organization = var.organization_id != ""
  has_account_only = var.organization_id == ""
}

# Nodes speak to the endpoints; the endpoints answer and never begin.
resource "aws_security_group" "endpoint_group" {
  description = "HTTPS from nodes to VPC endpoints"
  vpc_id      = var.vpc_id

  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = [var.nodes_cidr]
    description = "HTTPS from the nodes"
  }

  # Without a rule CloudFormation lets everything out.
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["127.0.0.1/32"]
    description = "nothing"
  }
}

# Registration, inventory, documents and parameters.
resource "aws_vpc_endpoint" "ssm" {
  vpc_id            = var.vpc_id
  service_name      = "com.amazonaws.${data.aws_region.current.name}.ssm"
  vpc_endpoint_type = "Interface"
  subnet_ids        = var.subnet_ids
  security_group_ids = [
    aws_security_group.endpoint_group.id,
  ]
  private_dns_enabled = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OwnIdentities"
        Effect    = "Allow"
        Principal = "*"
        Action    = "*"
        Resource  = "*"
        Condition = {
          StringEquals = merge(
            local.has_organization ? { "aws:PrincipalOrgID" = var.organization_id } : {},
            local.has_account_only ? { "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id } : {},
          )
        }
      },
    ]
  })
}

# Commands and sessions.
resource "aws_vpc_endpoint" "ssm_messages" {
  vpc_id            = var.vpc_id
  service_name      = "com.amazonaws.${data.aws_region.current.name}.ssmmessages"
  vpc_endpoint_type = "Interface"
  subnet_ids        = var.subnet_ids
  security_group_ids = [
    aws_security_group.endpoint_group.id,
  ]
  private_dns_enabled = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OwnIdentities"
        Effect    = "Allow"
        Principal = "*"
        Action    = "*"
        Resource  = "*"
        Condition = {
          StringEquals = merge(
            local.has_organization ? { "aws:PrincipalOrgID" = var.organization_id } : {},
            local.has_account_only ? { "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id } : {},
          )
        }
      },
    ]
  })
}

# Session logs and the output of commands in CloudWatch Logs.
resource "aws_vpc_endpoint" "logs" {
  vpc_id            = var.vpc_id
  service_name      = "com.amazonaws.${data.aws_region.current.name}.logs"
  vpc_endpoint_type = "Interface"
  subnet_ids        = var.subnet_ids
  security_group_ids = [
    aws_security_group.endpoint_group.id,
  ]
  private_dns_enabled = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OwnIdentities"
        Effect    = "Allow"
        Principal = "*"
        Action    = "*"
        Resource  = "*"
        Condition = {
          StringEquals = merge(
            local.has_organization ? { "aws:PrincipalOrgID" = var.organization_id } : {},
            local.has_account_only ? { "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id } : {},
          )
        }
      },
    ]
  })
}

# Keys of encrypted sessions and logs.
resource "aws_vpc_endpoint" "kms" {
  vpc_id            = var.vpc_id
  service_name      = "com.amazonaws.${data.aws_region.current.name}.kms"
  vpc_endpoint_type = "Interface"
  subnet_ids        = var.subnet_ids
  security_group_ids = [
    aws_security_group.endpoint_group.id,
  ]
  private_dns_enabled = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OwnIdentities"
        Effect    = "Allow"
        Principal = "*"
        Action    = "*"
        Resource  = "*"
        Condition = {
          StringEquals = merge(
            local.has_organization ? { "aws:PrincipalOrgID" = var.organization_id } : {},
            local.has_account_only ? { "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id } : {},
          )
        }
      },
    ]
  })
}

# Installation and control of replication. The data itself goes to TCP 1500, through no endpoint.
resource "aws_vpc_endpoint" "drs" {
  vpc_id            = var.vpc_id
  service_name      = "com.amazonaws.${data.aws_region.current.name}.drs"
  vpc_endpoint_type = "Interface"
  subnet_ids        = var.subnet_ids
  security_group_ids = [
    aws_security_group.endpoint_group.id,
  ]
  private_dns_enabled = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OwnIdentities"
        Effect    = "Allow"
        Principal = "*"
        Action    = "*"
        Resource  = "*"
        Condition = {
          StringEquals = merge(
            local.has_organization ? { "aws:PrincipalOrgID" = var.organization_id } : {},
            local.has_account_only ? { "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id } : {},
          )
        }
      },
    ]
  })
}

# Replication servers call it; so do snapshots with VSS.
resource "aws_vpc_endpoint" "ec2" {
  vpc_id            = var.vpc_id
  service_name      = "com.amazonaws.${data.aws_region.current.name}.ec2"
  vpc_endpoint_type = "Interface"
  subnet_ids        = var.subnet_ids
  security_group_ids = [
    aws_security_group.endpoint_group.id,
  ]
  private_dns_enabled = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OwnIdentities"
        Effect    = "Allow"
        Principal = "*"
        Action    = "*"
        Resource  = "*"
        Condition = {
          StringEquals = merge(
            local.has_organization ? { "aws:PrincipalOrgID" = var.organization_id } : {},
            local.has_account_only ? { "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id } : {},
          )
        }
      },
    ]
  })
}

# S3 by a route: the agent's updates, patches and packages. It costs nothing.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = var.vpc_id
  service_name      = "com.amazonaws.${data.aws_region.current.name}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = var.route_table_ids

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      # AWS's own, read without credentials by some agents.
      {
        Sid       = "AgentBuckets"
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource = [
          "arn:${data.aws_partition.current.partition}:s3:::amazon-ssm-${data.aws_region.current.name}/*",
          "arn:${data.aws_partition.current.partition}:s3:::amazon-ssm-packages-${data.aws_region.current.name}/*",
          "arn:${data.aws_partition.current.partition}:s3:::aws-patchmanager-macos-${data.aws_region.current.name}/*",
          "arn:${data.aws_partition.current.partition}:s3:::aws-ssm-${data.aws_region.current.name}/*",
          "arn:${data.aws_partition.current.partition}:s3:::aws-ssm-distributor-file-${data.aws_region.current.name}/*",
          "arn:${data.aws_partition.current.partition}:s3:::aws-ssm-document-attachments-${data.aws_region.current.name}/*",
          "arn:${data.aws_partition.current.partition}:s3:::aws-windows-downloads-${data.aws_region.current.name}/*",
          "arn:${data.aws_partition.current.partition}:s3:::patch-baseline-snapshot-${data.aws_region.current.name}/*",
          "arn:${data.aws_partition.current.partition}:s3:::${data.aws_region.current.name}-birdwatcher-prod/*",
        ]
      },
      # Packages of Amazon Linux; replication servers need them too.
      {
        Sid       = "LinuxPackages"
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource = [
          "arn:${data.aws_partition.current.partition}:s3:::al2023-repos-${data.aws_region.current.name}-de612dc2/*",
          "arn:${data.aws_partition.current.partition}:s3:::amazonlinux-2-repos-${data.aws_region.current.name}/*",
        ]
      },
      # Installers of the replication agent.
      {
        Sid       = "ReplicationBuckets"
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource = [
          "arn:${data.aws_partition.current.partition}:s3:::aws-drs-clients-${data.aws_region.current.name}/*",
          "arn:${data.aws_partition.current.partition}:s3:::aws-drs-clients-hashes-${data.aws_region.current.name}/*",
          "arn:${data.aws_partition.current.partition}:s3:::aws-drs-internal-${data.aws_region.current.name}/*",
          "arn:${data.aws_partition.current.partition}:s3:::aws-drs-internal-hashes-${data.aws_region.current.name}/*",
          "arn:${data.aws_partition.current.partition}:s3:::aws-elastic-disaster-recovery-${data.aws_region.current.name}/*",
          "arn:${data.aws_partition.current.partition}:s3:::aws-elastic-disaster-recovery-hashes-${data.aws_region.current.name}/*",
        ]
      },
      # Output, logs and repositories: nothing is carried out to the buckets of others.
      {
        Sid       = "OwnBuckets"
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:*"
        Resource  = "*"
        Condition = {
          StringEquals = merge(
            local.has_organization ? { "aws:PrincipalOrgID" = var.organization_id } : {},
            local.has_account_only ? { "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id } : {},
            local.has_organization ? { "aws:ResourceOrgID" = var.organization_id } : {},
            local.has_account_only ? { "aws:ResourceAccount" = data.aws_caller_identity.current.account_id } : {},
          )
        }
      },
      # Pieces of large files of `postern cp`: nodes put and fetch them by requests that the hub has signed,
      # and such a request is judged as the hub's.
      {
        Sid       = "CarryCopies"
        Effect    = "Allow"
        Principal = "*"
        Action = [
          "s3:GetObject",
          "s3:PutObject",
        ]
        Resource = [
          "arn:${data.aws_partition.current.partition}:s3:::copies-east/cp/*",
        ]
        Condition = {
          StringEquals = {
            "aws:PrincipalAccount" = "111122223333"
          }
        }
      },
    ]
  })
}

output "endpoint_group_id" {
  description = "What nodes must reach on TCP 443"
  value       = aws_security_group.endpoint_group.id
}

output "s3_endpoint_id" {
  description = "The gateway to S3"
  value       = aws_vpc_endpoint.s3.id
}
