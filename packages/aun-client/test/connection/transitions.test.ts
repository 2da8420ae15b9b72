import { describe, expect, it } from 'vitest';
import { StateMachine } from '../../src/connection/state-machine.js';
import { CONNECTION_STATES, type ConnectionState } from '../../src/connection/states.js';
import { type ConnectionTrigger, TRANSITIONS } from '../../src/connection/transitions.js';

/** 07 §5.3, row by row: from, trigger, to. */
const ROWS: [ConnectionState, ConnectionTrigger, ConnectionState][] = [
  ['no_identity', 'load_identity', 'standby'],
  ['closed', 'load_identity', 'standby'],
  ['standby', 'authenticated', 'authenticated'],
  ['standby', 'connect', 'connecting'],
  ['authenticated', 'connect', 'connecting'],
  ['connecting', 'handshake_ok', 'ready'],
  ['connecting', 'gateways_failed', 'connection_failed'],
  ['ready', 'socket_lost', 'retry_backoff'],
  ['ready', 'socket_lost_final', 'standby'],
  ['ready', 'server_kick', 'connection_failed'],
  ['retry_backoff', 'retry_timer', 'reconnecting'],
  ['retry_backoff', 'connect', 'reconnecting'],
  ['reconnecting', 'handshake_ok', 'ready'],
  ['reconnecting', 'attempt_failed', 'retry_backoff'],
  ['reconnecting', 'attempt_failed_final', 'connection_failed'],
  ['connection_failed', 'connect', 'connecting'],
  ...(
    ['authenticated', 'connecting', 'ready', 'retry_backoff', 'reconnecting', 'connection_failed'] as const
  ).map((from): [ConnectionState, ConnectionTrigger, ConnectionState] => [from, 'disconnect', 'standby']),
  ...CONNECTION_STATES.filter((state) => state !== 'closed').map(
    (from): [ConnectionState, ConnectionTrigger, ConnectionState] => [from, 'close', 'closed'],
  ),
];

const TRIGGERS = [...new Set(ROWS.map(([, trigger]) => trigger))];

describe('the transition table', () => {
  it.each(CONNECTION_STATES)('has exactly the rows of the specification for %s', (state) => {
    const expected = Object.fromEntries(
      ROWS.filter(([from]) => from === state).map(([, trigger, to]) => [trigger, to]),
    );
    expect(TRANSITIONS[state]).toEqual(expected);
  });

  it.each(CONNECTION_STATES.flatMap((state) => TRIGGERS.map((trigger) => [state, trigger] as const)))(
    'moves or refuses: %s + %s',
    (state, trigger) => {
      const changes: unknown[] = [];
      const machine = new StateMachine(state, (change) => changes.push(change));
      const to = TRANSITIONS[state][trigger];
      if (to === undefined) {
        expect(() => machine.dispatch(trigger)).toThrow(state);
        expect(machine.state).toBe(state);
        expect(changes).toEqual([]);
      } else {
        machine.dispatch(trigger, { attempt: 3 });
        expect(machine.state).toBe(to);
        expect(changes).toEqual([{ from: state, to, state: to, attempt: 3 }]);
      }
    },
  );

  it('shows the new state to whoever hears of the change', () => {
    const seen: string[] = [];
    const machine: StateMachine = new StateMachine('standby', ({ to }) =>
      seen.push(`${to}=${machine.state}`),
    );
    machine.dispatch('connect');
    machine.dispatch('handshake_ok');
    expect(seen).toEqual(['connecting=connecting', 'ready=ready']);
  });
});
