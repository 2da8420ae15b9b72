export * from './build-targets.js';
export * from './codes.js';
export * from './constants.js';
export { deliveredMessage } from './delivered.js';
export * from './device-row.js';
export type { EncryptOptions, MessageInput, Sender } from './draft.js';
export {
  encryptGroup,
  encryptGroupAsync,
  encryptP2P,
  encryptP2PAsync,
  type GroupMessage,
  type P2PMessage,
} from './encrypt.js';
export type * from './envelope.js';
export * from './legacy.js';
export { MemoryPrekeyStore } from './memory-prekey-store.js';
export * from './merkle.js';
export * from './metadata.js';
export * from './open.js';
export type { OpenExpectation } from './open-aad.js';
export type { OpenedMessage } from './opened-message.js';
export * from './per-device.js';
export * from './prekey.js';
export type { RegistrationMode } from './prekey-keeper.js';
export { findPrekey, identityKeyFor, type PrekeyScope } from './prekey-lookup.js';
export * from './protected-headers.js';
export * from './push.js';
export * from './recipient-cache.js';
export * from './replay.js';
export * from './retention.js';
export * from './rotation.js';
export { recipientObject } from './row.js';
export type { DropReason, RowOutcome } from './row-outcome.js';
export type { RowOptions } from './row-reader.js';
export * from './sender-key.js';
export * from './session.js';
export type { SessionOptions, SessionPrekeyStore } from './session-options.js';
export { keyIdOf, prekeySignData } from './spki.js';
export * from './state/index.js';
export * from './target.js';
export * from './thought.js';
export * from './undecryptable.js';
export * from './wrap.js';
export * from './wrap-policy.js';
