type Camel<S> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;

/** An option bag whose keys may also be written in camelCase (07 R3). */
export type BothSpellings<T> = T & { [K in keyof T as Camel<K> & string]?: T[K] | undefined };

type Bag = Record<string, unknown>;

export const snakeCase = (key: string): string =>
  key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Folds camelCase keys to snake_case; a key given in both spellings keeps the snake_case value (07 R3). */
export const snakeKeys = (bag: Readonly<Bag>): Bag => {
  const out: Bag = {};
  for (const [key, value] of Object.entries(bag)) {
    const snake = snakeCase(key);
    if (snake === key || !(snake in bag)) out[snake] = value;
  }
  return out;
};
