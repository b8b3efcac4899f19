"""Joins a LiveKit room and does as it is told.

    join.py URL

The first line of standard input is the token; each further line is "publish"
or "say".  What happens is printed as one JSON object a line.  The end of the
input ends the call.
"""

import asyncio
import json
import sys

from livekit import rtc

SAMPLE_RATE = 48000


def report(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


async def listen(participant, track):
    """Reports the first audio that comes."""
    async for _ in rtc.AudioStream(track):
        report("heard", identity=participant.identity)
        return


async def play_silence(source):
    frame = rtc.AudioFrame.create(SAMPLE_RATE, 1, SAMPLE_RATE // 100)
    while True:
        await source.capture_frame(frame)


async def publish(room, tasks):
    source = rtc.AudioSource(SAMPLE_RATE, 1)
    track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)

    try:
        publication = await room.local_participant.publish_track(track, options)
    except Exception as error:
        report("refused", error=str(error))
        return

    tasks.append(asyncio.create_task(play_silence(source)))
    report("published", sid=publication.sid)


async def main(url):
    loop = asyncio.get_running_loop()
    room = rtc.Room()
    tasks = []

    @room.on("track_subscribed")
    def _(track, publication, participant):
        tasks.append(asyncio.create_task(listen(participant, track)))

    @room.on("data_received")
    def _(packet):
        report("data", identity=packet.participant.identity, text=packet.data.decode())

    @room.on("track_muted")
    def _(participant, publication):
        report("muted", identity=participant.identity, sid=publication.sid)

    @room.on("disconnected")
    def _(reason):
        report("disconnected", reason=rtc.DisconnectReason.Name(reason))

    async def line():
        return (await loop.run_in_executor(None, sys.stdin.readline)).strip()

    await room.connect(url, await line())
    report("connected", identity=room.local_participant.identity)

    while command := await line():
        if command == "publish":
            await publish(room, tasks)
        elif command == "say":
            await room.local_participant.publish_data("hello")
            report("said")

    await room.disconnect()


asyncio.run(main(sys.argv[1]))
