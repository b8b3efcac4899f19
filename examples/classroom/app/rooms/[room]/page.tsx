import type { Metadata } from "next";
import { getServerSession } from "next-auth";
import { notFound, redirect } from "next/navigation";

import { Classroom } from "@/components/Classroom";
import { Header } from "@/components/Header";
import { authOptions } from "@/lib/auth";
import { ROOM_NAME, titleOf } from "@/lib/rooms";

interface Props {
  params: Promise<{ room: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: titleOf((await params).room) };
}

/*
 * Here it is decided whether there is a session.  Whether its user belongs to
 * the room is nginx's to say, when a token is asked for.
 */
export default async function RoomPage({ params }: Props) {
  const { room } = await params;

  if (!ROOM_NAME.test(room)) {
    notFound();
  }

  const session = await getServerSession(authOptions);

  if (!session) {
    redirect(`/api/auth/signin?callbackUrl=${encodeURIComponent(`/rooms/${room}`)}`);
  }

  return (
    <div className="room-page">
      <Header user={session.user} title={titleOf(room)} />
      <Classroom key={room} room={room} title={titleOf(room)} user={session.user} />
    </div>
  );
}
