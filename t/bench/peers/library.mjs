// What livekit-server-sdk for Node.js costs: microseconds for each operation.

import { AccessToken, TokenVerifier } from 'livekit-server-sdk';

const key = 'devkey';
const secret = 'an api secret of 32 bytes or even more';

function mint() {
  const token = new AccessToken(key, secret, {
    identity: 'u2', name: 'Bob', ttl: 600, metadata: '{"role":"student"}',
    attributes: { role: 'student' },
  });
  token.addGrant({ roomJoin: true, room: 'math', canPublish: false, canSubscribe: true,
    canPublishData: true });
  return token.toJwt();
}

const token = await mint();
const verifier = new TokenVerifier(key, secret);

for (const [name, operation] of [['mint', mint], ['verify', () => verifier.verify(token)]]) {
  for (let i = 0; i < 500; i++) await operation();

  const n = 5000;
  const start = process.cpuUsage();
  for (let i = 0; i < n; i++) await operation();
  const { user, system } = process.cpuUsage(start);
  console.log(name, ((user + system) / n).toFixed(3));
}
