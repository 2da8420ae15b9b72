import { E2EEError, SerializationError, ValidationError } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { applyConveniences } from '../../src/rpc/conveniences.js';
import { INTERNAL_ONLY, isNonIdempotent } from '../../src/rpc/method-tables.js';
import { buildNotification } from '../../src/rpc/notify.js';
import { instanceHeaders, mergeProtectedHeaders, ProtectedHeaders } from '../../src/rpc/protected-headers.js';
import { checkPayloadSize, validateParams } from '../../src/rpc/validation.js';

const scope = { aid: 'nora.demo.example', deviceId: 'd-1', slotId: 'main 2' };

describe('parameter conveniences', () => {
  it('takes content for payload', () => {
    expect(applyConveniences('message.send', { to: 'x', content: { type: 'a' } }).params).toEqual({
      to: 'x',
      payload: { type: 'a' },
    });
    expect(applyConveniences('storage.put_object', { content: 'x' }).params).toEqual({ content: 'x' });
  });

  it('puts the type of a text first', () => {
    const { params } = applyConveniences('message.send', { to: 'x', payload: { text: 'hi' } });
    expect(JSON.stringify(params.payload)).toBe('{"type":"text","text":"hi"}');
    expect(
      applyConveniences('message.send', { payload: { text: 'hi', type: 'note' } }).params.payload,
    ).toEqual({ text: 'hi', type: 'note' });
  });

  it('understands the old helper names', () => {
    expect(applyConveniences('message.v2.send', { payload: {} }).method).toBe('message.send');
    expect(applyConveniences('group.v2.send', { envelope: {} }).method).toBe('group.v2.send');
  });
});

describe('validation before anything is sent [90]', () => {
  const send = (params: object) => validateParams('message.send', params as never, scope);

  it.each(['persist', 'delivery_mode', 'queue_routing', 'affinity_ttl_ms'])('refuses %s', (field) => {
    expect(() => send({ to: 'otto.demo.example', payload: {}, [field]: 1 })).toThrow(field);
  });

  it.each([
    [{ payload: {} }, /requires 'to'/],
    [{ to: '', payload: {} }, /requires 'to'/],
    [{ to: 'group.demo.example', payload: {} }, /group.send/],
    [{ to: 'bad', payload: {} }, /no issuer/],
    [{ to: 'guest1.demo.example', payload: {} }, /guest/],
    [{ to: 'otto.demo.example' }, /requires 'payload'/],
    [{ to: 'otto.demo.example', payload: 'text' }, /JSON object/],
  ])('refuses %j', (params, message) => {
    expect(() => send(params)).toThrow(ValidationError);
    expect(() => send(params)).toThrow(message);
  });

  it('folds the recipient and lets a bare string through in plaintext', () => {
    expect(send({ to: ' Otto.Demo.Example ', payload: {} }).to).toBe('otto.demo.example');
    expect(send({ to: 'otto.demo.example', payload: 'text', encrypt: false }).payload).toBe('text');
  });

  it('wants a complete context for thoughts', () => {
    for (const context of [undefined, {}, { type: 'run' }, { type: '', id: 'x' }]) {
      expect(() =>
        validateParams(
          'message.thought.put',
          { to: 'otto.demo.example', payload: {}, context } as never,
          scope,
        ),
      ).toThrow(/context/);
    }
  });

  it('keeps pulls and acks to the own instance', () => {
    expect(validateParams('message.pull', { device_id: 'd-1', slot_id: 'main:x', limit: 5 }, scope)).toEqual({
      limit: 5,
    });
    expect(() => validateParams('message.pull', { device_id: 'other' }, scope)).toThrow(/device_id/);
    expect(() => validateParams('message.ack', { slot_id: 'other' }, scope)).toThrow(/slot_id/);
  });

  it('names a group under both keys, with the instance', () => {
    expect(validateParams('group.get_info', { group_id: 'team1' }, scope)).toEqual({
      device_id: 'd-1',
      slot_id: 'main 2',
      group_id: 'team1.demo.example',
      group_aid: 'team1.demo.example',
    });
  });

  it('passes unknown methods through unchanged', () => {
    expect(validateParams('task.run', { a: 1 }, scope)).toEqual({ a: 1 });
  });

  it('says how large a payload is', () => {
    checkPayloadSize({ text: 'x'.repeat(900_000) });
    expect(() => checkPayloadSize({ text: 'é'.repeat(600_000) })).toThrow(
      'it is 1,200,011 bytes, limit 1,000,000',
    );
  });

  it('refuses a payload that cannot be JSON, by name', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    for (const payload of [{ n: 1n }, circle, () => 0, Symbol('x')]) {
      expect(() => checkPayloadSize(payload as never)).toThrow(SerializationError);
      expect(() => checkPayloadSize(payload as never)).toThrow('payload cannot be written as JSON');
    }
  });
});

