"""Publishes a test picture and a tone by WHIP with GStreamer's webrtcbin.

usage: gstreamer_whip.py ENDPOINT TOKEN {vp8|h264}

Says {"event": "connected"} when ICE and DTLS are through, and DELETEs the session when its standard
input ends. Candidates are trickled by PATCH.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

from http_session import Session, say  # noqa: E402

VIDEO = {
    "vp8": "vp8enc deadline=1 keyframe-max-dist=60 ! rtpvp8pay picture-id-mode=15-bit pt=96"
    " ! application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000",
    "h264": "openh264enc gop-size=60 ! h264parse config-interval=-1"
    " ! rtph264pay aggregate-mode=zero-latency pt=96"
    " ! application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000",
}
PIPELINE = """
    webrtcbin name=webrtc bundle-policy=max-bundle latency=0
    videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=15/1
        ! videoconvert ! queue ! {video} ! webrtc.
    audiotestsrc is-live=true wave=sine ! audioconvert ! audioresample ! queue
        ! opusenc ! rtpopuspay pt=97
        ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000 ! webrtc.
"""


class Publisher:
    def __init__(self, endpoint, token, codec):
        self.endpoint = endpoint
        self.token = token
        self.session = None
        self.candidates = []
        # GObject does not keep what a promise or a description holds.
        self.kept = []
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.parse_launch(PIPELINE.format(video=VIDEO[codec]))
        self.webrtc = self.pipeline.get_by_name("webrtc")
        self.webrtc.connect("on-negotiation-needed", self.on_negotiation_needed)
        self.webrtc.connect("on-ice-candidate", self.on_candidate)
        self.webrtc.connect("notify::connection-state", self.on_state)
        for index in range(2):
            transceiver = self.webrtc.emit("get-transceiver", index)
            transceiver.props.direction = GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", self.on_error)

    def run(self):
        GLib.io_add_watch(0, GLib.PRIORITY_DEFAULT, GLib.IO_HUP | GLib.IO_IN, self.on_input)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        if self.session:
            say(event="deleted", status=self.session.delete())
        self.pipeline.set_state(Gst.State.NULL)

    def on_error(self, _bus, message):
        say(event="error", detail=str(message.parse_error()))
        self.loop.quit()

    def on_input(self, *_):
        self.loop.quit()
        return False

    def on_negotiation_needed(self, _element):
        promise = Gst.Promise.new_with_change_func(self.on_offer, None)
        self.webrtc.emit("create-offer", None, promise)

    def on_offer(self, promise, _):
        reply = promise.get_reply()
        self.kept.append(reply)
        sdp = reply.get_value("offer").sdp.as_text()
        # Called on webrtcbin's own thread, which must not wait for itself: HTTP is for the main loop.
        then = Gst.Promise.new_with_change_func(lambda *_: GLib.idle_add(self.post), None)
        self.describe("set-local-description", GstWebRTC.WebRTCSDPType.OFFER, sdp, then)

    def describe(self, signal, kind, sdp, promise):
        _, message = GstSdp.SDPMessage.new_from_text(sdp)
        description = GstWebRTC.WebRTCSessionDescription.new(kind, message)
        self.kept += [message, description, promise]
        self.webrtc.emit(signal, description, promise)

    def post(self):
        offer = self.webrtc.props.local_description.sdp.as_text()
        self.session = Session(self.endpoint, self.token, offer)
        kind = GstWebRTC.WebRTCSDPType.ANSWER
        self.describe("set-remote-description", kind, self.session.answer, Gst.Promise.new())
        say(event="answered")
        self.trickle()
        return False

    def on_candidate(self, _element, _line, candidate):
        self.candidates.append(candidate)
        GLib.idle_add(self.trickle)

    def trickle(self):
        if self.session and self.candidates:
            lines = [f"a={candidate}\r\n" for candidate in self.candidates]
            self.candidates = []
            status, _, text = self.session.trickle("".join(lines))
            if status != 204:
                say(event="error", detail=f"PATCH answered {status}: {text}")
        return False

    def on_state(self, *_):
        state = self.webrtc.props.connection_state
        say(event=state.value_nick)


def main():
    Gst.init(None)
    Publisher(*sys.argv[1:4]).run()


main()
