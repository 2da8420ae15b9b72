import { encrypt, encryptAsync, type MessagePlan, open, openAsync } from './e2ee.js';
import { bestOf } from './timing.js';

/** Milliseconds of one message. The recipients' public keys are parsed anew for each. */
export function encryptMs(plan: MessagePlan, rounds: number): Promise<number> {
  return bestOf(rounds, () => encrypt(plan));
}

/** The same by the asynchronous functions. */
export function encryptAsyncMs(plan: MessagePlan, rounds: number): Promise<number> {
  return bestOf(rounds, () => encryptAsync(plan));
}

/** Milliseconds of opening a message as its first recipient. */
export function openMs(plan: MessagePlan, rounds: number): Promise<number> {
  const envelope = encrypt(plan);
  return bestOf(rounds, () => open(envelope, plan.kind, 0));
}

/** The same by the asynchronous function. */
export function openAsyncMs(plan: MessagePlan, rounds: number): Promise<number> {
  const envelope = encrypt(plan);
  return bestOf(rounds, () => openAsync(envelope, plan.kind, 0));
}
