import { z } from 'zod';

/** Control characters, and halves of surrogate pairs: a store ends a text at NUL and replaces the halves. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds
const unfit = /[\u0000-\u001f\u007f]|\p{Surrogate}/u;
const everyUnfit = new RegExp(unfit, 'gu');

/** True for a text that comes back from the store as it went in, without control characters. */
export const isStorable = (text: string): boolean => !unfit.test(text);

/** Without what `isStorable` forbids. */
export const storable = (text: string): string => (isStorable(text) ? text : text.replace(everyUnfit, ''));

/** A param of 1 to `most` characters that is kept, or compared with what is. */
export const storedText = (most: number) =>
  z
    .string('must be a string')
    .max(most, `must have at most ${most} characters`)
    .refine(isStorable, 'must not contain control characters or lone surrogates');

/** The same, not empty. */
export const storedName = (most: number) => storedText(most).min(1, 'must not be empty');
