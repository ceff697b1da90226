"""Publishes a silent tone and a plain picture by WHIP with aiortc.

usage: aiortc_whip.py ENDPOINT TOKEN

Says {"event": "connected", "session": URL} when ICE and DTLS are through, and DELETEs the session
when its standard input ends.
"""

import asyncio
import sys

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from http_session import Session, say


async def main(endpoint, token):
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTrack(AudioStreamTrack())
    connection.addTrack(VideoStreamTrack())
    connected = asyncio.Event()

    @connection.on("connectionstatechange")
    def on_state():
        if connection.connectionState == "connected":
            connected.set()

    await connection.setLocalDescription(await connection.createOffer())
    session = Session(endpoint, token, connection.localDescription.sdp)
    await connection.setRemoteDescription(RTCSessionDescription(session.answer, "answer"))
    await connected.wait()
    say(event="connected", session=session.url)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    say(event="deleted", status=session.delete())
    await connection.close()


asyncio.run(main(*sys.argv[1:3]))
