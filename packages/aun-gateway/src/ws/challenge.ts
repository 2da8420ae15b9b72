import type { RandomBytes } from 'aun-core';
import { base64UrlEncode } from 'aun-crypto';
import { eventText } from '../rpc/respond.js';

const NONCE_BYTES = 16;

export const newNonce = (random: RandomBytes): string => base64UrlEncode(random(NONCE_BYTES));

/** First frame of every socket (02 §4.1). */
export const challengeText = (nonce: string, server: string, nowMs: number): string =>
  eventText('challenge', {
    nonce,
    server,
    protocol: { min: '1.0', max: '1.0' },
    auth_methods: ['kite_token'],
    capabilities: { e2ee: true, group_e2ee: true },
    server_time: Math.floor(nowMs / 1000),
  });
