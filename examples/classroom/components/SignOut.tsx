"use client";

import { signOut } from "next-auth/react";
import { useState } from "react";

/* The page goes away with the session, and with the page the call. */
export function SignOut() {
  const [busy, setBusy] = useState(false);

  return (
    <button type="button" className="quiet-button" disabled={busy} onClick={() => {
      setBusy(true);
      signOut({ callbackUrl: "/" }).catch(() => setBusy(false));
    }}>
      Sign out
    </button>
  );
}
