import * as pki from 'aun-pki';
import { type Api, vectorChecks } from '../../../../packages/aun-pki/test/vector-checks.js';
import { unknownCase, unknownSections, type VectorCase, type VectorFile, type VectorKind } from '../plan.js';
import { nameChecks } from './auth-names.js';
import { sessionChecks } from './auth-session.js';
import type { AuthVector } from './named-check.js';

// The checks name the types of the sources; the classes of a build are others to the compiler.
const built = pki as unknown as Api;

/** A check of one named vector; the text it returns, if any, says where ours differs on purpose. */
export type AuthCheck = (vector: AuthVector) => string | undefined;

export const authKind: VectorKind = (file) => {
  const vectors: AuthVector[] = Array.isArray(file.vectors) ? file.vectors : [];
  return {
    cases: [
      ...unknownSections(file, ['format', 'description', 'pki', 'vectors']),
      ...vectors.map((vector, index) => toCase(vector, index, file)),
    ],
    notCovered: [],
  };
};

function toCase(vector: AuthVector, index: number, file: VectorFile): VectorCase {
  const { name } = vector;
  const label = `${index}`;
  const pkiCheck = vectorChecks[name];
  if (pkiCheck !== undefined) return { section: name, name: label, run: () => pkiCheck(built, vector, file) };
  const own = nameChecks[name] ?? sessionChecks[name];
  if (own === undefined) return unknownCase(name, label);
  return { section: name, name: label, note: own.note?.(vector), run: () => own.check(vector) };
}
