"use client";

import { LiveKitRoom } from "@livekit/components-react";
import { DisconnectReason, isBrowserSupported, setLogLevel } from "livekit-client";
import type { RoomConnectOptions, RoomOptions } from "livekit-client";
import { useRouter } from "next/navigation";
import { useSession } from "next-auth/react";
import { useCallback, useEffect, useRef, useState } from "react";

import { loadConfig, roomOptions } from "@/lib/config";
import type { ClientConfig } from "@/lib/config";
import { Refused } from "@/lib/nginx";
import { actionProblem, crashProblem, joinProblem, leaveProblem, unsupportedProblem } from "@/lib/problems";
import type { Problem } from "@/lib/problems";
import { Tickets } from "@/lib/token";
import type { Ticket } from "@/lib/token";

import { Call } from "./Call";
import { CallBoundary } from "./CallBoundary";
import { Lobby } from "./Lobby";
import type { Wishes } from "./Lobby";
import { ProblemCard } from "./ProblemCard";

interface Props {
  room: string;
  title: string;
  user: { id: string; name: string };
}

/* One stay in the room; the token is here and nowhere else. */
interface Visit {
  number: number;
  ticket: Ticket;
  config: ClientConfig;
  options: RoomOptions;
  connectOptions: RoomConnectOptions;
  wishes: Wishes;
}

export function Classroom({ room, title, user }: Props) {
  const router = useRouter();
  const { status } = useSession();
  const [visit, setVisit] = useState<Visit | null>(null);
  const [joining, setJoining] = useState(false);
  const [ended, setProblem] = useState<Problem | null>(null);
  const [fault, setFault] = useState<Problem | null>(null);
  const [wishes, setWishes] = useState<Wishes>({ microphone: true, camera: true });
  const tickets = useRef<Tickets>(null);
  const current = useRef(0);

  /* What belongs to an earlier visit has nothing to say any more. */
  const end = useCallback((number: number, why: Problem | null) => {
    if (current.current === number) {
      setVisit(null);
      setProblem(why);
      setFault(null);
    }
  }, []);

  useEffect(() => () => { current.current++; }, []);

  const join = useCallback(async (wanted: Wishes) => {
    const number = ++current.current;

    setProblem(null);
    setFault(null);
    setVisit(null);

    if (!isBrowserSupported()) {
      setProblem(unsupportedProblem());
      return;
    }
    setJoining(true);

    try {
      tickets.current ??= new Tickets(user.id);
      const [ticket, config] = await Promise.all([tickets.current.get(room), loadConfig()]);

      setLogLevel(config.logLevel);
      if (current.current === number) {
        setVisit({
          number, ticket, config, wishes: wanted,
          options: roomOptions(config), connectOptions: config.connectOptions,
        });
      }
    } catch (error) {
      end(number, joinProblem(error));
    } finally {
      setJoining(false);
    }
  }, [room, user.id, end]);

  const goBack = useCallback((from: Problem) => {
    switch (from.way) {
      case "sign-in":
        window.location.assign(`/api/auth/signin?callbackUrl=${encodeURIComponent(window.location.pathname)}`);
        break;
      case "rooms":
        router.push("/");
        break;
      default:
        void join(wishes);
    }
  }, [join, router, wishes]);

  /* whoever signs out, in whichever tab, is in no call any more */
  const problem = status === "unauthenticated" ? joinProblem(new Refused(401, "unauthorized")) : ended;

  if (problem) {
    return (
      <main id="main" className="page welcome">
        <ProblemCard problem={problem} onWayBack={() => goBack(problem)} />
      </main>
    );
  }

  if (!visit) {
    return (
      <Lobby title={title} name={user.name} joining={joining} wishes={wishes}
        onJoin={(wanted) => { setWishes(wanted); void join(wanted); }} />
    );
  }

  return (
    <CallBoundary key={visit.number} onCrash={() => end(visit.number, crashProblem())}
      onFault={(error) => setFault(actionProblem(error))}>
      <VisitedRoom visit={visit} end={end}>
        <Call room={room} config={visit.config} wishes={visit.wishes} fault={fault}
          onFault={setFault} onLeave={() => end(visit.number, null)} />
      </VisitedRoom>
    </CallBoundary>
  );
}

/* LiveKitRoom connects anew when a handler changes, so that these must not. */
function VisitedRoom({ visit, end, children }: {
  visit: Visit;
  end: (number: number, why: Problem | null) => void;
  children: React.ReactNode;
}) {
  const { number } = visit;
  const joined = useRef(false);

  const connected = useCallback(() => { joined.current = true; }, []);
  const failed = useCallback((error: Error) => end(number, joinProblem(error)), [number, end]);
  const disconnected = useCallback((reason?: DisconnectReason) => {
    /* if it never began, onError knows why */
    if (joined.current) {
      end(number, leaveProblem(reason));
    }
  }, [number, end]);

  return (
    <LiveKitRoom className="call" data-lk-theme="none"
      serverUrl={visit.config.serverUrl ?? visit.ticket.serverUrl} token={visit.ticket.participantToken}
      connect options={visit.options} connectOptions={visit.connectOptions}
      onConnected={connected} onError={failed} onDisconnected={disconnected}>
      {children}
    </LiveKitRoom>
  );
}
