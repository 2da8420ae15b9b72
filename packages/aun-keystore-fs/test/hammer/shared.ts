export const SEED = 'hammer';
export const device = 'device-1';
export const aids = ['alice.hammer.test', 'bobby.hammer.test', 'carol.hammer.test'];
export const counterScope = { deviceId: device, slotId: 'main' };
