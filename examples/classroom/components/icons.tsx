import type { ReactNode } from "react";

/* Drawn with the text's own colour; the words beside them say what they are. */
const Icon = ({ children }: { children: ReactNode }) => (
  <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{children}</svg>
);

export const Mark = () => (
  <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="9" />
    <path d="M9 22V12.5L16 9l7 3.5V22M13.5 22v-5.5h5V22" />
  </svg>
);

export const MicrophoneIcon = ({ off = false }: { off?: boolean }) => (
  <Icon>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
    {off && <path className="slash" d="M4 4l16 16" />}
  </Icon>
);

export const CameraIcon = ({ off = false }: { off?: boolean }) => (
  <Icon>
    <rect x="3" y="6.5" width="12.5" height="11" rx="2.5" />
    <path d="M15.5 11l5-3v8l-5-3" />
    {off && <path className="slash" d="M4 4l16 16" />}
  </Icon>
);

export const ScreenIcon = () => (
  <Icon><rect x="3" y="4.5" width="18" height="12" rx="2.5" /><path d="M9 20.5h6M12 13.5V8m-2.5 2.5L12 8l2.5 2.5" /></Icon>
);

export const ChatIcon = () => (
  <Icon><path d="M4.5 5h15A1.5 1.5 0 0 1 21 6.5v9a1.5 1.5 0 0 1-1.5 1.5H11l-4.5 3.5V17h-2A1.5 1.5 0 0 1 3 15.5v-9A1.5 1.5 0 0 1 4.5 5z" /></Icon>
);

export const PeopleIcon = () => (
  <Icon>
    <circle cx="9" cy="8.5" r="3.5" />
    <path d="M2.5 19.5a6.5 6.5 0 0 1 13 0M15.5 5.3a3.5 3.5 0 0 1 0 6.400M18 14.3a6.5 6.5 0 0 1 3.5 5.200" />
  </Icon>
);

export const RecordIcon = () => (
  <Icon><circle cx="12" cy="12" r="8.5" /><circle className="solid" cx="12" cy="12" r="3.5" /></Icon>
);

export const LeaveIcon = () => (
  <Icon><path d="M10 4.5H6A1.5 1.5 0 0 0 4.5 6v12A1.5 1.5 0 0 0 6 19.5h4M15 8l4 4-4 4M19 12H9.5" /></Icon>
);

export const CloseIcon = () => <Icon><path d="M6 6l12 12M18 6L6 18" /></Icon>;

export const PinIcon = () => (
  <Icon><path d="M9 3.5h6l-1 6 3.5 3.5v1.5h-11V13L10 9.5zM12 14.5v6" /></Icon>
);

export const MegaphoneIcon = () => (
  <Icon><path d="M4 10v4h3l9 4.5V5.5L7 10zM19.5 9.5a3.5 3.5 0 0 1 0 5M8 14l1 5.5h2.5L10.5 15" /></Icon>
);

export const SendIcon = () => <Icon><path d="M4 12l16-8-5 16-3.5-6.5z" /></Icon>;

export const MoreIcon = () => (
  <Icon><circle className="solid" cx="5" cy="12" r="1.5" /><circle className="solid" cx="12" cy="12" r="1.5" /><circle className="solid" cx="19" cy="12" r="1.5" /></Icon>
);
