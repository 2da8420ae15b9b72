import { cors } from 'hono/cors';

/** Browsers may read everything here, also errors; no credentials mode (09 §6.4, 02 §2). */
export const openCors = () =>
  cors({
    origin: '*',
    allowMethods: ['GET', 'HEAD', 'PUT', 'OPTIONS'],
    allowHeaders: ['Authorization', 'Content-Type', 'Accept', 'X-AUN-Trace'],
    exposeHeaders: ['ETag', 'Last-Modified', 'Content-Length'],
    maxAge: 600,
  });
