import { parentPort } from 'node:worker_threads';
import { hexEncode, PublicKey } from 'aun-crypto';
import { runWrapJob, type WrapJob } from './pool-job.js';

const MAX_KEYS = 20_000;
const keys = new Map<string, PublicKey>();

/** Handles survive between messages: the same members come again. */
function keyAt(point: Uint8Array): PublicKey {
  const id = hexEncode(point);
  const known = keys.get(id);
  if (known !== undefined) return known;
  if (keys.size >= MAX_KEYS) keys.clear();
  const key = PublicKey.fromRawPoint('P-256', point);
  keys.set(id, key);
  return key;
}

parentPort?.on('message', (job: WrapJob) => {
  try {
    const result = runWrapJob(job, keyAt);
    parentPort?.postMessage(result, [
      result.wrapped.buffer as ArrayBuffer,
      result.secrets.buffer as ArrayBuffer,
    ]);
  } catch (error) {
    parentPort?.postMessage({ id: job.id, error: error instanceof Error ? error.message : String(error) });
  }
});
