import { neverWakeUp, type WakeUpSource } from './wake-up.js';

/** Node has no such events. */
export const platformWakeUp: WakeUpSource = neverWakeUp;
