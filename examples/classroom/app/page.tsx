import { getServerSession } from "next-auth";
import Link from "next/link";

import { Header } from "@/components/Header";
import { OtherRoom } from "@/components/OtherRoom";
import { authOptions } from "@/lib/auth";
import { ROOMS } from "@/lib/rooms";

export default async function Home() {
  const session = await getServerSession(authOptions);

  if (!session) {
    return (
      <>
        <Header user={null} />
        <main id="main" className="page welcome">
          <h1>Lessons, live</h1>
          <p className="lede">See and hear your teacher, ask in the chat, and find every announcement where you left it.</p>
          <p><a className="button primary" href="/api/auth/signin?callbackUrl=/">Sign in</a></p>
        </main>
      </>
    );
  }

  return (
    <>
      <Header user={session.user} />
      <main id="main" className="page">
        <h1>Hello {session.user.name}</h1>
        <p className="lede">Which lesson is yours?</p>
        <ul className="rooms">
          {ROOMS.map((room) => (
            <li key={room.id}>
              <Link className="room-card" href={`/rooms/${room.id}`}>
                <span className="room-initial" aria-hidden="true">{room.title[0]}</span>
                <span>
                  <strong>{room.title}</strong>
                  <span className="quiet">{room.text}</span>
                </span>
              </Link>
            </li>
          ))}
        </ul>
        <OtherRoom />
      </main>
    </>
  );
}
