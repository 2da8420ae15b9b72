import type { VectorKind } from '../plan.js';
import { agentmdKind } from './agentmd.js';
import { authKind } from './auth.js';
import { e2eeKinds } from './e2ee.js';
import { keystoreKind } from './keystore.js';

/** A file's kind is its base name. */
export const kinds: Record<string, VectorKind> = {
  auth: authKind,
  agentmd: agentmdKind,
  keystore: keystoreKind,
  ...e2eeKinds,
};
