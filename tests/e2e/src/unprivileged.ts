const NOBODY = 65_534;

/** Runs as a user for whom file rights count: `root` becomes nobody meanwhile. */
export const unprivileged = async <T>(work: () => Promise<T>): Promise<T> => {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
};
