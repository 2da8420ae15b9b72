import { AnyClient, type AUNClientOptions } from '../client/aun-client.js';
import type { AID } from './aid.js';

/**
 * A session of one identity with its gateway: nine states, calls, events (07 §5, §6). Methods throw `AUNError`s.
 *
 * @example
 * const client = new AUNClient(loaded.data.aid);
 * client.on('message.received', (message) => console.log(message.from, message.payload));
 * await client.connect();
 * await client.call('message.send', { to: 'omar.example.test', payload: { text: 'hi' } });
 */
export class AUNClient extends AnyClient<AID> {
  /** @throws {ValidationError} for anything but an AID, null or nothing */
  constructor(aid?: AID | null, options?: AUNClientOptions) {
    super(aid, options);
  }
}
