"""Servers that answer badly: each behaviour is bytes (or a generator of bytes) for one request."""
import socket
import ssl
import subprocess
import threading

NAMESPACES = {"sts": "https://sts.amazonaws.com/doc/2011-06-15/", "ec2": "http://ec2.amazonaws.com/doc/2016-11-15/"}


class Request:
    """What the client sent, as far as a hostile server cares."""

    def __init__(self, head, body):
        self.target = head.split(b" ", 2)[1].decode("latin-1") if head.count(b" ") >= 2 else ""
        self.headers = {}
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.decode("latin-1").partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.body = body

    def operation(self):
        """GetCallerIdentity, DescribeInstances, ... of either protocol."""
        target = self.headers.get("x-amz-target", "")
        if target:
            return target.rpartition(".")[2]
        for pair in self.body.decode("latin-1").split("&"):
            if pair.startswith("Action="):
                return pair[len("Action="):]
        return ""

    def is_json(self):
        return "x-amz-target" in self.headers


def response(body, status="200 OK", content_type="text/xml", headers=()):
    body = body if isinstance(body, bytes) else body.encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def json_response(body, status="200 OK"):
    return response(body, status, "application/x-amz-json-1.1")


IDENTITY = (f'<GetCallerIdentityResponse xmlns="{NAMESPACES["sts"]}"><GetCallerIdentityResult>'
            "<Arn>arn:aws:iam::111122223333:user/e2e</Arn><UserId>AIDAE2E</UserId><Account>111122223333</Account>"
            "</GetCallerIdentityResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
            "</GetCallerIdentityResponse>")
INSTANCE = "i-0123456789abcdef0"
INSTANCES = (f'<DescribeInstancesResponse xmlns="{NAMESPACES["ec2"]}"><requestId>r-2</requestId><reservationSet><item>'
             f"<instancesSet><item><instanceId>{INSTANCE}</instanceId><instanceState><code>16</code><name>running</name>"
             "</instanceState></item></instancesSet></item></reservationSet></DescribeInstancesResponse>")
NODES = ('{"InstanceInformationList":[{"InstanceId":"%s","PingStatus":"Online","AgentVersion":"3.3.1142.0",'
         '"PlatformType":"Linux"}]}' % INSTANCE)
WELL = {"GetCallerIdentity": response(IDENTITY), "DescribeInstances": response(INSTANCES),
        "DescribeInstanceInformation": json_response(NODES)}


class Server:
    """Answers each connection's requests with behaviour(Request); None closes without an answer. A context manager."""

    def __init__(self, behaviour, context=None):
        self.behaviour, self.context = behaviour, context
        self.operations = []
        self.bytes_sent = 0
        self.open = []
        self.ended = threading.Event()

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if self.context else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.listener.close()
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        self.open.append(connection)
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            while True:
                request = self.receive(connection)
                if request is None:
                    return
                self.operations.append(request.operation())
                answer = self.behaviour(request)
                if answer is None:
                    return
                for chunk in [answer] if isinstance(answer, bytes) else answer:
                    connection.sendall(chunk)
                    self.bytes_sent += len(chunk)
                if not isinstance(answer, bytes):
                    return
        except (OSError, ValueError):  # the client hung up, or spoke something else
            pass
        finally:
            connection.close()

    @staticmethod
    def receive(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            if data[:1] == b"\x16":  # a TLS handshake, which an HTTP server takes for a bad request
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                return None
            got = connection.recv(65536)
            if not got:
                return None
            data += got
        head, _, body = data.partition(b"\r\n\r\n")
        request = Request(head, body)
        length = int(request.headers.get("content-length", "0"))
        while len(request.body) < length:
            request.body += connection.recv(65536)
        return request


def certificate(place, name="localhost", ended=False):
    """A self-signed certificate, one that ended yesterday if asked; the server's context and the certificate's file."""
    key, pem = place.path(f"{name}-key.pem"), place.path(f"{name}-cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", pem, "-days", "1", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName=DNS:{name}"], check=True, capture_output=True)
    if ended:
        subprocess.run(["openssl", "x509", "-in", pem, "-signkey", key, "-days", "-1", "-out", pem + ".ended"],
                       check=True, capture_output=True)
        pem += ".ended"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return context, pem


def chunked(content_type, pieces):
    """A generator of a chunked 200 response."""
    yield f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    for piece in pieces:
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"
