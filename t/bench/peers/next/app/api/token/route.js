// The token route as applications have it: next-auth's session, ioredis,
// livekit-server-sdk.

import { getServerSession } from 'next-auth';
import { Redis } from 'ioredis';
import { AccessToken } from 'livekit-server-sdk';

const redis = new Redis(process.env.REDIS_SOCKET, { enableAutoPipelining: true, lazyConnect: true });

const options = {
  secret: process.env.SESSION_SECRET,
  session: { strategy: 'jwt' },
  providers: [],
  callbacks: {
    session({ session, token }) {
      session.user.id = token.sub;
      return session;
    },
  },
};

const grants = {
  teacher: { canPublish: true, canSubscribe: true, canPublishData: true },
  student: { canPublish: false, canSubscribe: true, canPublishData: true },
};

function refuse(status) {
  return Response.json({ error: 'refused' }, { status });
}

export async function POST(request) {
  const session = await getServerSession(options);
  const id = session?.user?.id;
  if (!id) return refuse(401);

  const { roomName: room } = await request.json();
  if (typeof room !== 'string' || !/^[A-Za-z0-9_-]{1,128}$/.test(room)) return refuse(400);

  const [state, ban, kick, role] =
    await redis.hmget(`lkg:room:{${room}}`, 'state', `b:${id}`, `d:${id}`, `m:${id}`);
  if (!grants[role] || (state && state !== 'open') || ban || kick) return refuse(403);

  const token = new AccessToken(process.env.LIVEKIT_API_KEY, process.env.LIVEKIT_API_SECRET, {
    identity: id, name: session.user.name, ttl: 600,
    metadata: JSON.stringify({ role }), attributes: { role },
  });
  token.addGrant({ roomJoin: true, room, ...grants[role] });

  return Response.json({ token: await token.toJwt(), url: process.env.LIVEKIT_URL },
    { headers: { 'Cache-Control': 'no-store' } });
}
