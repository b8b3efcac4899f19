"use client";

import { RoomAudioRenderer, useRoomContext } from "@livekit/components-react";
import { RoomEvent } from "livekit-client";
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import { RoomBridge } from "@/lib/bridge";
import { useMedia } from "@/lib/browser";
import { ChatLog } from "@/lib/chat";
import type { Device } from "@/lib/call-state";
import type { ClientConfig } from "@/lib/config";
import { Devices } from "@/lib/devices";
import { Metrics } from "@/lib/metrics";
import { deviceProblem } from "@/lib/problems";
import type { Problem } from "@/lib/problems";

import { Chat } from "./Chat";
import { Controls } from "./Controls";
import type { PanelName } from "./Controls";
import type { Wishes } from "./Lobby";
import { Panel } from "./Panel";
import { People } from "./People";
import { Notice } from "./ProblemCard";
import { Recordings } from "./Recordings";
import { Stage } from "./Stage";
import { Status } from "./Status";

interface Props {
  room: string;
  config: ClientConfig;
  wishes: Wishes;
  fault: Problem | null;
  onFault: (problem: Problem | null) => void;
  onLeave: () => void;
}

/* Roles that lead a room.  It only decides what is shown: nginx decides what
 * is done. */
const LEADS = new Set(["teacher"]);

export function Call({ room: name, config, wishes, fault, onFault, onLeave }: Props) {
  const room = useRoomContext();
  const bridge = useMemo(() => new RoomBridge(room), [room]);
  const chat = useMemo(() => new ChatLog(room, name), [room, name]);
  const state = useSyncExternalStore(bridge.store.subscribe, bridge.store.get, bridge.store.get);
  const { unread } = useSyncExternalStore(chat.store.subscribe, chat.store.get, chat.store.get);
  const [chosen, setPanel] = useState<PanelName | null>();
  /* beside the call where there is room for it */
  const wide = useMedia("(min-width: 60rem)");
  const panel = chosen === undefined ? (wide ? "chat" : null) : chosen;

  useEffect(() => {
    bridge.start();
    return () => bridge.stop();
  }, [bridge]);

  useEffect(() => {
    chat.start();
    return () => chat.stop();
  }, [chat]);

  useEffect(() => {
    const metrics = new Metrics(room, name, config.metricsInterval);
    const start = () => metrics.start();

    room.on(RoomEvent.Connected, start);
    return () => {
      room.off(RoomEvent.Connected, start);
      metrics.stop();
    };
  }, [room, name, config.metricsInterval]);

  const devices = useMemo(() => new Devices(
    () => room.localParticipant, bridge.store, (error, device) => onFault(deviceProblem(error, device)),
  ), [room, bridge, onFault]);

  /* Once, and only for those who may be heard. */
  const begun = useRef(false);
  const connected = state.connection === "connected";
  const mayPublish = state.me?.mayPublish ?? false;

  useEffect(() => {
    if (!connected || begun.current) {
      return;
    }
    begun.current = true;
    if (mayPublish) {
      for (const device of ["microphone", "camera"] as const) {
        if (wishes[device]) {
          void devices.set(device, true);
        }
      }
    }
  }, [connected, mayPublish, wishes, devices]);

  /* A device that fails later: it was unplugged, another program took it. */
  useEffect(() => {
    const failed = (error: Error, kind?: MediaDeviceKind) => {
      if (Object.keys(bridge.store.get().wanted).length === 0) {
        onFault(deviceProblem(error, kind === "videoinput" ? "camera" : "microphone"));
      }
    };

    room.on(RoomEvent.MediaDevicesError, failed);
    return () => { room.off(RoomEvent.MediaDevicesError, failed); };
  }, [room, bridge, onFault]);

  const set = useCallback((device: Device, on: boolean) => {
    onFault(null);
    void devices.set(device, on);
  }, [devices, onFault]);

  const again = (problem: Problem) => {
    onFault(null);
    if (problem.way === "sign-in") {
      window.location.assign(`/api/auth/signin?callbackUrl=${encodeURIComponent(window.location.pathname)}`);
    } else if (problem.way === "device" && problem.device) {
      set(problem.device, true);
    }
  };

  const leads = LEADS.has(state.me?.role ?? "");

  return (
    <>
      <main id="main" className={panel ? "room with-panel" : "room"}>
        {fault && <Notice problem={fault} onWayBack={() => again(fault)} onClose={() => onFault(null)} />}
        <div className="room-main">
          <Status state={state} onSound={() => void room.startAudio()} />
          <Stage state={state} />
        </div>
        <Panel name={panel} onClose={() => setPanel(null)}>
          {panel === "chat" && <Chat chat={chat} leads={leads} onProblem={onFault} />}
          {panel === "people" && <People room={name} state={state} leads={leads} onProblem={onFault} />}
          {panel === "recordings" && <Recordings room={name} onProblem={onFault} />}
        </Panel>
      </main>
      <Controls state={state} leads={leads} panel={panel} unread={unread}
        onDevice={set} onPanel={setPanel} onLeave={onLeave} />
      <RoomAudioRenderer />
    </>
  );
}
