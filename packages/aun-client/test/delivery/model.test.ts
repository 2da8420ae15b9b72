import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACK_INTERVAL_MS } from '../../src/delivery/ack-scheduler.js';
import { plainPush, plainRow, ScriptedInbox } from '../support/inbox.js';

const runs = process.env.AUN_SOAK === '1' ? 2_000 : 60;

type Step =
  | { readonly kind: 'arrive'; readonly encrypted: boolean; readonly push: 'full' | 'hint' | 'lost' }
  | { readonly kind: 'repeat' }
  | { readonly kind: 'fill' }
  | { readonly kind: 'pull' }
  | { readonly kind: 'wait' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('arrive' as const),
      encrypted: fc.boolean(),
      push: fc.constantFrom('full', 'hint', 'lost'),
    }),
  },
  fc.record({ kind: fc.constant('repeat' as const) }),
  fc.record({ kind: fc.constant('fill' as const) }),
  fc.record({ kind: fc.constant('pull' as const) }),
  fc.record({ kind: fc.constant('wait' as const) }),
);

const encryptedRow = (seq: number) => ({
  version: 'v2',
  seq,
  message_id: `id-${seq}`,
  from_aid: 'nora.demo.example',
});

describe('delivery, whatever gets lost or comes twice', () => {
  it('hands over every message once and in order, and acknowledges all of them in the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        async (steps, page) => {
          const box = new ScriptedInbox();
          box.pageLimit = page;
          let last: { name: string; params: Record<string, never> | object } | null = null;
          const send = async (name: string, params: object): Promise<void> => {
            last = { name, params };
            box.pushes.handle(name, params as never);
          };
          for (const { kind, ...how } of steps) {
            const seq = box.rows.length + 1;
            if (kind === 'arrive' && 'push' in how) {
              box.rows.push(how.encrypted ? encryptedRow(seq) : plainRow(seq));
              const inline = how.push === 'full';
              if (how.push === 'lost') continue;
              if (how.encrypted || !inline) {
                await send('peer.v2.message_received', {
                  ...encryptedRow(seq),
                  ...(how.encrypted && inline ? { envelope_json: '{}' } : {}),
                });
              } else await send('message.received', plainPush(seq));
            } else if (kind === 'repeat' && last !== null)
              await send((last as { name: string }).name, (last as { params: object }).params);
            else if (kind === 'fill') void box.inbox.fill();
            else if (kind === 'pull') void box.inbox.pull({});
            else await box.clock.advance(2_000);
          }
          await box.clock.advance(100);
          await box.inbox.fill();
          await box.clock.advance(ACK_INTERVAL_MS);
          expect(box.seqs).toEqual(box.rows.map((_, index) => index + 1));
          expect(box.cursor).toBe(box.rows.length);
        },
      ),
      { numRuns: runs },
    );
  });
});
