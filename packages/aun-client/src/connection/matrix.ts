import { CONNECTION_STATES, type ConnectionState } from './states.js';

/** What a public member does in a state (07 §5.4): run, throw, answer null, or do nothing. */
export type Permission = 'allow' | 'state_error' | 'not_ready' | 'null' | 'noop';

/** Groups of public members that share a row of the matrix. */
export type Member =
  | 'loadIdentity'
  | 'authenticate'
  | 'connect'
  | 'disconnect'
  | 'close'
  | 'getters'
  | 'currentAid'
  | 'session'
  | 'nextRetry'
  | 'retryCounters'
  | 'lastError'
  | 'peers'
  | 'call'
  | 'sendDurably'
  | 'notify'
  | 'subscribe'
  | 'publishAgentMd'
  | 'readAgentMd'
  | 'protectedHeaders'
  | 'gatewayHealth'
  | 'prekeyCache';

const CELL: Readonly<Record<string, Permission>> = {
  v: 'allow',
  S: 'state_error',
  N: 'not_ready',
  '0': 'null',
  '.': 'noop',
};

/** Columns in the order of CONNECTION_STATES, written as in 07 §5.4 (`v` for the check mark, `.` for the dot). */
const ROWS: Readonly<Record<Member, string>> = {
  loadIdentity: 'v S S S S S S S v',
  authenticate: 'S v S S S S S S S',
  connect: 'S v v S S v S v S',
  disconnect: '. . v v v v v v .',
  close: 'v v v v v v v v v',
  getters: 'v v v v v v v v v',
  currentAid: '0 v v v v v v v 0',
  session: '0 v v v v v v v 0',
  nextRetry: '0 0 0 0 0 v 0 0 0',
  retryCounters: 'v v v v v v v v v',
  lastError: '0 v 0 0 0 v v v 0',
  peers: 'S v v v v v v v S',
  call: 'N N N N v N N N N',
  sendDurably: 'S v v v v v v v S',
  notify: 'N N N N v N N N N',
  subscribe: 'v v v v v v v v v',
  publishAgentMd: 'S S v v v S S S S',
  readAgentMd: 'S v v v v v v v S',
  protectedHeaders: 'v v v v v v v v v',
  gatewayHealth: 'v v v v v v v v v',
  prekeyCache: 'v v v v v v v v v',
};

/** Cells that differ with `strictStates: true` (07 §5.4 note 2). */
const STRICT: Partial<Record<Member, string>> = {
  subscribe: 'S v v v v v v v S',
  disconnect: 'S S v v v v v v S',
};

const parseRow = (row: string): Readonly<Record<ConnectionState, Permission>> => {
  const cells = row.split(' ');
  return Object.fromEntries(
    CONNECTION_STATES.map((state, column) => [state, CELL[cells[column] ?? ''] ?? 'state_error']),
  ) as Record<ConnectionState, Permission>;
};

const parseTable = (rows: Readonly<Record<string, string>>): Record<string, ReturnType<typeof parseRow>> =>
  Object.fromEntries(Object.entries(rows).map(([member, row]) => [member, parseRow(row)]));

/** The method x state matrix of 07 §5.4. */
export const METHOD_MATRIX = parseTable(ROWS) as Readonly<Record<Member, ReturnType<typeof parseRow>>>;
const STRICT_MATRIX = parseTable(STRICT as Record<string, string>);

/** What `member` may do in `state`. */
export const permission = (member: Member, state: ConnectionState, strict = false): Permission =>
  (strict ? STRICT_MATRIX[member]?.[state] : undefined) ?? METHOD_MATRIX[member][state];

/** The sentence that tells a caller what to do instead. */
export const ADVICE: Readonly<Record<ConnectionState, string>> = {
  no_identity: 'call loadIdentity(aid) first',
  standby: 'call connect() first',
  authenticated: 'call connect() first, or disconnect() to drop the session',
  connecting: 'wait for connect() to settle, or call disconnect()',
  ready: 'call disconnect() or close() first',
  retry_backoff: 'wait for the reconnect, call connect() to try at once, or disconnect()',
  reconnecting: 'wait for the attempt to settle, or call disconnect()',
  connection_failed: 'call connect() to try again, or disconnect()',
  closed: 'call loadIdentity(aid) first',
};
