import type { BackendName, Work } from './types.js';

/**
 * The cheapest platform call per primitive, on P-256 with 32-byte secrets, outside our packages. `Cold` counts the
 * import of the public key from its bytes, `Warm` has every key object ready; `importPrivate` makes a 32-byte scalar
 * usable for key agreement. `sha256` is over 84 bytes, a Merkle node, `sha256Leaf` over 200, a Merkle leaf.
 */
export type Primitive =
  | 'keygen'
  | 'importPublic'
  | 'importPrivate'
  | 'ecdhCold'
  | 'ecdhWarm'
  | 'sign'
  | 'verifyCold'
  | 'verifyWarm'
  | 'hkdf'
  | 'seal32'
  | 'seal16k'
  | 'sha256'
  | 'sha256Leaf'
  | 'pbkdf2';

export type Primitives = Readonly<Record<Primitive, Work>>;

export const platformPrimitives = async (backend: BackendName): Promise<Primitives> =>
  backend === 'node'
    ? (await import('./platform-node.js')).nodePrimitives()
    : (await import('./platform-noble.js')).noblePrimitives();
