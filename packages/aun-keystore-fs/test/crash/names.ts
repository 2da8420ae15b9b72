export const aid = 'alice.crash.test';
export const device = 'device-1';
export const scope = { deviceId: device, slotId: 'main' };
export const group = 'g-team01.crash.test';
export const OLD_SEED = 'old seed';
export const NEW_SEED = 'new seed';
