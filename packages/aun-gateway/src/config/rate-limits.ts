import { z } from 'zod';

const count = z.int().positive();

/** Limits of 01 §18. `scale` multiplies every rate and burst; 0 switches them all off. */
export const rateLimitSchema = z
  .strictObject({
    scale: z.number().nonnegative().default(1).describe('multiplies all limits of this group; 0 = no limits'),
    createAidPerMinute: count.default(60).describe('`auth.create_aid` per address'),
    createAidBurst: count.default(120).describe('burst of the above'),
    loginPerAidPerMinute: count.default(60).describe('`auth.aid_login1` per AID'),
    loginPerIpPerMinute: count.default(600).describe('`auth.aid_login1` per address'),
    failedLogins: count.default(10).describe('failed logins per AID and address in 5 minutes before a pause'),
    failedLoginPauseSeconds: count.default(60).describe('length of that pause'),
    refreshPerFamilyPerMinute: count.default(30).describe('`auth.refresh_token` per family'),
    connectPerAidPerMinute: count.default(120).describe('`auth.connect` per AID'),
    certUpkeepPerAidPerHour: count.default(10).describe('`auth.renew_cert` and `auth.rekey` per AID'),
    pkiPerIpPerSecond: count.default(50).describe('GET and HEAD below `/pki/` per address (HTTP 429)'),
    socketsPerIpPerSecond: count
      .default(50)
      .describe('new sockets per address, burst of ten seconds (HTTP 429)'),
    preAuthPerIpPerSecond: count
      .default(100)
      .describe('frames before `auth.connect` per address, burst of ten seconds'),
    agentMdPutPerAidPerMinute: count.default(60).describe('PUT agent.md per AID (HTTP 429)'),
  })
  .prefault({});
