export interface RoomInfo {
  id: string;
  title: string;
  text: string;
}

export const ROOMS: readonly RoomInfo[] = [
  { id: "math-101", title: "Mathematics 101", text: "Numbers, proofs, and why they matter" },
  { id: "physics", title: "Physics", text: "From falling apples to black holes" },
];

/* What livekit_room_pattern lets a client ask for. */
export const ROOM_NAME = /^[A-Za-z0-9_-]{1,128}$/;

export const titleOf = (id: string): string => ROOMS.find((room) => room.id === id)?.title ?? id;
