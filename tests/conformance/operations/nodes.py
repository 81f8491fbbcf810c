"""What an agent does to become a node: an activation, a registration, and credentials for its own key's signature."""
import hashlib
import time

import botocore

import frame

FINGERPRINT = "fingerprint"


def sign_as_agent(node_id, key):
    """A handler of botocore's event "request-created": the agent's signature, RSA-PSS where SigV4 has HMAC."""
    def handler(request, **_):
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        scope = f"{now[:8]}/{frame.REGION}/ssm/aws4_request"
        host = request.url.split("//", 1)[1].split("/", 1)[0]
        target = request.headers["X-Amz-Target"]
        target = target.decode() if isinstance(target, bytes) else target
        names = "host;x-amz-date;x-amz-target"
        canonical = (f"POST\n/\n\nhost:{host}\nx-amz-date:{now}\nx-amz-target:{target}\n\n{names}\n"
                     + hashlib.sha256(request.body).hexdigest())
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        request.headers["X-Amz-Date"] = now
        request.headers["Authorization"] = (f"AWS4-HMAC-SHA256 Credential={node_id}/{scope}, SignedHeaders={names}, "
                                            f"Signature={key.sign(text)}")
    return handler


def unsigned(w, who="hub"):
    """A client of the agent's operations that signs nothing."""
    return w.client(frame.SSM_AGENT, who, signature_version=botocore.UNSIGNED)


def agent_client(w, node_id, key, who="hub"):
    """A client that signs with the node's key; a new one each time."""
    made = w.plain_client(frame.SSM_AGENT, who, frame.REGION, signature_version=botocore.UNSIGNED)
    made.meta.events.register("after-call", w.note)
    made.meta.events.register("request-created", sign_as_agent(node_id, key))
    return made


def keys_in(reply):
    return {"aws_access_key_id": reply["AccessKeyId"], "aws_secret_access_key": reply["SecretAccessKey"],
            "aws_session_token": reply["SessionToken"]}


class Node:
    """A node of a hybrid activation in the hub's account, with credentials, that has reported."""

    def __init__(self, w, name):
        ssm = w.plain_client("ssm", "hub", frame.REGION)
        made = ssm.create_activation(IamRole="HybridNode", DefaultInstanceName=name)
        self.activation = made["ActivationId"]
        self.key = frame.NodeKey(w.server.folder)
        self.id = unsigned(w).register_managed_instance(
            ActivationId=made["ActivationId"], ActivationCode=made["ActivationCode"], Fingerprint=FINGERPRINT,
            PublicKey=self.key.public, PublicKeyType="Rsa")["InstanceId"]
        token = agent_client(w, self.id, self.key).request_managed_instance_role_token(Fingerprint=FINGERPRINT)
        self.keys = keys_in(token)
        w.plain_client(frame.SSM_AGENT, self.keys, frame.REGION).update_instance_information(
            InstanceId=self.id, AgentVersion="3.3.0.0", PlatformType="Linux", PlatformName="Debian GNU/Linux",
            PlatformVersion="12", ComputerName=name, AgentName="amazon-ssm-agent", AgentStatus="Active")
