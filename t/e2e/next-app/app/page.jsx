import { getServerSession } from "next-auth";
import { options } from "../auth";
import { Join } from "./join";

export default async function Page() {
  const session = await getServerSession(options);

  return (
    <main>
      <h1>{session ? `Hello ${session.user.name}` : "Nobody is signed in"}</h1>
      <a href={session ? "/api/auth/signout" : "/api/auth/signin"}>{session ? "Sign out" : "Sign in"}</a>
      <Join />
    </main>
  );
}
