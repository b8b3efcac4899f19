/*
 * Turns the events of a room into the state of a call.
 *
 * The room is the truth; an event says only that it has changed.  So there is
 * one handler for all of them, which reads the room anew, and nothing can be
 * missed that came before the first event or between two of them.
 */

import { ConnectionState, RoomEvent, Track } from "livekit-client";
import type { ConnectionQuality, Participant, Room } from "livekit-client";

import { NO_CALL, userOf } from "./call-state";
import type { CallState, Connection, Media, Person, Quality } from "./call-state";
import { Store } from "./store";

const EVENTS = [
  RoomEvent.ConnectionStateChanged,
  RoomEvent.Connected,
  RoomEvent.Reconnected,
  RoomEvent.Disconnected,
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.ParticipantPermissionsChanged,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ConnectionQualityChanged,
  RoomEvent.RecordingStatusChanged,
  RoomEvent.AudioPlaybackStatusChanged,
] as const;

const CONNECTIONS: Record<ConnectionState, Connection> = {
  [ConnectionState.Disconnected]: "ended",
  [ConnectionState.Connecting]: "connecting",
  [ConnectionState.Connected]: "connected",
  [ConnectionState.Reconnecting]: "reconnecting",
  [ConnectionState.SignalReconnecting]: "reconnecting",
};

const QUALITIES: Record<ConnectionQuality, Quality> = {
  excellent: "excellent",
  good: "good",
  poor: "poor",
  lost: "lost",
  unknown: "unknown",
};

function mediaOf(participant: Participant, source: Track.Source): Media | null {
  const publication = participant.getTrackPublication(source);

  return publication ? { sid: publication.trackSid, muted: publication.isMuted } : null;
}

function personOf(participant: Participant): Person {
  const user = userOf(participant.identity);

  return {
    identity: participant.identity,
    user,
    name: participant.name || user,
    role: participant.attributes.role ?? "",
    local: participant.isLocal,
    speaking: participant.isSpeaking,
    quality: QUALITIES[participant.connectionQuality] ?? "unknown",
    mayPublish: participant.permissions?.canPublish ?? false,
    microphone: mediaOf(participant, Track.Source.Microphone),
    camera: mediaOf(participant, Track.Source.Camera),
    screen: mediaOf(participant, Track.Source.ScreenShare),
  };
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/* The old object where nothing in it is new: React then has nothing to draw. */
const keep = <T>(old: T, fresh: T): T => (same(old, fresh) ? old : fresh);

export class RoomBridge {
  readonly store: Store<CallState>;

  private running = false;
  private joined = false;

  constructor(private readonly room: Room, store = new Store<CallState>(NO_CALL)) {
    this.store = store;
  }

  start(): void {
    if (!this.running) {
      this.running = true;
      EVENTS.forEach((event) => this.room.on(event, this.sync));
      this.sync();
    }
  }

  stop(): void {
    if (this.running) {
      this.running = false;
      EVENTS.forEach((event) => this.room.off(event, this.sync));
    }
  }

  private readonly sync = (): void => {
    const { room } = this;
    const old = this.store.get();
    const connection = CONNECTIONS[room.state];

    this.joined ||= connection === "connected";

    const here = connection === "connected" || connection === "reconnecting";
    const all = here ? [room.localParticipant, ...room.remoteParticipants.values()] : [];
    const known = new Map(old.people.map((person) => [person.identity, person]));
    const people = all.map((participant) => {
      const person = personOf(participant);
      return keep(known.get(person.identity) ?? person, person);
    });

    this.store.set({
      connection: connection === "ended" && !this.joined ? "idle" : connection,
      people: keep(old.people, people),
      me: people.find((person) => person.local) ?? null,
      speakers: keep(old.speakers, here ? room.activeSpeakers.map((one) => one.identity) : []),
      recording: here && room.isRecording,
      silenced: here && !room.canPlaybackAudio,
    });
  };
}
