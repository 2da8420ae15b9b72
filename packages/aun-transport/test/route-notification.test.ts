import { ValidationError } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { type NotifyTarget, routeNotification } from '../src/index.js';

const params = { chat: 'c1', on: true };

describe('a notification', () => {
  it('to an AID travels as notification/route', () => {
    expect(routeNotification('event/app.typing', params, { to: 'bobby.example.test' })).toEqual({
      method: 'notification/route',
      params: {
        target: { type: 'aid', aid: 'bobby.example.test' },
        deliver: { method: 'event/app.typing', params },
      },
    });
    const target = { to: 'bobby.example.test', device_id: 'd-2', slot_id: 'main', ttl_ms: 5_000 };
    expect(routeNotification('event/app.typing', params, target).params).toEqual({
      target: { type: 'aid', aid: 'bobby.example.test', device_id: 'd-2', slot_id: 'main' },
      deliver: { method: 'event/app.typing', params },
      ttl_ms: 5_000,
    });
  });

  it('to a group travels as notification/group.route with both names of the group', () => {
    for (const target of [{ group_aid: 'team.example.test' }, { group_id: 'team.example.test' }]) {
      expect(routeNotification('event/app.presence', params, { ...target, ttl_ms: 0 })).toEqual({
        method: 'notification/group.route',
        params: {
          group_aid: 'team.example.test',
          group_id: 'team.example.test',
          deliver: { method: 'event/app.presence', params },
          ttl_ms: 0,
        },
      });
    }
  });

  it('to the gateway travels as it is', () => {
    expect(routeNotification('notification/app.ping', params)).toEqual({
      method: 'notification/app.ping',
      params,
    });
  });

  it.each<[string, string, NotifyTarget, string]>([
    ['an event without a target', 'event/app.x', {}, 'method'],
    ['a notification without a name', 'notification/', {}, 'method'],
    ['a system event', 'event/message.received', { to: 'bobby.example.test' }, 'method'],
    ['an event name with other characters', 'event/app.x y', { to: 'bobby.example.test' }, 'method'],
    ['two targets', 'event/app.x', { to: 'bobby.example.test', group_id: 'team.example.test' }, 'to'],
    ['an empty target', 'event/app.x', { to: '' }, 'to'],
    ['a slot without a device', 'event/app.x', { to: 'bobby.example.test', slot_id: 'main' }, 'slot_id'],
    ['a device of a group', 'event/app.x', { group_id: 'team.example.test', device_id: 'd-1' }, 'device_id'],
    ['a device of nobody', 'notification/app.x', { device_id: 'd-1' }, 'device_id'],
    ['a negative time', 'event/app.x', { to: 'bobby.example.test', ttl_ms: -1 }, 'ttl_ms'],
    ['a long time', 'event/app.x', { to: 'bobby.example.test', ttl_ms: 60_001 }, 'ttl_ms'],
    ['a broken time', 'event/app.x', { to: 'bobby.example.test', ttl_ms: 1.5 }, 'ttl_ms'],
  ])('is refused with %s', (_what, method, target, field) => {
    try {
      routeNotification(method, params, target);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ValidationError);
      expect(error).toMatchObject({ data: { field } });
    }
  });

  it('is refused with params that are no object', () => {
    expect(() => routeNotification('notification/x', [] as never)).toThrow(ValidationError);
  });
});
