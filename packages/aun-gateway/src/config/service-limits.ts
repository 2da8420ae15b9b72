import { z } from 'zod';
import { defaultEdgeLimits } from '../default-edge-limits.js';

const positive = z.int().positive();
const whole = z.int().nonnegative();
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** Limits that bound each other. */
type LimitName = 'ackedTtlMs' | 'dedupRetentionMs' | 'fanoutTtlMs' | 'recallWindowMs' | 'sendSkewBehindMs';

/** Sockets, sessions and messages (02 §3, §4, §12, §14; 04 §20). What is left out keeps the built-in value. */
export const limitsSchema = z
  .strictObject({
    challengeDelayMs: z
      .int()
      .min(5)
      .max(1000)
      .optional()
      .describe('delay of the challenge after the upgrade'),
    authTimeoutMs: positive.optional().describe('a socket without `auth.connect` is closed after this'),
    handlerDeadlineMs: positive.optional().describe('longest time a request may take'),
    maxFrameBytes: positive.optional().describe('largest frame accepted'),
    maxConnections: positive.optional().describe('sockets of the whole gateway'),
    longSlotsPerDevice: positive.optional().describe('long connections of one AID on one device'),
    longDevicesPerAid: positive.optional().describe('devices of one AID with long connections'),
    shortPerSlot: positive.optional().describe('short connections per AID, device and slot'),
    rpcRate: z.number().nonnegative().optional().describe('requests per second and AID; 0 = no limit'),
    rpcBurst: whole.optional().describe('burst of the above; 0 = ten times the rate'),
    sendRate: z.number().nonnegative().optional().describe('messages per second and AID; 0 = no limit'),
    sendBurst: whole.optional().describe('burst of the above; 0 = ten times the rate'),
    notifyRate: z
      .number()
      .nonnegative()
      .optional()
      .describe('notifications per second and AID; 0 = no limit'),
    notifyBurst: whole.optional().describe('burst of the above; 0 = ten times the rate'),
    outboundMaxFrames: positive.optional().describe('frames waiting per connection'),
    outboundMaxBytes: positive.optional().describe('bytes waiting per connection'),
    heartbeatIntervalSeconds: whole.optional().describe('`heartbeat_interval` told to clients; 0 = none'),
    traceMaxMode: z
      .enum(['off', 'log', 'diag'])
      .optional()
      .describe('upper bound of `_trace` modes (02 §19.1)'),
    verifyClientSignature: z
      .enum(['off', 'signature', 'strict'])
      .optional()
      .describe(
        'what is checked of a `client_signature` that is present (01 §15.4); the ECDSA of pulls, acknowledgements and bootstraps only in `"strict"`',
      ),
    signatureWindowSeconds: positive
      .optional()
      .describe('how far the time of a `client_signature` may be off (01 §15.4)'),
    wrapPolicy: z
      .enum(['1DH/aid', '3DH/device'])
      .optional()
      .describe('how capable clients wrap message keys: per identity, or per device with prekeys'),
    payloadMaxBytes: positive.optional().describe('largest message payload'),
    fanoutTtlMs: positive.optional().describe('how long an undelivered message is kept'),
    ackedTtlMs: z
      .int()
      .min(HOUR_MS)
      .optional()
      .describe(
        'how long a message is kept after every slot of the device has acked it; at least 1 h and the recall window',
      ),
    dedupRetentionMs: z
      .int()
      .min(DAY_MS)
      .optional()
      .describe('how long a repeated message id is recognised; never shorter than `limits.fanoutTtlMs`'),
    inboxMaxUnacked: positive.optional().describe('messages waiting per inbox'),
    offlinePerSender: whole
      .optional()
      .describe('messages of one sender waiting per inbox; 0 = no limit of its own'),
    pullMaxLimit: z.int().min(1).max(50).optional().describe('messages per page of a pull'),
    queueRingTtlMs: positive
      .optional()
      .describe('how long a message of queue mode can be pulled again (04 §15)'),
    queueRingSize: positive.optional().describe('messages of queue mode kept per AID'),
    shortTtlMs: positive.optional().describe('idle time of a short connection that names none'),
    wsPingIntervalMs: positive.optional().describe('interval of WebSocket pings'),
    wsDeadAfterMs: positive.optional().describe('a peer silent for so long is cut off'),
    pushInline: z.boolean().optional().describe('small encrypted messages ride inside the push (04 §13.2)'),
    auditAids: z
      .array(z.string())
      .optional()
      .describe('AIDs that every encrypted message must include (04 §5.2)'),
    recallWindowMs: whole.optional().describe('how long a message can be recalled; 0 = always'),
    deviceActiveWindowMs: positive
      .optional()
      .describe('a device unseen for so long gets no messages (04 §3)'),
    maxActiveDevices: positive.optional().describe('devices of one AID that get messages'),
    sendSkewAheadMs: whole.optional().describe('how far a sender clock may be ahead'),
    sendSkewBehindMs: whole.optional().describe('how old an envelope may be when it arrives'),
    maxThoughtHeadsPerSender: positive.optional().describe('thought contexts kept per sender'),
    metaThrottleMs: whole.optional().describe('an unchanged agent.md version is told at most this often'),
  })
  .superRefine((given, ctx) => {
    const limit = (name: LimitName): number => given[name] ?? defaultEdgeLimits[name];
    const refuse = (name: string, message: string) => ctx.addIssue({ code: 'custom', path: [name], message });
    if (limit('ackedTtlMs') < limit('recallWindowMs')) {
      refuse('ackedTtlMs', 'must not be shorter than limits.recallWindowMs');
    }
    if (limit('sendSkewBehindMs') > Math.max(limit('dedupRetentionMs'), limit('fanoutTtlMs'))) {
      refuse('sendSkewBehindMs', 'must not be longer than limits.dedupRetentionMs: a replay would pass');
    }
  })
  .prefault({});

/** Offline push (04 §19). */
export const pushSchema = z
  .strictObject({
    allowedNotifyAids: z
      .array(z.string())
      .default([])
      .describe('push agents that may be told of waiting messages (04 §19); none = no offline push'),
    windowMs: positive.default(5_000).describe('messages within it share one notification'),
    windowMessages: positive.default(20).describe('so many messages end that window at once'),
    coolDownMs: whole.default(60_000).describe('pause between two notifications for one AID'),
    perAgentPerMinute: positive.default(1_000).describe('notifications per push agent'),
    totalPerMinute: positive.default(5_000).describe('notifications of the whole gateway'),
    ackTimeoutMs: positive.default(30_000).describe('a batch without `push.ack` counts as done after this'),
  })
  .prefault({});

export const serviceShape = {
  limits: limitsSchema,
  push: pushSchema,
  log: z
    .strictObject({
      level: z
        .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
        .default('info')
        .describe('log level'),
      pretty: z.boolean().default(false).describe('readable lines instead of JSON'),
    })
    .prefault({}),
};
