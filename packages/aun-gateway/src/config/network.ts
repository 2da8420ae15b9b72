import { z } from 'zod';

const port = z.int().min(0).max(65535);

/** Domain of a network: the part of an AID after its first dot (01 §1.1). */
export const issuerName = z
  .string()
  .transform((text) => text.trim().toLowerCase())
  .refine((text) => /^[a-z0-9._-]+$/.test(text) && /^[a-z0-9]/.test(text) && /[a-z0-9]$/.test(text), {
    message: 'an issuer consists of a-z, 0-9, ".", "_", "-" and begins and ends with a letter or digit',
  });

/** Where the gateway listens. Port 0 takes any free port. */
export const listenSchema = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
    moreHosts: z
      .array(z.string().min(1))
      .default([])
      .describe('further addresses to listen on with the same ports, e.g. `127.0.0.2`'),
    port: port.default(20001).describe('TLS port of RPC, PKI, discovery, agent.md and health'),
    httpsPort: port
      .optional()
      .describe('additional TLS port with the same content (public SDKs look for discovery on 443)'),
    httpPort: port.optional().describe('plain HTTP port with the same content; none by default'),
    publicPort: port.optional().describe('RPC port named in the discovery document; default: `listen.port`'),
    path: z.enum(['/aun', '/ws', '/']).default('/aun').describe('path named in the discovery document'),
    trustProxy: z
      .boolean()
      .default(false)
      .describe('take the client address from `X-Forwarded-For` (only behind your own proxy)'),
    drainMs: z
      .int()
      .min(0)
      .max(600_000)
      .default(0)
      .describe('after a signal `/health` says 503 for so long before the sockets are closed with 1012'),
    maxConnections: z.int().positive().default(20_000).describe('sockets per listener'),
  })
  .prefault({});

export const networkShape = {
  issuers: z
    .array(issuerName)
    .min(1)
    .default(['aun.localhost'])
    .describe('domains served; the first is the default'),
  dataDir: z.string().min(1).default('./aun-data').describe('folder of keys, certificates and the database'),
  listen: listenSchema,
};
