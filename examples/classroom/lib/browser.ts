"use client";

/* What differs between the server, which draws first, and this browser. */

import { useSyncExternalStore } from "react";

const never = () => () => undefined;

/* Are there scripts by now? */
export const useReady = (): boolean => useSyncExternalStore(never, () => true, () => false);

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = window.matchMedia(query);

      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => window.matchMedia(query).matches,
    () => false,
  );
}
