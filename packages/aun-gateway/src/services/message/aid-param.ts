import { z } from 'zod';

/** As AIDs are stored and compared (01 §1.1). */
export const normalAid = (aid: string): string => aid.trim().toLowerCase();

/** An AID in any case, as one in lower case; whether it is well-formed is judged where it is used. */
export const aidParam = z
  .string('must be a string')
  .max(256, 'is too long')
  .trim()
  .toLowerCase()
  .min(1, 'must not be empty');
