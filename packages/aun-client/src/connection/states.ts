/** The nine public states of a client (07 §5.2). */
export const CONNECTION_STATES = [
  'no_identity',
  'standby',
  'authenticated',
  'connecting',
  'ready',
  'retry_backoff',
  'reconnecting',
  'connection_failed',
  'closed',
] as const;

export type ConnectionState = (typeof CONNECTION_STATES)[number];

/** The states as named constants, for code that prefers `ConnectionState.ready` to a string. */
export const ConnectionState = Object.freeze(
  Object.fromEntries(CONNECTION_STATES.map((state) => [state, state])) as {
    readonly [S in ConnectionState]: S;
  },
);

export type StateCapabilities = {
  readonly hasIdentity: boolean;
  readonly canConnect: boolean;
  readonly isReady: boolean;
  readonly isOnline: boolean;
  readonly isClosed: boolean;
};

const ONLINE: ReadonlySet<ConnectionState> = new Set(['ready', 'retry_backoff', 'reconnecting']);

/** What a state allows, without regard to the key of the identity (07 §5.2). */
export const stateCapabilities = (state: ConnectionState): StateCapabilities => {
  const hasIdentity = state !== 'no_identity' && state !== 'closed';
  return {
    hasIdentity,
    canConnect: hasIdentity,
    isReady: state === 'ready',
    isOnline: ONLINE.has(state),
    isClosed: state === 'closed',
  };
};

/** State names that listeners of the 0.3 SDKs compare with (07 §9, event `connection.state`). */
const LEGACY_NAMES: Partial<Record<ConnectionState, string>> = {
  ready: 'connected',
  standby: 'idle',
  no_identity: 'idle',
  retry_backoff: 'disconnected',
  connection_failed: 'terminal_failed',
};

export const legacyStateName = (state: ConnectionState): string => LEGACY_NAMES[state] ?? state;
