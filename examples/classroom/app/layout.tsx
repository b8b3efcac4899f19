import type { Metadata, Viewport } from "next";
import { getServerSession } from "next-auth";
import type { ReactNode } from "react";

import { Providers } from "@/components/Providers";
import { authOptions } from "@/lib/auth";

import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Classroom", template: "%s · Classroom" },
  description: "Lessons with sound, video and chat",
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f5f5fa" },
    { media: "(prefers-color-scheme: dark)", color: "#101018" },
  ],
};

export default async function Layout({ children }: { children: ReactNode }) {
  const session = await getServerSession(authOptions);

  return (
    <html lang="en">
      <body>
        <a className="skip" href="#main">Skip to the content</a>
        <Providers session={session}>{children}</Providers>
      </body>
    </html>
  );
}
