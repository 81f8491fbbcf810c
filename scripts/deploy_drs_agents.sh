#!/usr/bin/env bash
# Rolls the replication agent of Elastic Disaster Recovery out to one account: `postern dr rollout` behind the command
# line that deployment guides use.
#
#   scripts/deploy_drs_agents.sh ACCOUNT [SOURCE_REGION [TARGET_REGION]] [OPTIONS of `postern dr rollout`]
#
# The Regions are those of the fleet file; without one, us-east-1 and us-west-2.
#
#   AWS_ROLE_ARN     the role to assume in ACCOUNT; AWS_PROFILE, if it is set too, is who assumes it
#   DRS_EXTERNAL_ID  the ExternalId that the role asks for; without it, the fleet file's for the account
#   AWS_PROFILE      alone: a profile of ACCOUNT
#   POSTERN          the program (default: the one built here, else the one on PATH)
#   POSTERN_YES=1    agrees, as --yes does
set -euo pipefail

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; }
die() { printf 'deploy_drs_agents.sh: %s\n' "$*" >&2; exit 2; }

[ $# -gt 0 ] || { usage >&2; exit 2; }
case $1 in -h | --help) usage; exit 0 ;; esac
account=$1
shift
[[ $account =~ ^[0-9]{12}$ ]] || die "'$account' is no account id (12 digits)"
source_region= target_region=
if [ $# -gt 0 ] && [[ $1 != -* ]]; then source_region=$1; shift; fi
if [ $# -gt 0 ] && [[ $1 != -* ]]; then target_region=$1; shift; fi
# Without a fleet file nobody else says where.
if [ -z "${POSTERN_FLEET:-}" ] && [ ! -e postern.yaml ]; then
  source_region=${source_region:-us-east-1}
  target_region=${target_region:-us-west-2}
fi

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=${POSTERN:-}
for candidate in "$here/build/release/postern" "$here/build/test/postern"; do
  if [ -z "$program" ] && [ -x "$candidate" ]; then program=$candidate; fi
done
program=${program:-postern}

options=()
if [ -n "$source_region" ]; then options+=(--from "$source_region"); fi
if [ -n "$target_region" ]; then options+=(--to "$target_region"); fi
if [ -n "${AWS_ROLE_ARN:-}" ]; then
  # Refused before anything is called: the role of another account is a slip of the hand.
  [[ $AWS_ROLE_ARN =~ ^arn:aws[a-z-]*:iam::([0-9]{12}):role/.+$ ]] || die "AWS_ROLE_ARN '$AWS_ROLE_ARN' is no role's ARN"
  [ "${BASH_REMATCH[1]}" = "$account" ] ||
    die "AWS_ROLE_ARN is a role of account ${BASH_REMATCH[1]}, and $account was asked for"
  options+=(--role-arn "$AWS_ROLE_ARN")
  # Without it, `dr rollout` takes the one that the fleet file keeps for the account.
  if [ -n "${DRS_EXTERNAL_ID:-}" ]; then options+=(--external-id env:DRS_EXTERNAL_ID); fi
elif [ -z "${AWS_PROFILE:-}" ]; then
  printf 'deploy_drs_agents.sh: neither AWS_ROLE_ARN nor AWS_PROFILE is set: the default credentials are used\n' >&2
fi
# With a web identity token the variable means something else to every SDK; here it is the role to assume.
unset AWS_ROLE_ARN
if [ "${POSTERN_YES:-}" = 1 ]; then options+=(--yes); fi

exec "$program" dr rollout "$account" "${options[@]}" "$@"