describe('method tables', () => {
  it('keeps the login to the SDK', () => {
    for (const method of [
      'auth.login1',
      'auth.aid_login2',
      'auth.connect',
      'auth.refresh_token',
      'initialize',
    ]) {
      expect(INTERNAL_ONLY.has(method)).toBe(true);
    }
  });

  it('knows what must not be given up early', () => {
    for (const method of [
      'message.send',
      'group.create',
      'message.thought.put',
      'storage.put_object',
      'collab.commit',
      'auth.create_aid',
      'auth.renew_cert',
      'auth.rekey',
      'group.set_role',
    ]) {
      expect(isNonIdempotent(method)).toBe(true);
    }
    for (const method of [
      'message.pull',
      'meta.ping',
      'group.get_info',
      'message.v2.ack',
      'message.query_online',
      'group.list_my',
    ]) {
      expect(isNonIdempotent(method)).toBe(false);
    }
  });
});

describe('protected headers', () => {
  it('folds keys and turns values into text', () => {
    const headers = new ProtectedHeaders({ App: 'x', N: 7, Empty: null });
    expect(headers.toObject()).toEqual({ app: 'x', n: '7', empty: '' });
    expect(headers.get('APP')).toBe('x');
    expect(headers.remove('app').get('app', 'none')).toBe('none');
    expect(() => headers.set('_auth', 1)).toThrow(E2EEError);
    expect(() => headers.set('bad key', 1)).toThrow('must match');
  });

  it('skips bad instance headers silently and overlays them by the call', () => {
    const instance = instanceHeaders({ app: 'a', lang: 'en', _auth: 'x', ä: 1 });
    expect(instance).toEqual({ app: 'a', lang: 'en' });
    expect(
      mergeProtectedHeaders('message.send', { protected_headers: { lang: 'de', n: 1 } }, instance),
    ).toEqual({
      protected_headers: { app: 'a', lang: 'de', n: '1' },
    });
    expect(mergeProtectedHeaders('message.send', { headers: { lang: 'fr' } }, null)).toEqual({
      protected_headers: { lang: 'fr' },
    });
    expect(() => mergeProtectedHeaders('message.send', { protected_headers: { _auth: 1 } }, null)).toThrow(
      'reserved',
    );
  });

  it('sends them with four methods only', () => {
    expect(mergeProtectedHeaders('message.recall', { a: 1 }, { app: 'x' })).toEqual({ a: 1 });
  });
});

describe('notify [75]', () => {
  const build = (method: string, options = {}, params = {}) =>
    buildNotification(method, params as never, options, 'demo.example');

  it('routes to an agent, an instance, or a group', () => {
    expect(
      build('event/app.typing', { to: 'otto.demo.example', deviceId: 'd', slotId: 's', ttl_ms: 5 }),
    ).toEqual({
      method: 'notification/route',
      params: {
        target: { type: 'aid', aid: 'otto.demo.example', device_id: 'd', slot_id: 's' },
        deliver: { method: 'event/app.typing', params: {} },
        ttl_ms: 5,
      },
    });
    expect(build('event/app.x', { group_id: 'team1' }).params).toMatchObject({
      group_aid: 'team1.demo.example',
      group_id: 'team1.demo.example',
    });
    expect(build('notification/hello')).toEqual({ method: 'notification/hello', params: {} });
  });

  it.each([
    ['event/app.x', { to: 'otto.demo.example', group_id: 'team1' }],
    ['event/app.x', { to: 'otto.demo.example', slot_id: 's' }],
    ['event/app.x', { device_id: 'd' }],
    ['event/message.received', { to: 'otto.demo.example' }],
    ['event/app.x', {}],
    ['event/app.x', { to: 'otto.demo.example', ttl_ms: 60_001 }],
    ['event/app.x', { to: 'otto' }],
  ])('refuses %s with %j', (method, options) => {
    expect(() => build(method, options)).toThrow(ValidationError);
  });
});
