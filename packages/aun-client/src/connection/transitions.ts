import type { ConnectionState } from './states.js';

/** What can happen to a connection (the "Trigger" column of 07 §5.3). */
export type ConnectionTrigger =
  | 'load_identity'
  | 'authenticated'
  | 'connect'
  | 'handshake_ok'
  | 'gateways_failed'
  | 'socket_lost'
  | 'socket_lost_final'
  | 'server_kick'
  | 'retry_timer'
  | 'attempt_failed'
  | 'attempt_failed_final'
  | 'disconnect'
  | 'close';

type Row = Readonly<Partial<Record<ConnectionTrigger, ConnectionState>>>;

/**
 * state x trigger -> state (07 §5.3). A missing cell means that the trigger cannot happen in that state.
 * `connect` in `retry_backoff` skips the wait, therefore it leads to `reconnecting`.
 */
export const TRANSITIONS: Readonly<Record<ConnectionState, Row>> = {
  no_identity: { load_identity: 'standby', close: 'closed' },
  standby: { authenticated: 'authenticated', connect: 'connecting', close: 'closed' },
  authenticated: { connect: 'connecting', disconnect: 'standby', close: 'closed' },
  connecting: {
    handshake_ok: 'ready',
    gateways_failed: 'connection_failed',
    disconnect: 'standby',
    close: 'closed',
  },
  ready: {
    socket_lost: 'retry_backoff',
    socket_lost_final: 'standby',
    server_kick: 'connection_failed',
    disconnect: 'standby',
    close: 'closed',
  },
  retry_backoff: {
    retry_timer: 'reconnecting',
    connect: 'reconnecting',
    disconnect: 'standby',
    close: 'closed',
  },
  reconnecting: {
    handshake_ok: 'ready',
    attempt_failed: 'retry_backoff',
    attempt_failed_final: 'connection_failed',
    disconnect: 'standby',
    close: 'closed',
  },
  connection_failed: { connect: 'connecting', disconnect: 'standby', close: 'closed' },
  closed: { load_identity: 'standby' },
};

/** The state after a trigger, or null when the trigger is not possible there. */
export const nextState = (state: ConnectionState, trigger: ConnectionTrigger): ConnectionState | null =>
  TRANSITIONS[state][trigger] ?? null;
