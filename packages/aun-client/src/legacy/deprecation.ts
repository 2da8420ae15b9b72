const warned = new Set<string>();

/** One warning per process and name (07 §13). */
export const deprecated = (name: string, instead: string): void => {
  if (warned.has(name)) return;
  warned.add(name);
  console.warn(`[aun] ${name} is deprecated: use ${instead}`);
};
