// The token route as a Node.js service: node:http, jose, ioredis with
// auto-pipelining, livekit-server-sdk.

import { createServer } from 'node:http';
import { jwtVerify } from 'jose';
import { Redis } from 'ioredis';
import { AccessToken } from 'livekit-server-sdk';

const secret = new TextEncoder().encode(process.env.SESSION_SECRET);
const redis = new Redis(process.env.REDIS_SOCKET, { enableAutoPipelining: true });

const grants = {
  teacher: { canPublish: true, canSubscribe: true, canPublishData: true },
  student: { canPublish: false, canSubscribe: true, canPublishData: true },
};

function cookie(header, name) {
  for (const part of (header ?? '').split(/; */)) {
    if (part.startsWith(name + '=')) return part.slice(name.length + 1);
  }
}

async function body(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 16384) throw new Error('too large');
  }
  return JSON.parse(text);
}

async function answer(request) {
  let session;
  try {
    ({ payload: session } = await jwtVerify(cookie(request.headers.cookie, 'session') ?? '',
      secret, { algorithms: ['HS256'] }));
  } catch {
    return [401, { error: 'unauthorized' }];
  }

  const { roomName: room } = await body(request);
  if (typeof room !== 'string' || !/^[A-Za-z0-9_-]{1,128}$/.test(room)) {
    return [400, { error: 'bad_request' }];
  }

  const id = session.sub;
  const [state, ban, kick, role] =
    await redis.hmget(`lkg:room:{${room}}`, 'state', `b:${id}`, `d:${id}`, `m:${id}`);
  if (!grants[role] || (state && state !== 'open') || ban || kick) {
    return [403, { error: 'forbidden' }];
  }

  const token = new AccessToken(process.env.LIVEKIT_API_KEY, process.env.LIVEKIT_API_SECRET, {
    identity: id, name: session.name, ttl: 600,
    metadata: JSON.stringify({ role }), attributes: { role },
  });
  token.addGrant({ roomJoin: true, room, ...grants[role] });

  return [200, { token: await token.toJwt(), url: process.env.LIVEKIT_URL }];
}

createServer(async (request, response) => {
  const [status, document] = await answer(request).catch(() => [500, { error: 'error' }]);
  const text = JSON.stringify(document);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(text);
}).listen(process.env.PORT, '127.0.0.1');
