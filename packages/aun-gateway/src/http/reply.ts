import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { HttpContext } from './env.js';

/** `{"error":"…","code":…}`: the one error shape of all HTTP endpoints. */
export const errorReply = (c: HttpContext, code: ContentfulStatusCode, error: string): Response =>
  c.json({ error, code }, code);

/** Token of the Authorization header. */
export const bearer = (c: HttpContext): string | undefined =>
  /^Bearer +(\S+)\s*$/i.exec(c.req.header('authorization') ?? '')?.[1];

const plainTag = (tag: string): string => tag.trim().replace(/^W\//, '');

/** Does an `If-None-Match` (or `If-Match`) header name this entity tag? */
export const tagMatches = (header: string, etag: string): boolean =>
  header.split(',').some((tag) => plainTag(tag) === '*' || plainTag(tag) === etag);

export const notFound = (c: HttpContext): Response => errorReply(c, 404, 'not found');

export const pemReply = (c: HttpContext, pem: string, cacheControl: string): Response =>
  c.body(pem, 200, { 'Content-Type': 'application/x-pem-file', 'Cache-Control': cacheControl });
