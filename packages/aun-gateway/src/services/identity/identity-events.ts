import { EventEmitter } from 'node:events';

interface Events {
  /** New certificate, same or other key, or a changed standing: forget what was cached of this AID. */
  changed: [aid: string];
  /** The AID has another key now. */
  rekeyed: [aid: string];
  /** The AID may not use the network any more; `reason` is shown to its connections. */
  barred: [aid: string, reason: string];
}

/** What the identity services tell the rest of the gateway; in-process, synchronous. */
export class IdentityEvents extends EventEmitter<Events> {}
