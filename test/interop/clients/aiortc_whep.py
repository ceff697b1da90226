"""Watches by WHEP with aiortc: decodes, counts frames and says so.

usage: aiortc_whep.py ENDPOINT TOKEN VIDEO_FRAMES AUDIO_FRAMES

Says {"event": "counted", "video": n, "audio": n} once that many frames were decoded, DELETEs the
session and ends.
"""

import asyncio
import sys

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from http_session import Session, say


async def count(track, counts, wanted, changed):
    """Decodes until the track ends. Black or silent frames count too: they were decoded."""
    try:
        while True:
            await track.recv()
            counts[track.kind] += 1
            if all(counts[kind] >= wanted[kind] for kind in wanted):
                changed.set()
    except MediaStreamError:
        pass


async def main(endpoint, token, video, audio):
    wanted = {"video": int(video), "audio": int(audio)}
    counts = {"video": 0, "audio": 0}
    done = asyncio.Event()
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver("audio", "recvonly")
    connection.addTransceiver("video", "recvonly")
    tasks = []
    connection.on(
        "track",
        lambda track: tasks.append(asyncio.ensure_future(count(track, counts, wanted, done))),
    )
    connection.on(
        "connectionstatechange", lambda: say(event=connection.connectionState)
    )
    await connection.setLocalDescription(await connection.createOffer())
    session = Session(endpoint, token, connection.localDescription.sdp)
    await connection.setRemoteDescription(RTCSessionDescription(session.answer, "answer"))
    await done.wait()
    say(event="counted", **counts)
    say(event="deleted", status=session.delete())
    await connection.close()


asyncio.run(main(*sys.argv[1:5]))
