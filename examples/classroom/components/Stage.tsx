"use client";

import { VideoTrack, useRoomContext } from "@livekit/components-react";
import { Track } from "livekit-client";

import { isLive, isOn } from "@/lib/call-state";
import type { CallState, Person } from "@/lib/call-state";

import { MicrophoneIcon } from "./icons";

const initials = (name: string) => name.split(/\s+/).slice(0, 2).map((word) => word[0] ?? "").join("").toUpperCase();

/* A hue of one's own, the same on every screen. */
const hue = (text: string) => ([...text].reduce((sum, letter) => (sum * 131 + letter.charCodeAt(0)) >>> 0, 7) * 137) % 360;

export function Avatar({ person }: { person: Pick<Person, "user" | "name"> }) {
  return (
    <span className="avatar" aria-hidden="true" style={{ "--hue": hue(person.user) } as React.CSSProperties}>
      {initials(person.name)}
    </span>
  );
}

function Video({ person, source }: { person: Person; source: Track.Source }) {
  const room = useRoomContext();
  const participant = room.getParticipantByIdentity(person.identity);
  const publication = participant?.getTrackPublication(source);

  return participant && publication?.track
    ? <VideoTrack trackRef={{ participant, publication, source }} /> : null;
}

function Tile({ person, microphone, camera }: { person: Person; microphone: boolean; camera: boolean }) {
  return (
    <li className={`tile${person.speaking ? " speaking" : ""}${person.local ? " self" : ""}`}
      data-identity={person.identity} data-user={person.user}>
      {camera ? <Video person={person} source={Track.Source.Camera} /> : <Avatar person={person} />}
      <p className="tile-label">
        <span className={microphone ? "" : "muted"}>
          <MicrophoneIcon off={!microphone} />
          <span className="sr-only">{microphone ? "microphone on" : "microphone off"}</span>
        </span>
        <strong>{person.name}{person.local && " (you)"}</strong>
        {person.role && <span className="role">{person.role}</span>}
      </p>
    </li>
  );
}

export function Stage({ state }: { state: CallState }) {
  const { people, speakers } = state;
  const screens = people.filter((person) => isLive(person.screen));
  const stage = people
    .filter((person) => person.mayPublish || person.camera || person.microphone)
    .sort((a, b) => Number(b.role === "teacher") - Number(a.role === "teacher"));
  /* somebody with two devices sits there once */
  const audience = people.filter((person, i) => !stage.some(({ user }) => user === person.user)
    && people.findIndex(({ user }) => user === person.user) === i);
  const talking = people.filter((person) => speakers.includes(person.identity)).map((person) => person.name);

  return (
    <section className="stage" aria-label="Stage">
      {screens.length > 0 && (
        <ul className="screens">
          {screens.map((person) => (
            <li key={person.identity} className="tile screen" data-user={person.user}>
              <Video person={person} source={Track.Source.ScreenShare} />
              <p className="tile-label"><strong>{person.name}’s screen</strong></p>
            </li>
          ))}
        </ul>
      )}

      {stage.length > 0
        ? (
          <ul className={`tiles count-${Math.min(stage.length, 5)}${screens.length ? " beside" : ""}`}>
            {stage.map((person) => (
              <Tile key={person.identity} person={person}
                microphone={person.local ? isOn(state, "microphone") : isLive(person.microphone)}
                camera={isLive(person.camera)} />
            ))}
          </ul>
        )
        : (
          <div className="empty">
            <p><strong>Nobody is on stage yet</strong></p>
            <p className="quiet">The lesson starts when the teacher comes in. You need not do anything.</p>
          </div>
        )}

      {audience.length > 0 && (
        <ul className="audience" aria-label="Audience">
          {audience.map((person) => (
            <li key={person.identity} data-identity={person.identity} data-user={person.user}>
              <Avatar person={person} />
              <span>{person.name}{person.local && " (you)"}</span>
            </li>
          ))}
        </ul>
      )}
      <p className="sr-only" aria-live="off">{talking.length > 0 && `${talking.join(", ")} speaking`}</p>
    </section>
  );
}
