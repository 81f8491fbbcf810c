"""Our WebSocket against python3-websockets, in both roles. Skipped loudly where that library is missing."""
import asyncio
import os
import subprocess
import sys

try:
    import websockets
except ImportError:
    print("SKIPPED: python3-websockets is not installed: our WebSocket was not tried against it", file=sys.stderr)
    sys.exit(77)

PEER = os.environ["POSTERN_WS_PEER"]
SIZES = (0, 1, 125, 126, 127, 65535, 65536, 200000)


async def our_server(port):
    uri = f"ws://127.0.0.1:{port}/"
    async with websockets.connect(uri, subprotocols=["other", "echo"], compression=None) as socket:
        assert socket.subprotocol == "echo", socket.subprotocol
        for size in SIZES:
            for message in ("ä" * (size // 2), os.urandom(size)):
                await socket.send(message)
                assert await socket.recv() == message, size
        await socket.send(iter(["one ", "message ", "in pieces"]))
        assert await socket.recv() == "one message in pieces"
        await (await socket.ping("alive?"))
    assert socket.close_code == 1000, socket.close_code
    # Compression is offered by default and must not be chosen; a message beyond the limit ends with 1009.
    async with websockets.connect(uri, max_size=None) as socket:
        assert not socket.extensions, socket.extensions
        try:
            await socket.send(b"x" * (2 << 20))  # may be refused before all of it is sent
            await socket.recv()
            raise AssertionError("a message that is too large was taken")
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd is not None and closed.rcvd.code == 1009, closed


async def our_client():
    async def echo(socket, path=None):
        async for message in socket:
            await socket.send(message)
    async with websockets.serve(echo, "127.0.0.1", 0, subprotocols=["echo"]) as server:
        port = server.sockets[0].getsockname()[1]
        child = await asyncio.create_subprocess_exec(PEER, "dial", str(port), *map(str, SIZES),
                                                     stdout=asyncio.subprocess.PIPE)
        out, _ = await asyncio.wait_for(child.communicate(), 60)
    expected = "".join(f"{size} same\n" for size in SIZES) + "closed 1000\n"
    assert child.returncode == 0 and out.decode() == expected, out


def main():
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            del os.environ[name]
    with subprocess.Popen([PEER, "serve"], stdout=subprocess.PIPE) as peer:
        try:
            asyncio.run(asyncio.wait_for(our_server(int(peer.stdout.readline())), 60))
        finally:
            peer.terminate()
            peer.wait()
    asyncio.run(our_client())
    print("ok: both roles")


if __name__ == "__main__":
    main()
