import { openDisk } from './disk.js';
import { echoPerSecond } from './echo-load.js';
import { startEcho } from './echo-process.js';
import type { WrapPolicy } from './gateway-process.js';
import { microseconds, secondsOf } from './load.js';
import { platformPrimitives } from './platform.js';
import type { Scope } from './scope.js';

/** Bytes of an envelope with a text of a kilobyte for one recipient. */
export const ENVELOPE_BYTES = 2_600;
const BATCH = 64;

export interface MessageBound {
  readonly seconds: number;
  readonly note: string;
}

/**
 * The least a message takes, each part measured alone and all added up: the curve work of encrypting for one recipient
 * and opening (03 §5.3), two envelope frames over TLS and back (to the gateway, to the recipient), and its row in a
 * transaction of 64 with `synchronous=FULL`.
 */
export async function messageBound(scope: Scope): Promise<Readonly<Record<WrapPolicy, MessageBound>>> {
  const echo = await startEcho(scope);
  const frame = 'x'.repeat(ENVELOPE_BYTES);
  const echoed = await echoPerSecond(echo, frame, { connections: 10, window: 16, ms: 1_500 });
  const disk = openDisk(scope.folder());
  const commit = secondsOf(() => disk.commitMany(BATCH, ENVELOPE_BYTES), 3) / BATCH;
  disk.close();
  const crypto = await platformPrimitives('node');
  const time = {
    keygen: secondsOf(crypto.keygen),
    sign: secondsOf(crypto.sign),
    verify: secondsOf(crypto.verifyWarm),
    cold: secondsOf(crypto.ecdhCold),
    warm: secondsOf(crypto.ecdhWarm),
  };
  const frames = 2 / echoed;
  const of = (agreements: number): MessageBound => {
    const curve = time.keygen + time.sign + time.verify + agreements;
    const seconds = curve + frames + commit;
    const note = `bound: curves ${microseconds(curve)} + two frames ${microseconds(frames)} + row ${microseconds(commit)}`;
    return { seconds, note };
  };
  return {
    '1DH/aid': of(time.warm + time.cold),
    '3DH/device': of(2 * time.warm + time.cold + time.warm),
  };
}
