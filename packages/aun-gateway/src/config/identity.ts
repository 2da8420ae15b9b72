import { z } from 'zod';

const seconds = z.int().nonnegative();

/** Certificate authority (01 §3, §12, §19.1). */
export const caSchema = z
  .strictObject({
    passphrase: z
      .string()
      .min(1)
      .optional()
      .describe('passphrase of the private keys on disk; instead of a secret file'),
    secretFile: z
      .string()
      .min(1)
      .optional()
      .describe(
        'file (0600) with the secret that encrypts the private keys; default `{dataDir}/secret.key`, made on first start',
      ),
    issuerCurve: z.enum(['P-256', 'P-384']).default('P-256').describe('curve of a newly made Issuer CA'),
    agentValidityDays: z
      .int()
      .min(1)
      .max(1095)
      .default(730)
      .describe('lifetime of an agent certificate, days'),
    renewAfterFraction: z
      .number()
      .min(0.05)
      .max(1)
      .default(0.5)
      .describe('login sends a renewed certificate after this part of its lifetime'),
    renewGraceDays: z
      .int()
      .nonnegative()
      .default(90)
      .describe('an expired certificate can be renewed for so many days'),
  })
  .prefault({});

/** Access and refresh tokens (01 §11). */
export const tokenSchema = z
  .strictObject({
    accessTokenTtl: z.int().positive().default(3600).describe('lifetime of an access token, s'),
    refreshTokenTtl: z.int().positive().default(604_800).describe('lifetime of one refresh token, s'),
    refreshFamilyTtl: z
      .int()
      .positive()
      .default(2_592_000)
      .describe('lifetime of a family of refresh tokens, s'),
    refreshMax: z.int().positive().default(720).describe('refreshes per family'),
    refreshGrace: seconds.default(60).describe('a rotated refresh token still works for so long, s'),
  })
  .prefault({});

/** Pending logins (01 §9.2). */
export const loginSchema = z
  .strictObject({
    nonceTtl: z.int().positive().default(60).describe('lifetime of a login nonce, s'),
    pendingPerAid: z
      .int()
      .positive()
      .default(32)
      .describe('pending logins of one AID; the oldest goes first'),
    pendingTotal: z.int().positive().default(100_000).describe('pending logins of all AIDs'),
  })
  .prefault({});

/** The agent.md name service (09 §6). */
export const agentMdSchema = z
  .strictObject({
    maxBytes: z.int().positive().default(65_536).describe('size limit of a published document'),
    requireSigned: z.boolean().default(false).describe('refuse documents without a valid signature'),
  })
  .prefault({});

export const identityShape = {
  ca: caSchema,
  registration: z.enum(['open', 'closed', 'allowlist']).default('open').describe('who may register an AID'),
  allowlist: z
    .array(z.string())
    .default([])
    .describe('AIDs that may register when `registration` is `allowlist`'),
  tokens: tokenSchema,
  login: loginSchema,
  agentMd: agentMdSchema,
  proxyForeignCertificates: z
    .boolean()
    .default(false)
    .describe('answer `/pki/cert/{aid}` of a foreign issuer by asking its gateway (01 §14)'),
};
