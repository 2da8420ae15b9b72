import { issuerOf } from 'aun-core';
import type { SessionInfo } from '../../session/session-info.js';

/** What is kept of the sender for proximity; nothing across domains, where all of it is false (02 §20.4). */
export const originOf = (session: SessionInfo, to: string) =>
  issuerOf(session.aid) === issuerOf(to)
    ? { senderDevice: session.deviceId, senderIp: session.remoteAddress }
    : { senderDevice: '', senderIp: '' };
