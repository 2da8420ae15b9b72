import { z } from 'zod';

/** Frames of the mutual introduction of two gateways (02 §20.4). */

export const PROTOCOL = '1.0';
export const MAX_BATCH = 100;
export const MAX_FRAME = 1_048_576;
export const HELLO_WINDOW_MS = 300_000;

const text = z.string().min(1).max(256);
const pem = z.string().min(1).max(32_768);
const credentials = {
  gateway_aid: text,
  timestamp_ms: z.int().nonnegative(),
  cert: pem,
  cert_chain: z.array(pem).min(1).max(8),
  signature: z.string().min(1).max(512),
};

export const helloSchema = z.object({
  protocol: z.object({ min: text, max: text }),
  from_issuer: text,
  to_issuer: text,
  nonce: text,
  client_nonce: z.string().min(22).max(256),
  ...credentials,
});

export const helloAckSchema = z.object({
  status: z.literal('ok'),
  protocol: text,
  issuer: text,
  ...credentials,
  namespaces: z.array(text).max(64).default([]),
  max_batch: z.int().positive().default(MAX_BATCH),
  max_frame: z.int().positive().default(MAX_FRAME),
});

export type Hello = z.output<typeof helloSchema>;
export type HelloAck = z.output<typeof helloAckSchema>;

interface Introduction {
  readonly fromIssuer: string;
  readonly toIssuer: string;
  /** Of the acceptor's challenge. */
  readonly nonce: string;
  readonly clientNonce: string;
  readonly timestampMs: number;
}

export const helloText = (i: Introduction): string =>
  `aun-federation-hello-v1|${i.fromIssuer}|${i.toIssuer}|${i.nonce}|${i.clientNonce}|${i.timestampMs}`;

export const helloAckText = (i: Introduction): string =>
  `aun-federation-hello-ack-v1|${i.toIssuer}|${i.fromIssuer}|${i.clientNonce}|${i.nonce}|${i.timestampMs}`;

/** Versions are `major.minor` texts; ours lies within the range. */
export const speaksOurs = ({ min, max }: { readonly min: string; readonly max: string }): boolean =>
  min <= PROTOCOL && PROTOCOL <= max;
