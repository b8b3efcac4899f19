/*
 * LiveKit's own Room, told by the messages of LiveKit's own protocol what
 * happens; only that there is no network between them.
 */

import { ParticipantInfo, ParticipantInfo_State, ParticipantPermission, TrackInfo, TrackSource, TrackType } from "@livekit/protocol";
import { ConnectionState, Room, RoomEvent, setLogLevel } from "livekit-client";

setLogLevel("silent");

interface Inside {
  setAndEmitConnectionState(state: ConnectionState): boolean;
  handleParticipantUpdates(infos: ParticipantInfo[]): void;
  handleDisconnect(stopTracks: boolean, reason?: number): void;
}

const inside = (room: Room) => room as unknown as Inside;

export interface Guest {
  identity: string;
  name?: string;
  role?: string;
  mayPublish?: boolean;
  microphone?: "on" | "muted";
  metadata?: string;
}

const info = (guest: Guest, state = ParticipantInfo_State.ACTIVE) => new ParticipantInfo({
  sid: `PA_${guest.identity}`,
  identity: guest.identity,
  name: guest.name ?? "",
  metadata: guest.metadata ?? "",
  attributes: guest.role ? { role: guest.role } : {},
  permission: new ParticipantPermission({ canPublish: guest.mayPublish ?? false, canSubscribe: true }),
  state,
  tracks: guest.microphone ? [new TrackInfo({
    sid: `TR_${guest.identity}`, type: TrackType.AUDIO, source: TrackSource.MICROPHONE,
    name: "microphone", muted: guest.microphone === "muted",
  })] : [],
});

export const newRoom = () => new Room();

export function join(room: Room, me: Guest, others: Guest[] = []): void {
  inside(room).setAndEmitConnectionState(ConnectionState.Connecting);
  room.localParticipant.updateInfo(info(me));
  others.forEach((guest) => update(room, guest));
  inside(room).setAndEmitConnectionState(ConnectionState.Connected);
  room.emit(RoomEvent.Connected);
}

export const update = (room: Room, guest: Guest) => inside(room).handleParticipantUpdates([info(guest)]);

export const gone = (room: Room, guest: Guest) =>
  inside(room).handleParticipantUpdates([info(guest, ParticipantInfo_State.DISCONNECTED)]);

export const state = (room: Room, is: ConnectionState) => inside(room).setAndEmitConnectionState(is);

export const leave = (room: Room, reason?: number) => inside(room).handleDisconnect(true, reason);

/* Who listens to a room: what a leak would be seen by. */
export function listeners(room: Room): Record<string, number> {
  return Object.fromEntries(Object.values(RoomEvent)
    .map((event) => [event, room.listenerCount(event)] as const)
    .filter(([, count]) => count > 0));
}
