import type { JsonObject } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { routeInbound } from '../../src/client/inbound-router.js';
import type { Inbound } from '../../src/connection/link.js';
import { ScriptedInbox } from '../support/inbox.js';

const etags = { local_etag: '"a"', remote_etag: '"b"' };

/** What the application gets of a frame while a card is stored. */
const routed = (frame: Inbound): unknown[] => {
  const events: unknown[] = [];
  routeInbound(frame, {
    pushes: new ScriptedInbox().pushes,
    cards: { eventSnapshot: () => etags },
    emit: (event, payload) => events.push([event, payload]),
    onKick: () => undefined,
  });
  return events;
};

const event = (name: string, params: JsonObject): Inbound => ({ kind: 'event', name, params });

describe('what reaches the application', () => {
  it.each(['group.message_created', 'group.changed', 'message.ack', 'storage.object_changed'])(
    '%s says whether the own card is in sync (09 §9)',
    (name) => expect(routed(event(name, { a: 1 }))).toEqual([[name, { a: 1, _agent_md: etags }]]),
  );

  it('an event of another application is what that sent, and who it was (07 §9)', () => {
    const params = { thread_id: 't1', _notify: { from_aid: 'nora.demo.example' } };
    expect(routed(event('app.typing', params))).toEqual([['app.typing', params]]);
  });

  it('events of the connection have the members of 07 §9 only', () => {
    expect(routed({ kind: 'challenge', params: { nonce: 'n' } })).toEqual([
      ['connection.challenge', { nonce: 'n' }],
    ]);
    expect(routed(event('gateway.disconnect', { code: 4009, reason: 'replaced' }))).toEqual([
      ['gateway.disconnect', { code: 4009, reason: 'replaced', detail: null }],
    ]);
    const frame = { method: 'notification/weather', params: { sun: true } };
    expect(routed({ kind: 'notification', frame })).toEqual([['notification', frame]]);
  });

  it('nobody hears of an event that only the SDK would know', () => {
    expect(routed(event('group.member_joined', {}))).toEqual([]);
  });
});
