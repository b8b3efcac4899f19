/* Does an error that nobody handled come from the call? */

import { ConnectionError, ConnectionErrorReason, LivekitError } from "livekit-client";

import { NothingPublished } from "./devices";
import { Refused } from "./nginx";

/* Whoever leaves while joining cancels it: that is no error. */
const cancelled = (error: unknown) =>
  error instanceof ConnectionError && error.reason === ConnectionErrorReason.Cancelled;

const MEDIA = new Set(["NotAllowedError", "NotFoundError", "NotReadableError", "OverconstrainedError"]);

export const isOurs = (error: unknown): boolean =>
  !cancelled(error)
  && (error instanceof LivekitError || error instanceof Refused || error instanceof NothingPublished
    || (error instanceof DOMException && MEDIA.has(error.name)));
