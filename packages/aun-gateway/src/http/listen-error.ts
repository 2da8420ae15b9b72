const reasonOf = (code: string | undefined): string => {
  switch (code) {
    case 'EADDRINUSE':
      return 'another program uses this port; choose another one or stop that program';
    case 'EACCES':
      return 'this user may not use the port; ports below 1024 need a privilege';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine does not have the address';
    default:
      return code ?? 'unknown reason';
  }
};

/** A port cannot be opened; the message is one sentence for the operator. */
export class ListenError extends Error {
  override readonly name = 'ListenError';

  constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
    super(`Cannot listen on ${host}:${port}: ${reasonOf(cause.code)}.`, { cause });
  }
}
