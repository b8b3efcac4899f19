"use client";

import { useEffect, useMemo, useSyncExternalStore } from "react";

import { actionProblem } from "@/lib/problems";
import type { Problem } from "@/lib/problems";
import { RecordingLog, isRunning } from "@/lib/recordings";
import type { Recording } from "@/lib/recordings";

interface Props {
  room: string;
  onProblem: (problem: Problem) => void;
}

const WORDS: Record<string, string> = {
  starting: "Starting …",
  active: "Recording",
  ending: "Being saved …",
  complete: "Saved",
  failed: "Failed",
  aborted: "Stopped before it began",
  limit_reached: "Saved, up to its limit",
};

function lasted({ startedAt, endedAt }: Recording): string {
  const seconds = startedAt && endedAt ? Math.max(0, Math.round((endedAt - startedAt) / 1000)) : 0;

  return seconds ? ` · ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : "";
}

export function Recordings({ room, onProblem }: Props) {
  const log = useMemo(
    () => new RecordingLog(room, (error) => onProblem(actionProblem(error))), [room, onProblem],
  );
  const { list, busy } = useSyncExternalStore(log.store.subscribe, log.store.get, log.store.get);
  const running = list?.find(isRunning);

  useEffect(() => {
    log.start();
    return () => log.stop();
  }, [log]);

  return (
    <div className="panel-body">
      <p className="quiet">Sound and video of the room, as one file. Everybody is told in the chat.</p>
      {running
        ? (
          <button type="button" className="button danger wide" disabled={busy}
            onClick={() => void log.finish(running.id)}>Stop recording</button>
        )
        : (
          <button type="button" className="button primary wide" disabled={busy || list === null}
            onClick={() => void log.begin()}>Start recording</button>
        )}
      <ul className="recordings" aria-label="Recordings of this room">
        {list?.map((recording) => (
          <li key={recording.id} data-recording={recording.id} data-status={recording.status}>
            <span className={`dot ${recording.status}`} aria-hidden="true" />
            <span>
              <strong>{WORDS[recording.status] ?? recording.status}</strong>
              <span className="quiet">
                {recording.startedAt ? new Date(recording.startedAt).toLocaleString() : "just now"}{lasted(recording)}
              </span>
            </span>
          </li>
        ))}
      </ul>
      {list?.length === 0 && <p className="quiet">None yet.</p>}
    </div>
  );
}
