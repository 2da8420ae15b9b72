import { domWakeUp, type WakeUpSource } from './wake-up.js';

/** The events of the page or worker this runs in. */
export const platformWakeUp: WakeUpSource = domWakeUp(globalThis);
