// What a platform provides; package.json `imports` says which file does. Declared here and not found by path mapping,
// because bundlers would follow such a mapping too and take Node's files everywhere.

declare module '#http' {
  export const createPlatformHttp: (
    options: import('./net/options.js').NetworkOptions,
  ) => import('./http/types.js').HttpBackend;
}

declare module '#socket' {
  export const openPlatformSocket: import('./socket/wire-socket.js').SocketOpener;
}

declare module '#wake-up' {
  export const platformWakeUp: import('./session/wake-up.js').WakeUpSource;
}
