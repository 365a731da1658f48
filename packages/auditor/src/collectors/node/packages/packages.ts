/**
 * The packages that tell what a Node application is made of.
 * @module
 */

/** Packages that serve requests. */
export const WEB_FRAMEWORKS: ReadonlySet<string> = new Set([
  "express",
  "fastify",
  "koa",
  "hono",
  "next",
  "nuxt",
  "@nestjs/core",
  "@nestjs/platform-express",
  "@nestjs/platform-fastify",
  "@hapi/hapi",
  "polka",
  "restify",
  "@sveltejs/kit",
  "@remix-run/node",
  "@remix-run/express",
  "astro",
  "h3",
  "elysia",
  "connect",
]);

/** Packages that keep sessions and whose set-up is understood. */
export const SESSION_LIBRARIES: ReadonlySet<string> = new Set([
  "express-session",
  "cookie-session",
  "@fastify/session",
  "fastify-session",
  "@fastify/secure-session",
  "fastify-secure-session",
  "koa-session",
  "koa-generic-session",
  "koa-session2",
  "koa-session-minimal",
  "iron-session",
  "hono-sessions",
  "next-auth",
  "@auth/core",
  "@auth/express",
  "@auth/sveltekit",
  "better-auth",
  "holdfast",
]);

/** Others that keep sessions in a way that is not read here; said rather than guessed at. */
export const OTHER_SESSION_LIBRARIES: readonly string[] = [
  "@hapi/yar",
  "@hapi/cookie",
  "client-sessions",
  "lucia",
  "supertokens-node",
  "express-openid-connect",
  "next-iron-session",
  "next-session",
  "@clerk/nextjs",
  "@clerk/express",
  "@supabase/ssr",
  "nuxt-auth-utils",
];
