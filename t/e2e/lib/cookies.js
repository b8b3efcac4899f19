"use strict";

/*
 * Session cookies, made by the libraries that applications make them with.
 * Each gives the value of a Cookie header.
 */

const DAY = 86400;

/* A signed JWT, as many applications make it themselves. */
exports.jwt = async (claims, secret, { maxAge = DAY, alg = "HS256" } = {}) => {
  const { SignJWT } = await import("jose");
  const now = Math.floor(Date.now() / 1000);

  return "session=" + await new SignJWT(claims)
    .setProtectedHeader({ alg, typ: "JWT" })
    .setIssuedAt(now)
    .setExpirationTime(now + maxAge)
    .sign(Buffer.from(secret));
};

/* next-auth 4 */
exports["next-auth"] = async (token, secret, { maxAge = DAY } = {}) => {
  const { encode } = require("next-auth/jwt");

  return "next-auth.session-token=" + await encode({ token, secret, maxAge });
};

/* Auth.js 5 */
exports.authjs = async (token, secret, { maxAge = DAY } = {}) => {
  const { encode } = await import("@auth/core/jwt");
  const salt = "authjs.session-token";

  return `${salt}=` + await encode({ token, secret, salt, maxAge });
};
