import { createHash, timingSafeEqual } from "node:crypto";
import type { NextAuthOptions } from "next-auth";
import Credentials from "next-auth/providers/credentials";

import { PEOPLE } from "./people";

declare module "next-auth" {
  interface Session {
    user: { id: string; name: string };
  }
}

const digest = (text: string) => createHash("sha256").update(text).digest();

/* Without a password in the environment nobody can sign in. */
function passwordIsRight(given: string | undefined): boolean {
  const password = process.env.CLASSROOM_PASSWORD;

  return Boolean(password && given) && timingSafeEqual(digest(given ?? ""), digest(password ?? ""));
}

/*
 * The session is next-auth's usual one, in an encrypted cookie, which nginx
 * opens with the same NEXTAUTH_SECRET.
 */
export const authOptions: NextAuthOptions = {
  session: { strategy: "jwt", maxAge: 8 * 60 * 60 },
  theme: { colorScheme: "auto", brandColor: "#4338ca", buttonText: "#ffffff", logo: "/logo.svg" },
  providers: [
    Credentials({
      name: "Classroom",
      credentials: {
        user: { label: "User", type: "text", autoComplete: "username" },
        password: { label: "Password", type: "password", autoComplete: "current-password" },
      },
      authorize: (given) => (passwordIsRight(given?.password) && PEOPLE[given?.user ?? ""]) || null,
    }),
  ],
  callbacks: {
    /* what the pages need, and no e-mail address */
    session: ({ session, token }) => ({
      expires: session.expires,
      user: { id: token.sub ?? "", name: token.name ?? "" },
    }),
  },
};
