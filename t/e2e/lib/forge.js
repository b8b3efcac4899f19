"use strict";

/*
 * Encrypted and signed cookies of one's own making, for headers and claims
 * that no library would write.  They are made with the right key, so that it
 * is not the key for which they are refused.
 */

const crypto = require("node:crypto");

const b64 = (value) => Buffer.from(value).toString("base64url");
const json = (value) => (typeof value === "string" ? value : JSON.stringify(value));

exports.b64 = b64;

/* The keys of next-auth 4, Auth.js 5 and nextjs-auth0 4. */
exports.derive = (secret, salt, info, length) =>
  Buffer.from(crypto.hkdfSync("sha256", secret, salt, info, length));

/* A JWE with alg "dir"; body is a Buffer, or what is to become JSON. */
exports.seal = (key, header, body) => {
  const aad = b64(json(header));
  const text = Buffer.isBuffer(body) ? body : Buffer.from(json(body));

  if (key.length === 32) {
    const iv = crypto.randomBytes(12);
    const cipher = crypto.createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(aad));
    const ct = Buffer.concat([cipher.update(text), cipher.final()]);
    return [aad, "", b64(iv), b64(ct), b64(cipher.getAuthTag())].join(".");
  }

  const iv = crypto.randomBytes(16);
  const cipher = crypto.createCipheriv("aes-256-cbc", key.subarray(32), iv);
  const ct = Buffer.concat([cipher.update(text), cipher.final()]);
  const bits = Buffer.alloc(8);
  bits.writeBigUInt64BE(BigInt(aad.length * 8));
  const mac = crypto.createHmac("sha512", key.subarray(0, 32))
    .update(aad).update(iv).update(ct).update(bits).digest();
  return [aad, "", b64(iv), b64(ct), b64(mac.subarray(0, 32))].join(".");
};

/* A JWS with HMAC, whatever its header says. */
exports.sign = (secret, header, claims, hash = "sha256") => {
  const text = `${b64(json(header))}.${b64(json(claims))}`;

  return `${text}.${crypto.createHmac(hash, secret).update(text).digest("base64url")}`;
};

/* Every way to damage a token of parts; other is another one of its kind. */
exports.damaged = (token, other) => {
  const parts = token.split(".");
  const flip = (text) => (text[0] === "A" ? "B" : "A") + text.slice(1);
  const last = parts.length - 1;
  const with_ = (i, text) => parts.with(i, text).join(".");
  const variants = {
    "its end cut off": token.slice(0, -6),
    "cut in half": token.slice(0, token.length / 2),
    "a byte more": token + "A",
    "padded": token + "=",
    "a part more": token + ".AAAA",
    "without its last part": parts.slice(0, -1).join("."),
    "with an empty last part": with_(last, ""),
    "with a short last part": with_(last, parts[last].slice(0, 8)),
    "its last two parts swapped": [...parts.slice(0, -2), parts[last], parts[last - 1]].join("."),
  };

  parts.forEach((part, i) => {
    variants[`another byte in part ${i + 1}`] = with_(i, flip(part));
    if (part !== other.split(".")[i]) {
      variants[`part ${i + 1} of somebody else`] = with_(i, other.split(".")[i]);
    }
  });
  return variants;
};
