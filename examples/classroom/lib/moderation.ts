/* What a teacher may do to others.  nginx writes it down, so that it lasts,
 * and then tells LiveKit. */

import { ENDPOINTS, post } from "./nginx";

const moderate = (roomName: string, identity: string, action: string, more: object = {}) =>
  post(ENDPOINTS.moderation, { roomName, identity, action, ...more });

export const remove = (room: string, user: string) => moderate(room, user, "remove");
export const ban = (room: string, user: string) => moderate(room, user, "ban");
export const unban = (room: string, user: string) => moderate(room, user, "unban");
export const mute = (room: string, identity: string, trackSid: string) =>
  moderate(room, identity, "mute", { trackSid });
export const changeRole = (room: string, user: string, role: string) =>
  moderate(room, user, "role", { role });
