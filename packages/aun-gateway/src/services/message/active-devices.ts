import type { DeviceRow, DeviceStore } from '../../store/device-store.js';

/** Devices of an AID that messages and bootstraps cover (04 §3). */
export type ActiveDevices = (aid: string, nowMs: number) => DeviceRow[];

/** Seen within the window, at most `max` of them; the most recently seen one always counts. */
export const createActiveDevices =
  (
    devices: DeviceStore,
    limits: { readonly deviceActiveWindowMs: number; readonly maxActiveDevices: number },
  ): ActiveDevices =>
  (aid, now) =>
    devices
      .list(aid, limits.maxActiveDevices)
      .filter((device, position) => position === 0 || device.lastSeen >= now - limits.deviceActiveWindowMs);
