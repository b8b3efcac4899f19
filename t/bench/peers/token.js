// The token route in njs.  njs has no sockets, so there is no membership
// check: everybody is a student.  What it costs is the least that it can.

import crypto from 'crypto';

const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');

function hmac(key, text) {
    return crypto.createHmac('sha256', key).update(text).digest('base64url');
}

function session(cookie, secret) {
    const parts = (cookie || '').split('.');

    if (parts.length !== 3 || hmac(secret, parts[0] + '.' + parts[1]) !== parts[2]) {
        return null;
    }

    const claims = JSON.parse(Buffer.from(parts[1], 'base64url'));

    return claims.sub && claims.exp > Date.now() / 1000 ? claims : null;
}

function token(r) {
    const claims = session(r.variables.cookie_session, r.variables.session_secret);

    r.headersOut['Content-Type'] = 'application/json';
    r.headersOut['Cache-Control'] = 'no-store';

    if (!claims) {
        r.return(401, '{"error":"unauthorized"}');
        return;
    }

    const room = JSON.parse(r.requestText).roomName;

    if (!/^[A-Za-z0-9_-]{1,128}$/.test(room)) {
        r.return(400, '{"error":"bad_request"}');
        return;
    }

    const now = Math.floor(Date.now() / 1000);
    const text = header + '.' + Buffer.from(JSON.stringify({
        iss: r.variables.livekit_key, sub: claims.sub, name: claims.name,
        iat: now, nbf: now, exp: now + 600,
        metadata: '{"role":"student"}', attributes: { role: 'student' },
        video: { roomJoin: true, room: room, canPublish: false, canSubscribe: true,
                 canPublishData: true }
    })).toString('base64url');

    r.return(200, JSON.stringify({
        token: text + '.' + hmac(r.variables.livekit_secret, text),
        url: r.variables.url
    }));
}

export default { token };
