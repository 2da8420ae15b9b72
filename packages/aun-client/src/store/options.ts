import {
  DEFAULT_SLOT_ID,
  type KeyStore,
  type Logger,
  ValidationError,
  validateDeviceId,
  validateSlotId,
} from 'aun-core';

/** Options of `new AIDStore` (07 §3.1). */
export type AIDStoreOptions = {
  /** Root of the keystore; `~` is expanded; empty: `~/.aun`. In browsers any text: it only separates cached cards. */
  aunPath: string;
  /** Input of the key-file encryption; `''` is a fixed, publicly known seed. Never stored, never logged. */
  encryptionSeed: string;
  deviceId?: string;
  slotId?: string;
  /**
   * Default true, unless `AUN_ENV` or `KITE_ENV` names a development environment. Browsers always verify; there false
   * only changes the order of discovery.
   */
  verifySsl?: boolean;
  /** PEM file with further trust anchors, for certificate chains and for TLS. Not in browsers. */
  rootCaPath?: string | null;
  /** The same as text. */
  rootCaPem?: string | null;
  /** Refuse certificates whose revocation status cannot be had; default: only a positive "revoked" counts (01 §4.5). */
  strictRevocation?: boolean;
  /** Log to the console and, in Node, to `{aunPath}/logs`. */
  debug?: boolean;
  /** Port used instead of 443 for `https://{aid}` and `https://gateway.{issuer}`. */
  discoveryPort?: number | null;
  /** Fixed WebSocket URL; skips discovery. */
  gatewayUrl?: string | null;
  custodyUrl?: string | null;
  logger?: Logger;
  /**
   * A key store of the application's own instead of that of the platform; `aunPath` and `encryptionSeed` then name and
   * open nothing in it. It stays open, whoever made it closes it. Without the methods of `SyncKeyStore`, only the
   * `…Async` forms work.
   */
  keyStore?: KeyStore;
};

export type StoreSettings = {
  readonly aunPath: string;
  readonly encryptionSeed: string;
  readonly deviceId: string | null;
  readonly slotId: string;
  readonly verifySsl: boolean;
  readonly rootCaPath: string | null;
  readonly rootCaPem: string | null;
  readonly strictRevocation: boolean;
  readonly debug: boolean;
  readonly discoveryPort: number | null;
  readonly gatewayUrl: string | null;
  readonly custodyUrl: string | null;
  readonly keyStore: KeyStore | null;
};

const DEVELOPMENT: ReadonlySet<string> = new Set(['development', 'dev', 'local']);

const fail = (field: string, rule: string): never => {
  throw new ValidationError(`${field} ${rule}`, { data: { field } });
};

const optionalText = (value: unknown, field: string): string | null => {
  if (value === undefined || value === null || value === '') return null;
  return typeof value === 'string' ? value : fail(field, 'must be text or null');
};

const port = (value: unknown): number | null => {
  if (value === undefined || value === null) return null;
  const usable = typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536;
  return usable ? value : fail('discoveryPort', 'must be an integer from 1 to 65535');
};

const flag = (value: unknown, field: string, fallback: boolean): boolean => {
  if (value === undefined || value === null) return fallback;
  return typeof value === 'boolean' ? value : fail(field, 'must be true or false');
};

const socketUrl = (value: unknown): string | null => {
  const url = optionalText(value, 'gatewayUrl');
  if (url === null || /^wss?:\/\/[^/]/.test(url)) return url;
  return fail('gatewayUrl', 'must be a ws or wss URL');
};

const keyStore = (value: unknown): KeyStore | null => {
  if (value === undefined || value === null) return null;
  const usable = typeof value === 'object' && 'loadKeyPair' in value && 'lockIdentity' in value;
  return usable ? (value as KeyStore) : fail('keyStore', 'must be a KeyStore');
};

/**
 * Checks the options of the constructor.
 * @param env `AUN_ENV`, else `KITE_ENV`; only `development`, `dev` and `local` matter (02 §1.5)
 * @throws {ValidationError} naming the field
 */
export const parseStoreOptions = (options: AIDStoreOptions, env: string | undefined): StoreSettings => {
  if (typeof options !== 'object' || options === null) return fail('options', 'must be an object');
  const { encryptionSeed } = options;
  if (typeof encryptionSeed !== 'string') return fail('encryptionSeed', "must be text; it may be ''");
  if (options.aunPath !== undefined && typeof options.aunPath !== 'string')
    return fail('aunPath', 'must be text');
  const slotId = options.slotId === undefined ? DEFAULT_SLOT_ID : validateSlotId(options.slotId, 'slotId');
  return {
    aunPath: options.aunPath ?? '',
    encryptionSeed,
    deviceId: options.deviceId === undefined ? null : validateDeviceId(options.deviceId, 'deviceId'),
    slotId,
    verifySsl: flag(options.verifySsl, 'verifySsl', !DEVELOPMENT.has((env ?? '').toLowerCase())),
    rootCaPath: optionalText(options.rootCaPath, 'rootCaPath'),
    rootCaPem: optionalText(options.rootCaPem, 'rootCaPem'),
    strictRevocation: flag(options.strictRevocation, 'strictRevocation', false),
    debug: flag(options.debug, 'debug', false),
    discoveryPort: port(options.discoveryPort),
    gatewayUrl: socketUrl(options.gatewayUrl),
    custodyUrl: optionalText(options.custodyUrl, 'custodyUrl'),
    keyStore: keyStore(options.keyStore),
  };
};
