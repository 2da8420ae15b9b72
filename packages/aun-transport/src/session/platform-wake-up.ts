/// <reference path="../platform.d.ts" />

import { platformWakeUp as chosen } from '#wake-up';
import type { WakeUpSource } from './wake-up.js';

/** The wake-up events of the platform: network and visibility in browsers, none in Node. */
export const platformWakeUp: WakeUpSource = chosen;
