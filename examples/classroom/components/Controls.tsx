"use client";

import type { ReactNode } from "react";

import { isOn } from "@/lib/call-state";
import type { CallState, Device } from "@/lib/call-state";

import { CameraIcon, ChatIcon, LeaveIcon, MicrophoneIcon, PeopleIcon, RecordIcon, ScreenIcon } from "./icons";

export type PanelName = "chat" | "people" | "recordings";

interface Props {
  state: CallState;
  leads: boolean;
  panel: PanelName | null;
  unread: number;
  onDevice: (device: Device, on: boolean) => void;
  onPanel: (panel: PanelName | null) => void;
  onLeave: () => void;
}

function DeviceButton({ device, name, icon, state, onDevice }: {
  device: Device;
  name: string;
  icon: (off: boolean) => ReactNode;
  state: CallState;
  onDevice: Props["onDevice"];
}) {
  const on = isOn(state, device);
  const allowed = state.connection === "connected" && Boolean(state.me?.mayPublish);

  return (
    <button type="button" className="control" aria-pressed={on} disabled={!allowed}
      data-pending={state.wanted[device] !== undefined || undefined}
      onClick={() => onDevice(device, !on)}>
      {icon(!on)}<span>{name}</span>
    </button>
  );
}

export function Controls({ state, leads, panel, unread, onDevice, onPanel, onLeave }: Props) {
  const panelButton = (name: PanelName, label: string, icon: ReactNode, badge = 0) => (
    <button type="button" className="control" aria-expanded={panel === name} aria-controls="panel"
      onClick={() => onPanel(panel === name ? null : name)}>
      {icon}<span>{label}</span>
      {badge > 0 && panel !== name && (
        <span className="badge">{badge}<span className="sr-only"> new</span></span>
      )}
    </button>
  );

  return (
    <div className="controls" role="group" aria-label="Call">
      <DeviceButton device="microphone" name="Mic" state={state} onDevice={onDevice}
        icon={(off) => <MicrophoneIcon off={off} />} />
      <DeviceButton device="camera" name="Camera" state={state} onDevice={onDevice}
        icon={(off) => <CameraIcon off={off} />} />
      <span className="wide-only contents">
        <DeviceButton device="screen" name="Share screen" state={state} onDevice={onDevice} icon={() => <ScreenIcon />} />
      </span>
      <span className="gap" />
      {panelButton("chat", "Chat", <ChatIcon />, unread)}
      {panelButton("people", "People", <PeopleIcon />)}
      {leads && panelButton("recordings", "Record", <RecordIcon />)}
      <span className="gap" />
      <button type="button" className="control leave" onClick={onLeave}><LeaveIcon /><span>Leave</span></button>
    </div>
  );
}
