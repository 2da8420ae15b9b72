import { z } from 'zod';

const positive = z.int().positive();

const peerSchema = z.strictObject({
  url: z
    .url({ protocol: /^(https|wss)$/, error: 'must be an https:// origin or a wss:// RPC URL' })
    .optional(),
  roots: z.array(z.string().min(1)).default([]),
});

/** Other issuers and what they may do (02 §20). */
export const federationShape = {
  federation: z
    .strictObject({
      enabled: z.boolean().default(true).describe('talk to the gateways of other issuers'),
      peers: z
        .record(z.string(), peerSchema)
        .default({})
        .describe(
          'by issuer: `url` (https origin of discovery, or wss RPC URL) and `roots` (files or PEM texts trusted for this issuer only)',
        ),
      roots: z
        .array(z.string().min(1))
        .default([])
        .describe(
          'files or PEM texts of roots that are trusted for every issuer whose Issuer CA bears its name',
        ),
      allow: z.array(z.string()).default([]).describe('the only issuers to talk to; empty: all'),
      deny: z.array(z.string()).default([]).describe('issuers never to talk to'),
      storeAndForward: z
        .boolean()
        .default(true)
        .describe('keep messages for a known issuer that is down, and deliver them later'),
      relayTimeoutMs: positive.max(20_000).default(8_000).describe('time for the answer to a relayed call'),
      connectTimeoutMs: positive
        .max(20_000)
        .default(5_000)
        .describe('time each for discovery, socket and hello of a peer'),
      pingIntervalMs: positive.default(30_000).describe('interval of pings on a connection to a peer'),
      pongTimeoutMs: positive.default(10_000).describe('a peer silent for so long after a ping is cut off'),
      idleCloseMs: positive.default(300_000).describe('an unused connection to a peer is closed after this'),
      issuerRate: z
        .number()
        .nonnegative()
        .default(1_000)
        .describe('relayed calls per second and issuer that are served; 0 = no limit'),
      aidRate: z
        .number()
        .nonnegative()
        .default(10)
        .describe('messages per second and foreign AID that are taken; 0 = no limit'),
      aidBurst: positive.default(100).describe('burst of the above'),
    })
    .prefault({}),
};
