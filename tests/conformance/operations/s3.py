"""S3: buckets and their settings, objects and their versions, uploads in parts."""
import json
import re

from frame import TARGET, body, has, lacks, moment

BUCKET = "conformance-case"
ETAG = re.compile('"[0-9a-f]{32}(-[0-9]+)?"')
B = {"Bucket": BUCKET}
NONE = {"Bucket": "conformance-none"}


def buckets(w):
    s3 = w.client("s3")
    w.answers(s3.create_bucket, {"Location": f"/{BUCKET}"}, **B)
    w.refuses("BucketAlreadyExists", w.client("s3", "hub").create_bucket, **B)
    w.refuses("InvalidBucketName", s3.create_bucket, Bucket="Not-A-Name")
    w.answers(s3.list_buckets, {"Buckets": [{"Name": BUCKET, "CreationDate": moment}], "Owner": {"ID": str}})
    w.refuses("AccessDenied", w.client("s3", "Narrow").list_buckets)
    w.answers(s3.head_bucket, {}, **B, then=lambda: w.answers(s3.list_objects_v2, {"Name": BUCKET}, **B))
    w.refuses("404", s3.head_bucket, **NONE)
    w.answers(s3.get_bucket_location, {"LocationConstraint": None}, **B)
    west = w.client("s3", region="us-west-2")
    west.create_bucket(Bucket=BUCKET + "-west", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    w.answers(west.get_bucket_location, {"LocationConstraint": "us-west-2"}, Bucket=BUCKET + "-west")
    w.refuses("NoSuchBucket", s3.get_bucket_location, **NONE)
    west.delete_bucket(Bucket=BUCKET + "-west")


def settings(w):
    s3 = w.client("s3")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{TARGET}:role/Narrow"}, "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*"}]})
    w.refuses("NoSuchBucketPolicy", s3.get_bucket_policy, **B)
    w.answers(s3.put_bucket_policy, {}, **B, Policy=policy, then=lambda: w.answers(
        s3.get_bucket_policy, {"Policy": has("role/Narrow")}, **B))
    w.refuses("MalformedPolicy", s3.put_bucket_policy, **B, Policy="{")
    w.answers(s3.delete_bucket_policy, {}, **B, then=lambda: w.refuses("NoSuchBucketPolicy", s3.get_bucket_policy, **B))
    w.refuses("NoSuchBucket", s3.delete_bucket_policy, **NONE)
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": False}
    w.answers(s3.put_public_access_block, {}, **B, PublicAccessBlockConfiguration=block, then=lambda: w.answers(
        s3.get_public_access_block, {"PublicAccessBlockConfiguration": block}, **B))
    w.refuses("NoSuchBucket", s3.put_public_access_block, **NONE, PublicAccessBlockConfiguration=block)
    w.refuses("NoSuchBucket", s3.get_public_access_block, **NONE)


def objects(w):
    s3 = w.client("s3")
    w.answers(s3.put_object, {"ETag": ETAG}, **B, Key="a/one.txt", Body=b"hello", ContentType="text/plain",
              Metadata={"who": "case"})
    w.refuses("NoSuchBucket", s3.put_object, **NONE, Key="a", Body=b"x")
    w.answers(s3.get_object, {"Body": body(b"hello"), "ContentLength": 5, "ContentType": "text/plain", "ETag": ETAG,
                              "Metadata": {"who": "case"}, "LastModified": moment}, **B, Key="a/one.txt")
    w.answers(s3.get_object, {"Body": body(b"ell"), "ContentRange": "bytes 1-3/5"}, **B, Key="a/one.txt", Range="bytes=1-3")
    w.refuses("NoSuchKey", s3.get_object, **B, Key="none")
    w.refuses("InvalidRange", s3.get_object, **B, Key="a/one.txt", Range="bytes=9-")
    w.answers(s3.head_object, {"ContentLength": 5, "ContentType": "text/plain"}, **B, Key="a/one.txt")
    w.refuses("404", s3.head_object, **B, Key="none")
    w.answers(s3.copy_object, {"CopyObjectResult": {"ETag": ETAG, "LastModified": moment}}, **B, Key="b.txt",
              CopySource=f"{BUCKET}/a/one.txt")
    w.refuses("NoSuchKey", s3.copy_object, **B, Key="c.txt", CopySource=f"{BUCKET}/none")
    w.answers(s3.list_objects_v2, {"Contents": [{"Key": "b.txt", "Size": 5, "ETag": ETAG, "LastModified": moment}],
                                   "CommonPrefixes": [{"Prefix": "a/"}], "KeyCount": 2, "IsTruncated": False},
              **B, Delimiter="/")
    w.refuses("NoSuchBucket", s3.list_objects_v2, **NONE)
    w.refuses("BucketNotEmpty", s3.delete_bucket, **B)
    w.answers(s3.delete_object, {}, **B, Key="b.txt", then=lambda: w.refuses("404", s3.head_object, **B, Key="b.txt"))
    w.refuses("NoSuchBucket", s3.delete_object, **NONE, Key="b.txt")
    w.answers(s3.delete_objects, {"Deleted": [{"Key": "a/one.txt"}]}, **B, Delete={"Objects": [{"Key": "a/one.txt"}]})
    w.refuses("NoSuchBucket", s3.delete_objects, **NONE, Delete={"Objects": [{"Key": "x"}]})


def versions(w):
    s3 = w.client("s3")
    w.answers(s3.put_bucket_versioning, {}, **B, VersioningConfiguration={"Status": "Enabled"}, then=lambda: w.answers(
        s3.get_bucket_versioning, {"Status": "Enabled"}, **B))
    w.refuses("NoSuchBucket", s3.put_bucket_versioning, **NONE, VersioningConfiguration={"Status": "Enabled"})
    w.refuses("NoSuchBucket", s3.get_bucket_versioning, **NONE)
    first = w.answers(s3.put_object, {"VersionId": str}, **B, Key="v", Body=b"1")["VersionId"]
    second = w.answers(s3.put_object, {"VersionId": str}, **B, Key="v", Body=b"2")["VersionId"]
    w.answers(s3.get_object, {"Body": body(b"1"), "VersionId": first}, **B, Key="v", VersionId=first)
    marker = w.answers(s3.delete_object, {"DeleteMarker": True, "VersionId": str}, **B, Key="v")["VersionId"]
    w.refuses("NoSuchKey", s3.get_object, **B, Key="v")
    w.answers(s3.delete_objects, {"Deleted": has({"Key": "v", "VersionId": first})}, **B, Delete={"Objects": [
        {"Key": "v", "VersionId": one} for one in (first, second, marker)]})


def parts(w):
    s3 = w.client("s3")
    about = {**B, "Key": "big"}
    upload = w.answers(s3.create_multipart_upload, {"UploadId": str, "Bucket": BUCKET, "Key": "big"}, **about)["UploadId"]
    w.refuses("NoSuchBucket", s3.create_multipart_upload, **NONE, Key="big")
    about["UploadId"] = upload
    size = 5 * 1024 * 1024
    tags = [w.answers(s3.upload_part, {"ETag": ETAG}, **about, PartNumber=number, Body=content)["ETag"]
            for number, content in ((1, b"x" * size), (2, b"end"))]
    w.refuses("NoSuchUpload", s3.upload_part, **{**about, "UploadId": "none"}, PartNumber=1, Body=b"x")
    listed = [{"PartNumber": index + 1, "ETag": tag} for index, tag in enumerate(tags)]
    w.refuses("InvalidPartOrder", s3.complete_multipart_upload, **about, MultipartUpload={"Parts": listed[::-1]})
    w.answers(s3.complete_multipart_upload, {"Bucket": BUCKET, "Key": "big", "ETag": re.compile('"[0-9a-f]{32}-2"')},
              **about, MultipartUpload={"Parts": listed})
    w.answers(s3.head_object, {"ContentLength": size + 3}, **B, Key="big")
    w.refuses("NoSuchUpload", s3.complete_multipart_upload, **{**about, "UploadId": "none"}, MultipartUpload={"Parts": listed})
    other = s3.create_multipart_upload(**B, Key="other")["UploadId"]
    gone = {**B, "Key": "other", "UploadId": other}
    w.answers(s3.abort_multipart_upload, {}, **gone, then=lambda: w.refuses(
        "NoSuchUpload", s3.upload_part, **gone, PartNumber=1, Body=b"x"))
    w.refuses("NoSuchUpload", s3.abort_multipart_upload, **gone)


def end(w):
    s3 = w.client("s3")
    version = s3.head_object(**B, Key="big")["VersionId"]
    s3.delete_object(**B, Key="big", VersionId=version)
    w.answers(s3.delete_bucket, {}, **B, then=lambda: w.answers(s3.list_buckets, {"Buckets": lacks({"Name": BUCKET})}))
    w.refuses("NoSuchBucket", s3.delete_bucket, **B)


CASES = [buckets, settings, objects, versions, parts, end]
